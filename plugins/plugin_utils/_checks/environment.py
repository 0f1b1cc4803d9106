# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds problems of the environment variables that an inventory gives to containers, in sentences (private, pure).

Only the platform's own variables are checked (docs/environment.md); all others are the user's, or another program's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .._environment import COMPONENTS, ML, PREFIXES, Variable, known
from .._site import classic
from .wording import did_you_mean, edits, listed, shown, wrong_type

if TYPE_CHECKING:
    from .._site.model import Inventory

    _Place = tuple[str, str, Any]  # a component, where its environment is set, and that environment

_SET_IN = {"sl": "sl_env or swarm_training.sl_env", ML: "swarm_training.env"}
_FLAGS = ("true", "false", "1", "0")
_LONG = 10  # letters; shorter names are near to names that mean something else


def variables(inventory: Inventory) -> list[str]:
    """Of all places where an inventory gives an environment to a container of the platform, or to the ML program."""
    hosts: dict[str, list[str]] = {}
    for host in inventory.hosts:
        release = str(inventory.get(host, "swarm_release"))
        for component, where, env in _places(inventory, host):
            for wrong in _wrong(component, release, env):
                hosts.setdefault(f"{where} of {{}}{wrong}", []).append(host)
    return [sentence.replace("{}", listed(dict.fromkeys(names)), 1) for sentence, names in hosts.items()] + _of_training(inventory)


def _places(inventory: Inventory, host: str) -> Iterator[_Place]:
    for component in (one for one in COMPONENTS if host in inventory.members(one)):
        yield component, f"{component}_env", inventory.get(host, f"{component}_env")
        yield from _in_options(component, f"{component}_options", inventory.get(host, f"{component}_options"))
        nodes = inventory.get(host, f"{component}_nodes") if component != "swci" else []
        for index, node in enumerate(nodes):
            yield from _in_options(component, f"{component}_nodes[{index}]", node)
            yield from _in_pairs(f"{component}_nodes[{index}].pairs", node.get("pairs") or [])
    if host in inventory.members("swop"):
        yield from _in_pairs("swop_pairs", inventory.get(host, "swop_pairs"))


def _in_options(component: str, where: str, options: Any) -> Iterator[_Place]:
    if not isinstance(options, dict):
        return
    yield component, f"{where}.env", options.get("env")
    if isinstance(options.get("ml"), dict):
        yield ML, f"{where}.ml.env", options["ml"].get("env")


def _in_pairs(where: str, pairs: Any) -> Iterator[_Place]:
    for index, pair in enumerate(pairs):
        if isinstance(pair, dict):
            yield "sl", f"{where}[{index}].sl_env", pair.get("sl_env")
            yield ML, f"{where}[{index}].env", pair.get("env")


def _of_training(inventory: Inventory) -> list[str]:
    """Of the training's own environments; in 0.3.0 the ML program runs inside the SL container, so it has the SL's variables too."""
    training, host = inventory.training(), next(iter(inventory.hosts))
    program = "sl" if classic.is_classic(inventory, host) else ML
    places = (("sl", "sl_env"), (program, "env"), (program, "node_env"))
    release = str(inventory.get(host, "swarm_release"))
    return [f"swarm_training.{key}{wrong}" for component, key in places for wrong in _wrong(component, release, training.get(key))]


def _wrong(component: str, release: str, env: Any) -> list[str]:
    """What is wrong with one environment, each as the end of a sentence."""
    if env in (None, ""):
        return []
    if not isinstance(env, dict):
        return [wrong_type("", env, "a mapping")]
    return [f": {sentence}" for name, value in env.items() if (sentence := _problem(component, release, str(name), value))]


def _problem(component: str, release: str, name: str, value: Any) -> str:
    mine = known(component)
    if name not in mine:
        return _unknown(component, name, mine)
    variable = mine[name]
    if release not in variable.releases:
        return f"release {release} has no variable {name!r}; it is in {listed(variable.releases)}"
    expected = _expected(variable, value)
    return f"{name} is {shown(value)}; expected {expected}" if expected else ""


def _unknown(component: str, name: str, mine: dict[str, Variable]) -> str:
    owners = [other for other in COMPONENTS if name in known(other)]
    if owners:
        places = " or ".join(_SET_IN.get(owner, f"{owner}_env") for owner in owners)
        return f"{name!r} is a variable of {listed(owners)}, and {component} does not read it: set it in {places}"
    hint = did_you_mean(name, mine)
    # An ML program has variables of its own, whatever their names begin with.
    if name.startswith(PREFIXES) and (hint or component != ML):
        return f"unknown variable {name!r} of {component}{hint or '; docs/environment.md lists those of the platform'}"
    near = min((one for one in mine if len(one) >= _LONG), key=lambda one: edits(name.upper(), one))
    return f"unknown variable {name!r}: did you mean {near!r}?" if edits(name.upper(), near) <= 1 else ""


def _expected(variable: Variable, value: Any) -> str:
    """Which values the variable takes, where this is none of them."""
    text = "" if value is None else str(value)
    if not text or variable.kind == "text":
        return ""
    if variable.kind == "flag":
        return "" if text.lower() in _FLAGS else "true or false"
    if variable.kind == "choice":
        return "" if text in variable.values else f"one of {listed(variable.values)}"
    if variable.kind == "port":
        return "" if text.isdecimal() and 1 <= int(text) <= 65535 else "a port, 1-65535"
    return "" if text.isdecimal() else "a whole number, 0 or more"
