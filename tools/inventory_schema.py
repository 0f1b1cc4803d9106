# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make docs`: write the JSON Schemas of an inventory and of its files of variables, for completion and checks in an editor.

They are made of the roles' argument specifications, the modules' documentation, and what the site model reads. A value may always be a template.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

import yaml
from ansible_collections.swarm.learning.plugins.plugin_utils._environment import known
from ansible_collections.swarm.learning.plugins.plugin_utils._site import model, training

from lab.playbook_runner import ROOT

DRAFT = "http://json-schema.org/draft-07/schema#"  # the newest that editors' YAML plugins know in full
VARIABLES, INVENTORY = ROOT / "docs/schemas/variables.json", ROOT / "docs/schemas/inventory.json"
COMMENT = "Written by `make docs` from the roles' argument specifications; a test keeps it so."
# What roles set for each other is no part of an inventory.
SET_BY_ROLES = {
    *("swarm_site_host", "swarm_site_issuers", "swarm_site_revoked", "swarm_validate_limit"),
    *("spire_agent_derived_config", "spire_agent_restarted", "spire_server_state", "spire_server_taken", "spire_server_told"),
}
# Entry points whose options are set in an inventory or with -e; those of the others are passed between roles.
ENTRY_POINTS = {"main", "validate", "stop", "teardown", "restore", "revoke"}
INTERNAL_ROLES = {"host", "node_agent", "lifetime", "training"}
COMPONENTS = ("apls", "spire_server", "spire_agent", "sn", "sl", "swop", "swci")
OTHERWISE = ({"type": "string", "pattern": r"\{[{%]"}, {"type": "null"})  # a template, or the default
TYPES: dict[str, Any] = {
    "str": {"type": "string"},
    "path": {"type": "string"},
    "bool": {"anyOf": [{"type": "boolean"}, {"enum": ["true", "false", "yes", "no", "on", "off"]}]},
    "int": {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^[0-9]+$"}]},
    "float": {"anyOf": [{"type": "number"}, {"type": "string", "pattern": "^[0-9.]+$"}]},
    "dict": {"type": "object"},
    "list": {"type": "array"},
    "raw": {},
}
MARKUP = re.compile(r"\b[A-Z]+\(([^()]*)\)")


def page_texts() -> dict[Any, str]:
    """File → its text."""
    variables = variables_schema()
    return {
        path: json.dumps(schema, indent=1, ensure_ascii=False) + "\n"
        for path, schema in ((VARIABLES, variables), (INVENTORY, inventory_schema()))
    }


def plain(description: str | Iterable[str]) -> str:
    """A description without Ansible's markup."""
    text = description if isinstance(description, str) else " ".join(description)
    return " ".join(MARKUP.sub(r"\1", text).split())


def templated(schema: Mapping[str, Any], **about: Any) -> dict[str, Any]:
    """The schema, or a template or nothing in its place. Texts are templates anyway."""
    own = {key: value for key, value in about.items() if value not in (None, "")}
    if schema in ({}, {"type": "string"}):
        return {**own, **({"type": ["string", "null"]} if schema else {})}
    return {**own, "anyOf": [dict(schema), *OTHERWISE]}


def of_option(option: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of an option of a role or module."""
    kind = option.get("type", "str")
    schema = dict(TYPES[kind])
    if option.get("choices"):
        schema = {"enum": list(option["choices"])}
    elif kind == "dict" and option.get("options"):
        schema |= closed(option["options"])
    elif kind == "list":
        schema["items"] = of_option({**option, "type": option.get("elements", "raw"), "description": "", "default": None})
    default = option.get("default")
    return templated(schema, description=plain(option.get("description", "")), default=default if default not in ({}, []) else None)


def closed(options: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """An object with these options and no others."""
    needed = [name for name, option in options.items() if option.get("required")]
    schema = {"type": "object", "additionalProperties": False, "properties": {name: of_option(one) for name, one in options.items()}}
    return {**schema, "required": needed} if needed else schema


def role_options() -> dict[str, Mapping[str, Any]]:
    """Every variable that a user sets → its option, by name."""
    found = {}
    for path in sorted((ROOT / "roles").glob("*/meta/argument_specs.yml")):
        if path.parts[-3] in INTERNAL_ROLES:
            continue
        for entry_point, specification in yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"].items():
            if entry_point in ENTRY_POINTS:
                found.update(specification.get("options", {}))
    return {name: option for name, option in sorted(found.items()) if name not in SET_BY_ROLES}


def module_options(component: str) -> dict[str, Mapping[str, Any]]:
    """The options of a component's module, with those of its fragments."""
    own = documentation(f"modules/{component}.py")
    fragments = [name.split(".")[2] for name in own["extends_documentation_fragment"] if "attributes" not in name]
    parts = [*(documentation(f"doc_fragments/{name}.py") for name in fragments), own]
    return {name: option for part in parts for name, option in part.get("options", {}).items()}


def documentation(name: str) -> dict[str, Any]:
    """What a file below plugins has in DOCUMENTATION."""
    for node in ast.walk(ast.parse((ROOT / "plugins" / name).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "DOCUMENTATION":
            return dict(yaml.safe_load(ast.literal_eval(node.value)))
    raise ValueError(f"plugins/{name} has no DOCUMENTATION")


def environment(component: str) -> dict[str, Any]:
    """An object of environment variables, the platform's known with their meaning."""
    properties = {name: {"description": plain(variable.meaning)} for name, variable in sorted(known(component).items())}
    return {"type": "object", "properties": properties, "additionalProperties": {"type": ["string", "number", "boolean"]}}


def of_training() -> dict[str, Any]:
    """`swarm_training`: its keys with their defaults, and what the README of the role swarm says of them."""
    meanings = {}
    for line in (ROOT / "roles/swarm/README.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if len(cells) == 3 and cells[0].startswith("`"):
            meanings.update(dict.fromkeys(re.findall(r"`([a-z_]+)`", cells[0]), cells[2].replace("`", "")))
    kinds = {bool: "bool", list: "list", dict: "dict", int: "int", str: "str"}
    properties: dict[str, Any] = {name: templated({"type": "string"}, description=meanings[name]) for name in training.REQUIRED}
    for name, default in training.DEFAULTS.items():
        schema = {"type": ["string", "integer"]} if name == "gpus" else TYPES[kinds[type(default)]]
        properties[name] = templated(schema, description=meanings[name], default=default if default not in ("", [], {}) else None)
    needed = list(training.CLASSIC_REQUIRED)
    return {"type": "object", "additionalProperties": False, "properties": properties, "required": needed}


def of_named(pairs: Mapping[str, Any]) -> dict[str, Any]:
    """One of `swarm_trainings`. pairs: the schema of a host's SL/ML pairs."""
    training = of_training()
    hosts = [{"type": "array", "items": {"type": "string"}}, {"type": "object", "additionalProperties": dict(pairs)}]
    further = {"hosts": {"anyOf": [*hosts, *OTHERWISE]}, "sl_port": templated(TYPES["int"])}
    needed = [name for name in training["required"] if name != "name"]
    return {**training, "properties": {**training["properties"], **further}, "required": needed}


def variables_schema() -> dict[str, Any]:
    """The schema of a file below group_vars or host_vars."""
    options = role_options()
    properties = {name: of_option(option) for name, option in options.items()}
    about = {name: {"description": plain(option["description"])} for name, option in options.items()}
    definitions = {}
    for component in COMPONENTS:
        name = f"{component}_options"
        of_module = module_options(component)
        definitions[name] = {key: value for key, value in closed(of_module).items() if key != "required"}
        properties[name] = {**about[name], "anyOf": [{"$ref": f"#/definitions/{name}"}, *OTHERWISE]}
        if f"{component}_env" in options:
            properties[f"{component}_env"] = {**about[f"{component}_env"], "anyOf": [environment(component), *OTHERWISE]}
    definitions["swop_nodes"] = {**definitions["swop_options"]}
    definitions["swop_nodes"]["properties"] = {**definitions["swop_options"]["properties"], "pairs": properties["swop_pairs"]}
    for name, node in (("sn_nodes", "sn_options"), ("swop_nodes", "swop_nodes")):
        items = {"type": "array", "items": {"$ref": f"#/definitions/{node}"}}
        properties[name] = {**about[name], "anyOf": [items, *OTHERWISE]}
    properties["swarm_training"] = {**about["swarm_training"], "anyOf": [of_training(), {"type": "object", "maxProperties": 0}, *OTHERWISE]}
    one = of_named(properties["swop_pairs"])
    properties["swarm_trainings"] = {**about["swarm_trainings"], "anyOf": [{"type": "object", "additionalProperties": one}, *OTHERWISE]}
    missing = {name for name in model.DEFAULTS if name not in properties} - {"ansible_host", "inventory_dir", "training"}
    if missing:
        raise ValueError(f"the site model reads {', '.join(sorted(missing))}, which no role documents")
    prefixes = "|".join(sorted({*COMPONENTS, "reverse_proxy", "swarm", "preflight", "backup", "support"}))
    names = "|".join(sorted(properties))
    return {
        "$schema": DRAFT,
        "$comment": COMMENT,
        "title": "Variables of swarm.learning",
        "type": ["object", "null"],
        "properties": properties,
        # Names that begin like the collection's are the collection's; all others are somebody else's.
        "patternProperties": {
            f"^(?!(?:{names})$)(?:{prefixes})_": {
                "not": {},
                "errorMessage": "no role of swarm.learning has this variable",
                "doNotSuggest": True,
            }
        },
        "definitions": definitions,
    }


def inventory_schema() -> dict[str, Any]:
    """The schema of an inventory in YAML."""
    variables = {"$ref": "variables.json"}
    children = {
        "type": ["object", "null"],
        "properties": {name: {"$ref": "#/definitions/group", "description": f"Hosts that run {text}."} for name, text in GROUPS.items()},
        "additionalProperties": {"$ref": "#/definitions/group"},
    }
    group = {
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": {
            "hosts": {"type": ["object", "null"], "additionalProperties": variables},
            "vars": variables,
            "children": {"$ref": "#/definitions/children"},
        },
    }
    definitions = {"group": group, "children": children}
    return {
        "$schema": DRAFT,
        "$comment": COMMENT,
        "title": "Inventory of swarm.learning",
        "$ref": "#/definitions/children",
        "definitions": definitions,
    }


GROUPS = {
    "swarm_apls": "the License Server",
    "swarm_spire_server": "a SPIRE Server",
    "swarm_spire_agent": "a SPIRE Agent",
    "swarm_reverse_proxy": "a reverse proxy for its nodes",
    "swarm_sn": "Swarm Network nodes",
    "swarm_sl": "Swarm Learning nodes that no SWOP starts",
    "swarm_swop": "a Swarm Operator",
    "swarm_swci": "the command interface",
}


if __name__ == "__main__":
    for path, text in page_texts().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(f"{path.relative_to(ROOT)} written")
