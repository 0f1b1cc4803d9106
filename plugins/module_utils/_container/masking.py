# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What counts as a secret in environments, logs, files and URLs, and texts without them (private to the collection)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SECRET_NAMES = re.compile(
    r"TOKEN|PASSWORD|PASSWD|PASSPHRASE|(?<![A-Z])PASS(?![A-Z])|(?<=[A-Z]_)PWD(?![A-Z])|SECRET|CREDENTIAL|(?:API|PRIVATE|ACCESS|SSH|SIGNING)_?KEY",
    re.IGNORECASE,
)
MASK = "********"
_USER_IN_URL = re.compile(r"(://[^/\s:@]*:)([^/\s@]+)(?=@)")
_ONLY_USER_IN_URL = re.compile(r"(\bhttps?://)([^/\s:@]+)(?=@)", re.IGNORECASE)  # as tokens of package indexes and repositories are given
_BEFORE_AT = re.compile(r".*@", re.DOTALL)
_NO_SECRETS = ("file", "path", "dir", "ttl")  # with these, an argument's name says where a secret is, or how long it is good for

_TOKEN = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# A value in quotes, which may be escaped as in JSON within a log line, or as far as the next space or comma.
_VALUE = r"""(\\*["'])(?:(?!\2)[^\n])*\2|(?<==)[^\s"']+|[^\s"',;]+"""
_SETTING = re.compile(
    rf"""(\b[\w.-]{{0,64}}(?:{SECRET_NAMES.pattern}|\bPWD|(?<=["'])AUTH(?=\\*["'])|\bCOOKIE)[\w.-]{{0,64}}\\*["']?\s*[=:]\s*)(?:{_VALUE})""",
    re.IGNORECASE,
)
_ARGUMENT = re.compile(rf"(?i)((?:^|\s)--?[\w-]*(?:{SECRET_NAMES.pattern})[\w-]*\s+)([\"']?)[^\s\"'-][^\s\"']*\2")
_USERS = ("-u", "--user")  # of curl and its like: name:password
_LOGIN = re.compile(r"(?i)(\s(?:-u|--user)[\s=]+[^\s:]+:)\S+")
_HEADER = re.compile(r"(?i)\b(authorization\W{1,6}\w+\s+(?=\S{8})|(?:Bearer|Basic)\s+(?=\S*\d))[\w.~+/=-]{8,}")
# Tokens that are known by how they begin: JSON web tokens, those of repositories and model hubs, keys of age.
_KNOWN = re.compile(r"\b(?:eyJ[\w-]+\.[\w-]+\.[\w-]*|(?:gh[opsu]|github_pat|glpat|hf|npm)[_-]\w{16,}|AGE-SECRET-KEY-1\w+)")
_PRIVATE_KEY = re.compile(r"(-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(-----END|\Z)", re.DOTALL)


def mask_urls(text: str) -> str:
    """The text without the passwords in its URLs."""
    return _ONLY_USER_IN_URL.sub(rf"\1{MASK}", _USER_IN_URL.sub(rf"\1{MASK}", text))


def mask_user(text: str) -> str:
    """An address or name without the user and password that somebody put before its @."""
    return _BEFORE_AT.sub(f"{MASK}@", text)


def passwords_in_urls(text: str) -> list[str]:
    """The passwords of a text's URLs."""
    return [match[2] for pattern in (_USER_IN_URL, _ONLY_USER_IN_URL) for match in pattern.finditer(text)]


def is_secret_name(name: str) -> bool:
    """Whether a name is that of a secret, and not of where it is or how long it is good for."""
    return bool(SECRET_NAMES.search(name)) and not name.lower().endswith(_NO_SECRETS)


def names_secret(word: str) -> bool:
    """Whether an argument is the name of a secret, such as `--password`."""
    return word.startswith("-") and is_secret_name(word)


def mask_words(words: Sequence[str]) -> list[str]:
    """A command without the values of arguments that name a secret, whether they follow it or stand in the same word."""
    found = []
    for before, word in zip(("", *words), words):
        name, equals, value = word.partition("=")
        if names_secret(before) and not word.startswith("-"):
            found.append(MASK)
        elif before in _USERS and ":" in word:
            found.append(f"{word.partition(':')[0]}:{MASK}")
        elif equals and value and names_secret(name):
            found.append(f"{name}={MASK}")
        else:
            found.append(mask_arguments(mask_urls(word)))
    return found


def mask_arguments(text: str) -> str:
    """A command line without the values that follow arguments which name a secret."""
    return _ARGUMENT.sub(rf"\1\2{MASK}\2", text)


def secret_words(words: Sequence[str]) -> list[str]:
    """The values that `mask_words` hides as whole words."""
    pairs = [(before, word) for before, word in zip(("", *words), words) if names_secret(before) and not word.startswith("-")]
    settings = [word.partition("=") for word in words]
    return [value for name, _equals, value in settings if value and names_secret(name)] + [word for _before, word in pairs]


def mask_values(values: dict[str, str]) -> dict[str, str]:
    """A mapping without the values of names that say that they are secret, and without passwords in URLs."""
    return {name: MASK if value and SECRET_NAMES.search(name) else mask_urls(value) for name, value in values.items()}


def _without_value(setting: re.Match[str]) -> str:
    quote = setting[2] or ""
    return f"{setting[1]}{quote}{MASK}{quote}"


def mask(log: str, secrets: Iterable[str] = ()) -> str:
    """The log without join tokens, private keys, what looks like a setting of a secret, and the `secrets` themselves."""
    log = _PRIVATE_KEY.sub(rf"\1{MASK}\2", log)
    log = _KNOWN.sub(MASK, _HEADER.sub(rf"\1{MASK}", _LOGIN.sub(rf"\1{MASK}", _TOKEN.sub(MASK, log))))
    log = mask_urls(_SETTING.sub(_without_value, mask_arguments(log)))
    for secret in secrets:
        if len(secret) > 3:
            log = log.replace(secret, MASK)
    return log
