# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What counts as a secret in environments, logs, files and URLs, and texts without them (private to the collection)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

SECRET_NAMES = re.compile(
    r"TOKEN|PASSWORD|PASSWD|PASSPHRASE|(?<![A-Z])PASS(?![A-Z])|SECRET|CREDENTIAL|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY", re.IGNORECASE
)
MASK = "********"
_USER_IN_URL = re.compile(r"(://[^/\s:@]*:)([^/\s@]+)(?=@)")

_TOKEN = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_SETTING = re.compile(rf"(?i)\b([\w.-]*(?:{SECRET_NAMES.pattern})[\w.-]*[\"']?\s*[=:]\s*)([\"']?)[^\s\"',;]+\2")
_PRIVATE_KEY = re.compile(r"(-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(-----END|\Z)", re.DOTALL)


def mask_urls(text: str) -> str:
    """The text without the passwords in its URLs."""
    return _USER_IN_URL.sub(rf"\1{MASK}", text)


def passwords_in_urls(text: str) -> list[str]:
    """The passwords of a text's URLs."""
    return [match[2] for match in _USER_IN_URL.finditer(text)]


def mask_values(values: dict[str, str]) -> dict[str, str]:
    """A mapping without the values of names that say that they are secret, and without passwords in URLs."""
    return {name: MASK if value and SECRET_NAMES.search(name) else mask_urls(value) for name, value in values.items()}


def mask(log: str, secrets: Iterable[str] = ()) -> str:
    """The log without join tokens, private keys, what looks like a setting of a secret, and the `secrets` themselves."""
    log = _PRIVATE_KEY.sub(rf"\1{MASK}\2", log)
    log = mask_urls(_SETTING.sub(rf"\1\2{MASK}\2", _TOKEN.sub(MASK, log)))
    for secret in secrets:
        if len(secret) > 3:
            log = log.replace(secret, MASK)
    return log
