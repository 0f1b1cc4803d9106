# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares lists of proxy exceptions: they grow with each host that joins, and growth alone restarts no container (private to the collection)."""

from __future__ import annotations

import re

NAMES = ("NO_PROXY", "no_proxy")
# A setting in YAML, in a list or a mapping, with the lines that a long value goes on in.
_SETTING = re.compile(rf"^( *)(- )?({'|'.join(NAMES)}):(.*(?:\n\1(?(2)    |  )\S.*)*)$", re.MULTILINE)


def only_grew(before: str, after: str) -> bool:
    """Whether a list of exceptions has everything that it had before."""
    return _items(before) <= _items(after)


def only_more(before: str, after: str) -> bool:
    """Whether two YAML texts differ only in lists of exceptions, each of which has everything that it had before."""
    if before == after or _without(before) != _without(after):
        return False
    pairs = zip(_SETTING.finditer(before), _SETTING.finditer(after))
    return all(only_grew(_value(one), _value(other)) for one, other in pairs)


def _without(text: str) -> str:
    return _SETTING.sub(r"\1\2\3:", text)


def _value(setting: re.Match[str]) -> str:
    value = setting[4].strip()
    return "" if value in ("null", "~") else value


def _items(exceptions: str) -> set[str]:
    return {item.strip().strip("\"'") for item in exceptions.strip().strip("\"'").split(",")} - {""}
