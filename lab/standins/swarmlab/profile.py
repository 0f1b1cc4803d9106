# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SWOP profile: what it may say, by JSON schema. Unknown keys are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from swarmlab.process import Refusal
from swarmlab.tasks import MOUNT, SCALAR, Schema, mapping, mappings, or_null, problems

TEXT: Schema = {"type": "string", "minLength": 2, "maxLength": 240}
SERVICE: Schema = {"type": "string", "minLength": 2, "maxLength": 253, "pattern": r"^[^:]+(:[0-9]{1,5})?$"}
PORT: Schema = {"type": "integer", "minimum": 1, "maximum": 65535}
ENVIRONMENT = or_null(mappings(SCALAR))
LABELS: Schema = {"type": ["object", "array", "null"], "additionalProperties": SCALAR, "items": {"type": "string"}}
# Handed to Docker for the ML container; the rest of these are for AMD's GPUs.
CONTAINER_OPTIONS = ("gpus", "device", "ipc", "shm-size", "group-add", "cap-add", "security-opt", "privileged")
ATTRIBUTE = mapping(
    {
        "aType": {"enum": ["KEY", "CERT", "CACERT", "CAPATH", "SPIFFE_SOCKETPATH"]},
        "mType": MOUNT,
        "src": TEXT,
        "tgt": {**TEXT, "pattern": "^/"},
    },
    {"subPath": or_null({**TEXT, "pattern": "^[^/]"})},
)
# In no document of the platform's; one of its examples (huggingface) mounts a file for each node by it.
DATA_MOUNTS = or_null({"type": "array", "items": mapping({"src": TEXT, "tgt": {**TEXT, "pattern": "^/"}, "mType": MOUNT})})
NODE = mapping(
    {
        "idx": {"type": "integer", "minimum": 0},
        "identity": {"type": "array", "minItems": 1, "items": mapping({"attribute": ATTRIBUTE})},
        "slhostname": or_null(TEXT),
        "slenvvars": ENVIRONMENT,
        "usrhostname": or_null(TEXT),
        "usrenvvars": ENVIRONMENT,
        "privatedata": or_null(mapping({"src": TEXT, "mType": MOUNT}, {"datamount": DATA_MOUNTS})),
    },
    {
        "slhostip": or_null(TEXT),
        "slport": or_null(PORT),
        "slfsservice": or_null(SERVICE),
        "slnetworkopts": or_null({"type": "array", "items": mapping({"ip": TEXT})}),
        "usrnetworkopts": or_null({"type": "array", "items": mapping({"ip": TEXT})}),
        "sllabels": LABELS,
        "usrlabels": LABELS,
        "usrcontaineropts": or_null(
            {
                "type": "array",
                "items": {
                    "type": "object",
                    "minProperties": 1,
                    "properties": {name: {} for name in CONTAINER_OPTIONS},
                    "additionalProperties": False,
                },
            }
        ),
    },
)
SCHEMA = mapping(
    {
        "groupname": TEXT,
        "taskrunner": TEXT,
        "policyuri": or_null(TEXT),
        "resourcemgr": mapping({"mgrtype": {"enum": ["DOCKER"]}, "accessinfo": mapping({"accesstype": {"enum": ["FROMENV"]}})}),
        "network": TEXT,
        "apls": mapping({"locator": mapping({"host": TEXT}, {"port": or_null(PORT)})}),
        "apisrv": mapping({"locator": mapping({"host": or_null(TEXT), "service": or_null(SERVICE)}, {"port": or_null(PORT)})}),
        "envvars": ENVIRONMENT,
        "nodes": {"type": "array", "minItems": 1, "items": mapping({"slnodedef": NODE})},
    },
    {"dns": or_null({"type": "array", "items": TEXT})},
)


def check(profile: Any, where: str) -> dict[str, Any]:
    """The profile as it is. Raises Refusal, which names the file (``where``) and every problem."""
    found = list(problems(profile, SCHEMA))
    if not found:
        nodes = [each["slnodedef"] for each in profile["nodes"]]
        for key in ("idx", "slport", "slhostname"):  # an example of the platform's has one usrhostname twice
            values = [node[key] for node in nodes if node.get(key) is not None]
            twice = sorted({value for value in values if values.count(value) > 1})
            if twice:
                found.append(f"nodes: {key} {', '.join(str(value) for value in twice)} is there more than once")
    if found:
        raise Refusal(f"{where} is not a SWOP profile: {'; '.join(found)}")
    checked: dict[str, Any] = profile
    return checked


def load(path: Path) -> dict[str, Any]:
    """The profile in a YAML file. Raises Refusal."""
    return check(load_yaml(path), str(path))


def load_yaml(path: Path) -> Any:
    """What a YAML file says. Raises Refusal."""
    import yaml

    try:
        return yaml.safe_load(path.read_text())
    except OSError as error:
        raise Refusal(f"{path} cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Refusal(f"{path} is not YAML: {error}") from error
