# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The formats of what SWOP and SWCI read, as data, and one function that checks a document against them (private).

Facts from the platform's own schemas (swarm 2.x): unknown keys are refused, lengths are limited.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .wording import unknown_keys, wrong_type


@dataclass(frozen=True)
class Text:
    """A text of `least` to `most` characters; one of `choices`, when there are any; `absolute`: a path that begins with a slash."""

    least: int = 1
    most: int = 240
    null: bool = False
    choices: tuple[str, ...] = ()
    absolute: bool = False


@dataclass(frozen=True)
class Number:
    least: int = 0
    most: int = 2**31
    null: bool = False


@dataclass(frozen=True)
class Scalar:
    """A value in an environment: text, number, truth value or null."""

    most: int = 240


@dataclass(frozen=True)
class Listing:
    of: Form
    least: int = 0
    most: int = 1_000_000
    null: bool = False


@dataclass(frozen=True)
class OneKey:
    """A mapping with exactly one key, as environment variables are written: `- MAX_EPOCHS: 2`."""

    value: Form


@dataclass(frozen=True)
class Mapping:
    keys: dict[str, Form] = field(default_factory=dict)
    optional: tuple[str, ...] = ()
    null: bool = False


if TYPE_CHECKING:
    Form = Text | Number | Scalar | Listing | OneKey | Mapping


def problems(value: Any, form: Form, where: str) -> list[str]:
    """Sentences that say what is wrong with `value`, a part of a document called `where`; none when it has the form."""
    if value is None and (isinstance(form, Scalar) or getattr(form, "null", False)):
        return []
    return _CHECKS[type(form)](value, form, where)


def _text(value: Any, form: Text, where: str) -> list[str]:
    if not isinstance(value, str):
        return [wrong_type(where, value, "text")]
    if form.choices and value not in form.choices:
        return [f"{where}: invalid value {value!r}; expected one of {', '.join(form.choices)}"]
    if not form.least <= len(value) <= form.most:
        return [f"{where} has {len(value)} characters; expected {form.least} to {form.most}"]
    if form.absolute and not value.startswith("/"):
        return [f"{where}: invalid path; expected an absolute path"]
    return []


def _number(value: Any, form: Number, where: str) -> list[str]:
    if isinstance(value, bool) or not isinstance(value, int):
        return [wrong_type(where, value, "a whole number")]
    if not form.least <= value <= form.most:
        return [f"{where}: invalid number {value}; expected {form.least} to {form.most}"]
    return []


def _scalar(value: Any, form: Scalar, where: str) -> list[str]:
    if isinstance(value, (dict, list, tuple)):
        return [wrong_type(where, value, "a single value")]
    if len(str(value)) > form.most:
        return [f"{where} has {len(str(value))} characters; expected at most {form.most}"]
    return []


def _listing(value: Any, form: Listing, where: str) -> list[str]:
    if not isinstance(value, (list, tuple)):
        return [wrong_type(where, value, "a list")]
    found = []
    if not form.least <= len(value) <= form.most:
        found.append(f"{where} has {len(value)} items; expected {form.least} to {form.most}")
    for index, item in enumerate(value):
        found += problems(item, form.of, f"{where}[{index}]")
    return found


def _one_key(value: Any, form: OneKey, where: str) -> list[str]:
    if not isinstance(value, dict) or len(value) != 1:
        return [wrong_type(where, value, "a mapping with one key")]
    (key, item), *_rest = value.items()
    return problems(item, form.value, f"{where}.{key}")


def _mapping(value: Any, form: Mapping, where: str) -> list[str]:
    if not isinstance(value, dict):
        return [wrong_type(where, value, "a mapping")]
    found = unknown_keys(where, value, form.keys)
    for key, inner in form.keys.items():
        if key in value:
            found += problems(value[key], inner, f"{where}.{key}")
        elif key not in form.optional:
            found.append(f"{where}: {key!r} is missing")
    return found


_CHECKS: dict[type[Form], Callable[[Any, Any, str], list[str]]] = {
    Text: _text,
    Number: _number,
    Scalar: _scalar,
    Listing: _listing,
    OneKey: _one_key,
    Mapping: _mapping,
}

# --- SWOP profile --------------------------------------------------------------------------------------------------------

_LABEL = Text(2, 240)
_LABEL_OR_NULL = Text(2, 240, null=True)
_PORT_OR_NULL = Number(1, 65535, null=True)
_ENVIRONMENT = Listing(OneKey(Scalar()), null=True)

_ATTRIBUTE = Mapping(
    {
        "aType": Text(choices=("KEY", "CERT", "CACERT", "CAPATH", "SPIFFE_SOCKETPATH")),
        "mType": Text(choices=("BIND", "VOLUME")),
        "src": _LABEL,
        "tgt": _LABEL,
        "subPath": _LABEL,
    },
    optional=("subPath",),
)
_NODE = Mapping(
    {
        "idx": Number(),
        "identity": Listing(Mapping({"attribute": _ATTRIBUTE})),
        "slhostname": _LABEL_OR_NULL,
        "slhostip": _LABEL_OR_NULL,
        "slport": _PORT_OR_NULL,
        "slfsservice": Text(2, 253, null=True),
        "slenvvars": _ENVIRONMENT,
        "slnetworkopts": _ENVIRONMENT,
        "sllabels": _ENVIRONMENT,
        "usrhostname": _LABEL_OR_NULL,
        "usrenvvars": _ENVIRONMENT,
        "usrnetworkopts": _ENVIRONMENT,
        "usrlabels": _ENVIRONMENT,
        "usrcontaineropts": Listing(OneKey(Scalar()), null=True),
        "privatedata": Mapping({"src": _LABEL, "mType": Text(choices=("BIND", "VOLUME"))}, null=True),
    },
    optional=(
        "slhostip",
        "slport",
        "slfsservice",
        "slnetworkopts",
        "sllabels",
        "usrnetworkopts",
        "usrlabels",
        "usrcontaineropts",
    ),
)
PROFILE = Mapping(
    {
        "groupname": _LABEL,
        "taskrunner": _LABEL,
        "policyuri": _LABEL_OR_NULL,
        "resourcemgr": Mapping(
            {
                "mgrtype": Text(choices=("DOCKER",)),
                "accessinfo": Mapping({"accesstype": Text(choices=("FROMENV",))}),
            }
        ),
        "network": _LABEL,
        "apls": Mapping({"locator": Mapping({"host": _LABEL, "port": _PORT_OR_NULL})}),
        "apisrv": Mapping({"locator": Mapping({"host": _LABEL_OR_NULL, "port": _PORT_OR_NULL, "service": Text(2, 253, null=True)})}),
        "envvars": _ENVIRONMENT,
        "dns": Listing(_LABEL, null=True),
        "nodes": Listing(Mapping({"slnodedef": _NODE}), 1),
    },
    optional=("dns",),
)

# --- tasks ---------------------------------------------------------------------------------------------------------------

_NAME = Text(1, 160)
_NAME_OR_NULL = Text(1, 160, null=True)
_BODIES = {
    "MAKE_USER_CONTAINER": Mapping(
        {
            "BuildContext": _NAME_OR_NULL,
            "BuildType": Text(choices=("INLINE",)),
            "BuildSteps": Listing(_NAME, 1, 80),
        }
    ),
    "PULL_IMAGE": Mapping(
        {
            "Tag": _NAME,
            "RepoName": _NAME,
            "OrgAndReg": _NAME_OR_NULL,
            "Auth": Scalar(160),
        }
    ),
    "MAKE_SWARM_USER_CONTENT": Mapping(
        {
            "ContentType": Text(choices=("SWARMCONTENT", "BUILDCONTENT")),
            "OpsList": Listing(
                Mapping(
                    {
                        "Operation": Text(choices=("DOWNLOAD", "EXTRACT")),
                        "Target": _NAME,
                        "Options": Listing(OneKey(Scalar(160)), null=True),
                    }
                ),
                1,
                20,
            ),
        }
    ),
    "RUN_SWARM": Mapping(
        {
            "Command": _NAME,
            "Entrypoint": _NAME,
            "WorkingDir": Text(1, 160, absolute=True),
            "Envvars": Listing(OneKey(Scalar(160)), null=True),
            "PrivateContent": _NAME_OR_NULL,
            "SharedContent": Listing(Mapping({"Src": _NAME, "Tgt": _NAME, "MType": Text(choices=("BIND", "VOLUME"))}), 1, 10, null=True),
        }
    ),
}


def profile_problems(profile: Any, where: str = "profile") -> list[str]:
    """What is wrong with a SWOP profile, as sentences."""
    return problems(profile, PROFILE, where)


def task_problems(task: Any, where: str = "task") -> list[str]:
    """What is wrong with a task definition, as sentences."""
    kind: Any = task.get("TaskType") if isinstance(task, dict) else None
    form: dict[str, Form] = {
        "Name": _NAME,
        "TaskType": Text(choices=tuple(_BODIES)),
        "Author": _NAME,
        "Prereq": _NAME,
        "Outcome": _NAME,
        "Body": _BODIES.get(kind, Mapping()),
    }
    if kind not in _BODIES and isinstance(task, dict):
        task = {**task, "Body": {}}
    return problems(task, Mapping(form), where)


def plain(value: Any) -> Any:
    """The value in Python's own types, as Ansible's carry tags and templates along."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (bool, int, float)) or value is None:
        return value
    return str.__str__(value) if isinstance(value, str) else value
