# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with a training's further runs, its taskrunner, contract and build context, in sentences (private, pure)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .._site.training import RUN_KEYS
from .wording import shown, unknown_keys, wrong_type

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*\Z")
_TAKEN = ("first", "run", "image")  # their tasks' files
_NAMED = "expected letters, digits, dots, dashes and underscores"


def problems(training: dict[str, Any]) -> list[str]:
    items = training.get("runs", [])
    found = [sentence for index, one in enumerate(items) for sentence in _of_run(f"swarm_training.runs[{index}]", one)]
    found += [f"swarm_training.runs: the name {name!r} is used more than once" for name in _repeated(items, training)]
    found += [
        f"swarm_training.{key}: invalid name {training[key]!r}; {_NAMED}"
        for key in ("taskrunner", "contract")
        if not NAME.match(training.get(key, "default"))
    ]
    if training.get("build_context") and not training.get("build"):
        found.append("swarm_training.build_context is for an image that is built, and build is not set: add its Dockerfile lines there")
    return found


def _of_run(where: str, one: Any) -> Iterator[str]:
    if not isinstance(one, dict):
        yield wrong_type(where, one, "a mapping with a name")
        return
    yield from unknown_keys(where, one, RUN_KEYS)
    yield from _wrong_types(where, one)
    name = one.get("name")
    if not isinstance(name, str) or not NAME.match(name) or name in _TAKEN:
        yield f"{where}.name: invalid name {shown(name)}; {_NAMED}, and none of {', '.join(_TAKEN)}"


def _wrong_types(where: str, one: dict[str, Any]) -> Iterator[str]:
    for key in ("program", "entrypoint"):
        if not isinstance(one.get(key, ""), str):
            yield wrong_type(f"{where}.{key}", one[key], "text")
    if not isinstance(one.get("env", {}), dict):
        yield wrong_type(f"{where}.env", one["env"], "a mapping")
    for key in ("epochs", "min_peers"):
        value = one.get(key, 1)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            yield f"{where}.{key}: invalid value {shown(value)}; expected a whole number, 1 or more"


def _repeated(items: list[Any], training: dict[str, Any]) -> list[str]:
    names = [one.get("name") for one in items if isinstance(one, dict)] + (["alone"] if training.get("compare_alone") else [])
    return sorted({name for name in names if isinstance(name, str) and names.count(name) > 1})
