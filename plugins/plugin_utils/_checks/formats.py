# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check SWOP profiles and tasks against the JSON Schemas beside this file, which say what the platform (2.x) reads (private).

The facts are from the platform's own schemas and examples. What SWOP reads and could not carry out, such as a port that no host has, is
accepted here as there. `maxBytes` is a keyword of ours: a task is stored on the chain, which counts bytes in UTF-8.
"""

from __future__ import annotations

import datetime
import functools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from .wording import kind_of, shown, unknown_keys, wrong_type

SCHEMAS = Path(__file__).parent / "schemas"
_EXPECTED = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "a truth value",
    "array": "a list",
    "object": "a mapping",
    "null": "null",
}
NO_LIBRARY = (
    "the Python library jsonschema is missing on the controller: install it beside ansible-core, such as with 'pip install jsonschema' "
    "in the same environment"
)
# Keys that profiles of earlier releases do not have.
_SINCE = {"service": "; profiles for 2.0.0 and later have it, as null where it is unused"}


def profile_problems(profile: Any, where: str = "profile", release: str = "") -> list[str]:
    """What is wrong with a SWOP profile, as sentences.

    release  2.x, of the SWOP that reads the profile; without one, what any release of the platform takes is taken
    """
    schema = _schema("swop_profile")
    found = _problems(profile, schema, where) + (_problems(profile, schema["$defs"]["current"], where) if release else [])
    return list(dict.fromkeys(found)) or [
        f"{where}.nodes: idx {index} is used more than once; expected a different number for each node"
        for index in _repeated([node["slnodedef"]["idx"] for node in profile["nodes"]])
    ]


def task_problems(task: Any, where: str = "task") -> list[str]:
    """What is wrong with a task definition, as sentences."""
    schema = _schema("swop_task")
    found = _problems(task, schema, where)
    kind = task.get("TaskType") if isinstance(task, dict) else None
    if isinstance(kind, str) and kind in schema["$defs"] and isinstance(task.get("Body"), dict):
        found += _problems(task["Body"], schema["$defs"][kind], f"{where}.Body")
    return found


def _twice(items: list[Any]) -> Any:
    """The first item that has an equal one before it."""
    return next(item for index, item in enumerate(items) if item in items[:index])


def _repeated(values: list[int]) -> list[int]:
    return sorted({value for value in values if values.count(value) > 1})


@functools.cache
def _schema(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    return schema


@functools.cache
def _validator_class() -> Any:
    """The library's validator with our keyword. Raises ImportError if the controller does not have the library."""
    from jsonschema import Draft202012Validator, ValidationError, validators

    def max_bytes(_validator: Any, limit: int, value: Any, _schema: Any) -> Iterator[ValidationError]:
        if isinstance(value, str) and len(value.encode()) > limit:
            yield ValidationError(f"more than {limit} bytes")

    return validators.extend(Draft202012Validator, {"maxBytes": max_bytes})


def _problems(document: Any, schema: dict[str, Any], where: str) -> list[str]:
    try:
        validator = _validator_class()(schema)
    except ImportError:
        return [NO_LIBRARY]
    return [sentence for error in sorted(validator.iter_errors(document), key=_position) for sentence in _sentences(error, where)]


def _position(error: Any) -> list[tuple[bool, Any]]:
    return [(isinstance(part, str), part) for part in error.absolute_path]


def _place(where: str, path: Any) -> str:
    return where + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)


def _sentences(error: Any, where: str) -> list[str]:
    """One error of the library in our words. Values are not shown: an environment may hold secrets."""
    place = _place(where, error.absolute_path)
    return _WORDING[error.validator](place, error.instance, error)


def _type(place: str, value: Any, error: Any) -> list[str]:
    wanted = error.validator_value
    names = {wanted} if isinstance(wanted, str) else set(wanted)
    if names - {"null"} == {"integer"} and isinstance(value, (float, str)):
        return [f"{place}: invalid value {shown(value)}; expected a whole number{' without quotes' if isinstance(value, str) else ''}"]
    remedy = "; put it into quotes" if "string" in names and isinstance(value, (bool, int, float, datetime.date)) else ""
    return [wrong_type(place, value, " or ".join(_EXPECTED[name] for name in _EXPECTED if name in names - {"null"})) + remedy]


def _choice(place: str, value: Any, error: Any) -> list[str]:
    given = kind_of(value) if value is None else shown(value)
    return [f"{place}: invalid value {given}; expected one of {', '.join(error.validator_value)}"]


def _length(place: str, value: Any, error: Any) -> list[str]:
    if error.validator == "maxBytes":
        return [f"{place} has {len(value.encode())} bytes; expected at most {error.validator_value}"]
    least = error.schema.get("minLength", 0)
    most = error.schema.get("maxLength") or error.schema.get("maxBytes")
    return [f"{place} has {len(value)} characters; expected {f'{least} to {most}' if most else f'at least {least}'}"]


def _items(place: str, value: Any, error: Any) -> list[str]:
    least, most = error.schema.get("minItems", 0), error.schema.get("maxItems")
    return [f"{place} has {len(value)} items; expected {f'{least} to {most}' if most else f'at least {least}'}"]


def _range(place: str, value: Any, error: Any) -> list[str]:
    return [f"{place}: invalid number {value}; expected {error.schema['minimum']} or more"]


def _required(place: str, value: Any, error: Any) -> list[str]:
    # The library reports each missing key by itself, but names it in its message only.
    missing = [key for key in error.validator_value if key not in value and error.message.startswith(repr(key))]
    return [f"{place}: {key!r} is missing{_SINCE.get(key, '')}" for key in missing]


def _unknown(place: str, value: Any, error: Any) -> list[str]:
    return unknown_keys(place, value, error.schema["properties"])


_WORDING: dict[str, Callable[[str, Any, Any], list[str]]] = {
    "type": _type,
    "enum": _choice,
    "minLength": _length,
    "maxLength": _length,
    "maxBytes": _length,
    "minItems": _items,
    "maxItems": _items,
    "minimum": _range,
    "required": _required,
    "additionalProperties": _unknown,
    "uniqueItems": lambda place, value, _error: [f"{place} has {shown(_twice(value))} more than once; expected different items"],
}


def plain(value: Any, kept: tuple[type, ...] = ()) -> Any:
    """The value in Python's own types, as Ansible's carry tags and templates along; what JSON does not know, such as a date, as text.

    kept  further types that stay as they are
    """
    if isinstance(value, dict):
        return {str(key): plain(item, kept) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item, kept) for item in value]
    if isinstance(value, (bool, int, float, *kept)) or value is None:
        return value
    return str.__str__(value) if isinstance(value, str) else str(value)
