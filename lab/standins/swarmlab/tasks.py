# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Task definitions: what they may say, by JSON schema. Unknown keys are refused."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from swarmlab.process import Refusal

Schema = dict[str, Any]


def text(least: int = 1) -> Schema:
    """A string that fits into a cell of the chain: of at least so many characters, and at most 160 bytes."""
    return {"type": "string", "minLength": least, "maxBytes": 160}


def or_null(schema: Schema) -> Schema:
    """The same, or null."""
    return {"anyOf": [{"type": "null"}, schema]}


def mapping(required: Schema, optional: Schema | None = None) -> Schema:
    """An object with these keys and no others."""
    return {"type": "object", "properties": {**required, **(optional or {})}, "required": list(required), "additionalProperties": False}


# As environment variables and options are written, most with one key in each mapping.
MAPPINGS: Schema = {"type": "array", "items": {"type": "object"}}
MOUNT: Schema = {"enum": ["BIND", "VOLUME"]}
BODIES: dict[str, Schema] = {
    "MAKE_USER_CONTAINER": mapping(
        {
            "BuildContext": or_null(text(3)),
            "BuildType": {"enum": ["INLINE", "REMOTE"]},
            "BuildSteps": {"type": "array", "minItems": 1, "maxItems": 80, "items": text(0)},
        }
    ),
    "PULL_IMAGE": mapping(
        {
            "Tag": text(),
            "RepoName": text(),
            "OrgAndReg": text(),
            "Auth": {"anyOf": [{"type": "null"}, text(), mapping({"Username": text(), "Password": text(0)})]},
        }
    ),
    "MAKE_SWARM_USER_CONTENT": mapping(
        {
            "ContentType": {"enum": ["SWARMCONTENT", "BUILDCONTENT"]},
            "OpsList": {
                "type": "array",
                "minItems": 1,
                "maxItems": 20,
                "items": mapping(
                    {"Operation": {"enum": ["DOWNLOAD", "EXTRACT"]}, "Target": text(), "Options": {**MAPPINGS, "uniqueItems": True}}
                ),
            },
        }
    ),
    "RUN_SWARM": mapping(
        {
            "Command": text(),
            "Entrypoint": text(),
            "WorkingDir": text(2),
            "Envvars": or_null(MAPPINGS),
            "PrivateContent": or_null(text(2)),
            "SharedContent": or_null(
                {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 10,
                    "items": mapping({"Src": text(2), "Tgt": text(2), "MType": MOUNT}),
                }
            ),
        }
    ),
}
HEAD = mapping(
    {"Name": text(), "TaskType": {"enum": list(BODIES)}, "Author": text(), "Prereq": text(), "Outcome": text(), "Body": {"type": "object"}}
)


def problems(value: Any, schema: Schema) -> Iterable[str]:
    """What is wrong with a value, each with the place: ``Body.BuildSteps.3: …``."""
    from jsonschema import Draft202012Validator, ValidationError, validators
    from jsonschema.exceptions import best_match, relevance

    def max_bytes(_validator: Any, limit: int, value: Any, _schema: Any) -> Iterator[ValidationError]:
        if isinstance(value, str) and len(value.encode()) > limit:
            yield ValidationError(f"{len(value.encode())} bytes are more than {limit}")

    validator = validators.extend(Draft202012Validator, {"maxBytes": max_bytes})
    for error in sorted(validator(schema).iter_errors(value), key=relevance, reverse=True):
        deepest = best_match([error]) or error
        path = [str(part) for part in deepest.absolute_path]
        # A message quotes the value: of a login it must not.
        message = "is null, a path, or Username and Password as text, and nothing else" if "Auth" in path else deepest.message
        yield f"{'.'.join(path) or 'the whole'}: {message}"


def validate_head(task: Any, where: str) -> dict[str, Any]:
    """The task definition as it is, whatever its body. Raises Refusal, which names the file (``where``) and every problem."""
    return _refused_or(task, where, list(problems(task, HEAD)))


def validate(task: Any, where: str) -> dict[str, Any]:
    """The task definition as it is. Raises Refusal, which names the file (``where``) and every problem."""
    body = validate_head(task, where)["Body"]
    return _refused_or(task, where, [f"Body.{each}" for each in problems(body, BODIES[task["TaskType"]])])


def _refused_or(task: Any, where: str, found: list[str]) -> dict[str, Any]:
    if found:
        raise Refusal(f"{where} is not a task definition: {'; '.join(found)}")
    checked: dict[str, Any] = task
    return checked


def body_lines(body: Mapping[str, Any]) -> dict[str, str]:
    """A task's body as the numbered lines that APPEND TASK BODY changes; the first is 1."""
    import yaml

    lines = yaml.safe_dump(dict(body), sort_keys=False, width=sys.maxsize).splitlines() if body else []
    return {str(number): line for number, line in enumerate(lines, 1)}


def body_of(lines: Mapping[str, str], where: str) -> Any:
    """The body that numbered lines make. Raises Refusal if they are no YAML."""
    import yaml

    try:
        return yaml.safe_load("\n".join(lines[number] for number in sorted(lines, key=int))) or {}
    except yaml.YAMLError as error:
        raise Refusal(f"the body of {where} is not YAML: {error}") from error
