# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How problems are worded: what is wrong, where, and what would be right (private, pure).

Only values that are never secret are shown. Of all others, whole mappings and lists above all, the type is named.
"""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ...module_utils._container.masking import mask_user

PORT_RANGE = "1-65535"
_KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (str, "text"),
    ((int, float), "a number"),
    (datetime.date, "a date"),
    (dict, "a mapping"),
    ((list, tuple), "a list"),
)


def listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`: did you mean 'sn_sentinel'?` when one of the known words is near, else nothing."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.7)
    return f": did you mean {near[0]!r}?" if near else ""


def edits(one: str, other: str) -> int:
    """How many letters have to be put in, taken out, replaced or exchanged with their neighbour to make one word the other."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        older, before, row = before, row, [i]
        for j, wanted in enumerate(other, 1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if older and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                best = min(best, older[j - 2] + 1)
            row.append(best)
    return row[-1]


def unknown_keys(where: str, given: Iterable[Any], known: Iterable[str]) -> list[str]:
    """A sentence for each key of `given` that is not known."""
    known = tuple(known)
    return [f"{where}: unknown key {key_name(key)!r}{did_you_mean(str(key), known)}" for key in given if key not in known]


def key_name(key: object) -> str:
    """A key as it is shown: of one that is a whole setting by mistake, `NAME=value`, only its name."""
    name, sign, _value = str(key).partition("=")
    return f"{name}{sign}…" if sign else name


def kind_of(value: object) -> str:
    """The type of a value in the words of YAML: `a mapping`, `text`, …"""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a truth value"
    for kind, name in _KINDS:
        if isinstance(value, kind):
            return name
    return type(value).__name__


def shown(value: object) -> str:
    """The value of a variable that holds no secret, without a user before an @; of a mapping or a list only its type."""
    if isinstance(value, str):
        return repr(mask_user(value))
    return repr(value) if isinstance(value, (int, float)) or value is None else kind_of(value)


def wrong_type(where: str, value: object, expected: str) -> str:
    return f"{where}: expected {expected}, got {kind_of(value)}"


def not_mappings(variable: str, host: str, value: object) -> list[str]:
    """Why a host's variable is not a list of mappings; nothing when it is one."""
    if not isinstance(value, list):
        return [wrong_type(f"{variable} of {host}", value, "a list of mappings")]
    return [
        wrong_type(f"{variable}[{index}] of {host}", item, "a mapping") for index, item in enumerate(value) if not isinstance(item, dict)
    ]


def is_port(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 65535


def invalid_port(where: str, value: object) -> str:
    return f"{where}: invalid port {shown(value)}; expected {PORT_RANGE}"


@dataclass(frozen=True)
class Claim:
    """A name or a port that a container takes.

    value  the name or port
    what   the container and where it is, or the option that says so, in words
    """

    value: Any
    what: str


def clashes(claims: Iterable[Claim]) -> dict[Any, list[str]]:
    """value → what claims it, for all values that are claimed more than once."""
    by_value: dict[Any, list[str]] = {}
    for claim in claims:
        by_value.setdefault(claim.value, []).append(claim.what)
    return {value: whats for value, whats in by_value.items() if len(whats) > 1}
