# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nested mappings as HCL text, the language of SPIRE's configuration files (private to the collection)."""

from __future__ import annotations

import re
from typing import Any

from ._checks.wording import kind_of

# Blocks that carry a name of their own, as operators write them: `KeyManager "disk" { … }`.
LABELLED = frozenset(
    (
        "BundlePublisher",
        "CredentialComposer",
        "DataStore",
        "KeyManager",
        "NodeAttestor",
        "NodeResolver",
        "Notifier",
        "SVIDStore",
        "UpstreamAuthority",
        "WorkloadAttestor",
        "bundle_endpoint_profile",
        "federates_with",
        "profile",
    )
)
# HCL takes `${` for the beginning of an expression; the name of an environment variable, which `-expandEnv` replaces, stays as it is.
_INTERPOLATION = re.compile(r"\$\{(?!\w+\})")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\Z")
_INDENT = "  "


def render(configuration: Any) -> str:
    """HCL text of a mapping: mappings become blocks, lists of scalars become lists, None is left out.

    Raises ValueError, naming the place, where a value has no form in HCL.
    """
    if not isinstance(configuration, dict):
        raise ValueError(f"a SPIRE configuration must be a mapping, not {kind_of(configuration)}")
    return "\n".join(_body(configuration, 0, "")) + "\n"


def _body(mapping: dict[Any, Any], depth: int, where: str) -> list[str]:
    lines: list[str] = []
    for key, value in mapping.items():
        if value is None:
            continue
        place = f"{where}.{key}" if where else str(key)
        if isinstance(value, dict) and key in LABELLED:
            for label, block in value.items():
                lines += _block(f"{key} {_text(label)}", block, depth, f'{place}."{label}"')
        elif isinstance(value, dict):
            lines += _block(_key(key, place), value, depth, place)
        else:
            lines.append(f"{_INDENT * depth}{_key(key, place)} = {_value(value, place)}")
    return lines


def _block(head: str, mapping: Any, depth: int, place: str) -> list[str]:
    if not isinstance(mapping, dict):
        raise ValueError(f"{place} must be a mapping, not {kind_of(mapping)}")
    inner = _body(mapping, depth + 1, place)
    if not inner:
        return [f"{_INDENT * depth}{head} {{}}"]
    return [f"{_INDENT * depth}{head} {{", *inner, f"{_INDENT * depth}}}"]


def _key(key: Any, place: str) -> str:
    if not isinstance(key, str) or not key:
        raise ValueError(f"{place}: a key must be text, not {kind_of(key)}")
    return key if _IDENTIFIER.match(key) else _text(key)


def _value(value: Any, place: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, (list, tuple)):
        if any(isinstance(item, (dict, list, tuple)) or item is None for item in value):
            raise ValueError(f"{place} must be a list of strings or numbers, without mappings and lists in it")
        return "[" + ", ".join(_value(item, place) for item in value) + "]"
    raise ValueError(f"{place} cannot be written as HCL: it is {kind_of(value)}")


def _text(value: object) -> str:
    escaped = _INTERPOLATION.sub("\\\\u0024{", str(value).replace("\\", "\\\\").replace('"', '\\"'))
    return '"' + escaped.replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r") + '"'
