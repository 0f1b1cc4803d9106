# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sentences about an inventory without the secrets that are in it: what Ansible Vault has encrypted, and what is called a secret (private)."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ...module_utils._container.masking import MASK, is_secret_name

VAULTED = "(a vaulted value)"
_SURELY_SECRET = 8  # characters; shorter texts are found inside of words that have nothing to do with them
_SHORT = 4  # and these even inside of names and ranges
_HEADER = b"$ANSIBLE_VAULT"


def secrets(value: Any, name: str = "") -> dict[str, str]:
    """Each secret in a value of Ansible's, as text → what is shown in its place. name: the variable or key that has the value."""
    if isinstance(value, Mapping):
        inside = [secrets(key) for key in value] + [secrets(item, f"{name}.{key}") for key, item in value.items()]
        return {text: shown for found in inside for text, shown in found.items()}
    if isinstance(value, (list, tuple)):
        return {text: shown for item in value for text, shown in secrets(item, name).items()}
    if value is None or isinstance(value, bool) or str(value) == "":
        return {}
    if is_vaulted(value):
        return {str(value): VAULTED}
    return {str(value): MASK} if is_secret_name(name.rpartition(".")[2]) else {}


def hidden(sentences: Iterable[str], found: Mapping[str, str]) -> list[str]:
    """The sentences without these secrets."""
    shown = list(sentences)
    for text in sorted(found, key=len, reverse=True):
        pattern = re.compile("|".join([re.escape(repr(text)), *(_alone(form) for form in (text, repr(text)[1:-1]))]))
        shown = [pattern.sub(found[text], sentence) for sentence in shown]
    return shown


def _alone(text: str) -> str:
    """A pattern for a text that is not a part of something else."""
    if len(text) >= _SURELY_SECRET:
        return re.escape(text)
    part = r"[\w.-]" if len(text) < _SHORT else r"\w"
    return f"(?<!{part}){re.escape(text)}(?!{part})"


def is_vaulted(value: Any) -> bool:
    """Whether a value comes from Ansible Vault, by itself or with the file that it stands in."""
    try:
        from ansible._internal._datatag._tags import Origin
        from ansible.parsing.vault import VaultHelper
    except ImportError:
        return False
    origin = Origin.get_tag(value)
    return VaultHelper.get_ciphertext(value, with_tags=False) is not None or bool(origin and origin.path and _is_encrypted(origin.path))


@functools.cache
def _is_encrypted(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(len(_HEADER)) == _HEADER
    except OSError:
        return False
