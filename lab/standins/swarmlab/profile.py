# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SWOP profile: what it may say, by JSON schema. Unknown keys are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from swarmlab.process import Refusal
from swarmlab.tasks import MAPPINGS, MOUNT, Schema, mapping, or_null, problems

FREE: Schema = {"type": "string"}
TEXT: Schema = {"type": "string", "minLength": 2, "maxLength": 240}
NAME: Schema = {"type": "string", "minLength": 1, "maxLength": 253}
SERVICE: Schema = {**NAME, "minLength": 2}
PORT: Schema = {"type": "integer", "minimum": 0}
ENVIRONMENT = or_null(MAPPINGS)
LABELS: Schema = {"type": ["object", "array", "null"], "items": {"type": "string"}}
ATTRIBUTE = mapping(
    {
        "aType": {"enum": ["KEY", "CERT", "CACERT", "CAPATH", "SPIFFE_SOCKETPATH"]},
        "mType": MOUNT,
        "src": TEXT,
        "tgt": TEXT,
    },
    {"subPath": or_null(TEXT)},
)
# In no document of the platform's; one of its examples (huggingface) mounts a file for each node by it.
DATA_MOUNTS = or_null({"type": "array", "items": mapping({"src": TEXT, "tgt": TEXT, "mType": MOUNT})})
NODE = mapping(
    {
        "idx": {"type": "integer", "minimum": 0},
        "identity": {"type": "array", "items": mapping({"attribute": ATTRIBUTE})},
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
        "slnetworkopts": ENVIRONMENT,
        "usrnetworkopts": ENVIRONMENT,
        "sllabels": LABELS,
        "usrlabels": LABELS,
        "usrcontaineropts": ENVIRONMENT,
    },
)
SN_LOCATOR = mapping({"host": or_null(NAME), "service": or_null(NAME)}, {"port": or_null(PORT)})
SCHEMA = mapping(
    {
        "groupname": FREE,
        "taskrunner": FREE,
        "policyuri": or_null(FREE),
        "resourcemgr": mapping({"mgrtype": {"enum": ["DOCKER"]}, "accessinfo": mapping({"accesstype": {"enum": ["FROMENV"]}})}),
        "network": FREE,
        "apls": mapping({"locator": mapping({"host": FREE}, {"port": or_null(PORT)})}),
        # The platform's schema neither requires the locator here nor refuses other keys.
        "apisrv": {"type": "object", "properties": {"locator": SN_LOCATOR}},
        "envvars": ENVIRONMENT,
        "nodes": {"type": "array", "items": mapping({"slnodedef": NODE})},
    },
    {"dns": or_null({"type": "array", "items": NAME})},
)


def check(profile: Any, where: str) -> dict[str, Any]:
    """The profile as it is. Raises Refusal, which names the file (``where``) and every problem."""
    found = list(problems(profile, SCHEMA))
    if not found:
        values = [each["slnodedef"]["idx"] for each in profile["nodes"]]
        twice = sorted({value for value in values if values.count(value) > 1})
        if twice:
            found.append(f"nodes: idx {', '.join(str(value) for value in twice)} is there more than once")
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
