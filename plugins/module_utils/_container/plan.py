# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decides what must be done so that the existing containers become the wanted ones (private to the collection).

Pure: takes specs, returns steps and differences, without an engine.
"""

from __future__ import annotations

import ipaddress
import posixpath
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Union

from . import further, proxy_exceptions
from .masking import mask_values, mask_words
from .parse import normalise_image
from .spec import (
    ASKED_LABEL,
    OWN_LABEL,
    ContainerSpec,
    asked_facts,
    comparable_security,
    is_fixed,
    without_secrets,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from _typeshed import MaybeNone

LIVE = frozenset({"memory", "cpus", "restart_policy", "network", "network_aliases", "other_networks"})
_NETWORK_FACTS = frozenset({"network", "network_aliases", "other_networks"})
_DISTURB = frozenset({"stop", "set aside", "remove", "restart"})
_EVERYWHERE = ("", "0.0.0.0")

if TYPE_CHECKING:
    Differing = dict[str, tuple[Any, ...]]
    Pair = tuple[Union[ContainerSpec, MaybeNone], Union["Observed", MaybeNone]]


@dataclass(frozen=True)
class Observed:
    """An existing container.

    status    the engine's word: created, running, paused, restarting, exited, dead
    spec      what it looks like
    stale     its configuration files changed after it was started
    replaces  an interrupted run left it half-way in the place of an older one, which is still set aside
    fixed     facts that this engine cannot change in it as it stands, though others can
    """

    spec: ContainerSpec
    status: str
    stale: bool = False
    replaces: bool = False
    fixed: frozenset[str] = frozenset()

    @property
    def running(self) -> bool:
        return self.status in ("running", "paused", "restarting")


@dataclass(frozen=True)
class Step:
    """One thing to do: `kind` names it, `name` the container that it is done to.

    kind  pull, unpause, stop, set aside, remove, create, update, start, restart, or `remove old`: the one that was set aside
    """

    kind: str
    name: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}" + (f" ({self.detail})" if self.detail else "")


@dataclass(frozen=True)
class Plan:
    """Steps in their order, and for each container before and after as mappings of what differs."""

    steps: tuple[Step, ...] = ()
    before: dict[str, dict[str, Any]] = field(default_factory=dict)
    after: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        return bool(self.steps)

    def held(self, pairs: Sequence[Pair]) -> tuple[Plan, tuple[Step, ...]]:
        """(steps that do not disturb a running container, steps that are left undone): all of the plan, or none of it."""
        running = {there.spec.name for _wanted, there in pairs if there and there.running}
        disturbs = any(step.kind in _DISTURB and step.name in running for step in self.steps)
        return (Plan(), self.steps) if disturbs else (self, ())


def differences(wanted: ContainerSpec, there: ContainerSpec, defaults: dict[str, Any]) -> Differing:
    """Fields in which two specs differ: field → (there, wanted).

    defaults: field → the engine's own value for the fields that a spec may leave to the engine (None). They matter for containers that
    others made, and for what was asked for when ours was made and is not any more; what ours got from the engine unasked is no difference.
    """
    found: Differing = {}
    if there.ours:
        there, wanted = _as_asked(wanted, there, defaults), replace(wanted, foreign={})
    remembered = [fact.removeprefix("further.") for fact in there.labels.get(ASKED_LABEL, "").split()]
    there = replace(there, further=further.that_matter(there.further, wanted.further, there.ours, remembered))
    wanted, there = _comparable(_settled(wanted, defaults)), _comparable(there)
    for fact in fields(ContainerSpec):
        want, have = getattr(wanted, fact.name), getattr(there, fact.name)
        if want is not None and want != have:
            found[fact.name] = (have, want)
    if "image" not in found and "image_id" in found:
        found["image"] = tuple(f"{wanted.image}, {image_id[:19] or 'not on this host'}" for image_id in found["image_id"])
    found.pop("image_id", None)
    return found


def _as_asked(wanted: ContainerSpec, there: ContainerSpec, defaults: dict[str, Any]) -> ContainerSpec:
    """A container of ours as far as its options say something, now or when it was created; proxy exceptions that only grew count as equal."""
    asked = {*there.labels.get(ASKED_LABEL, "").split(), *asked_facts(wanted)}
    settled = _settled(wanted, defaults)
    unasked = {fact: getattr(settled, fact) for fact in ("cgroupns", "shm_size", "init", "log_driver") if fact not in asked}
    options = {name: value for name, value in (there.log_options or {}).items() if f"log_options.{name}" in asked}
    unasked_options = {name: value for name, value in (settled.log_options or {}).items() if f"log_options.{name}" not in asked}
    ulimits = tuple(ulimit for ulimit in there.ulimits if f"ulimits.{ulimit.partition('=')[0]}" in asked)
    env = {name: wanted.env[name] if _only_grew(name, value, wanted.env) else value for name, value in there.env.items()}
    return replace(there, **unasked, log_options={**unasked_options, **options}, ulimits=ulimits, env=env)


def _only_grew(name: str, value: str, wanted: dict[str, str]) -> bool:
    return name in proxy_exceptions.NAMES and name in wanted and proxy_exceptions.only_grew(value, wanted[name])


def _settled(wanted: ContainerSpec, defaults: dict[str, Any]) -> ContainerSpec:
    """The spec with the engine's defaults in place of what it leaves open."""
    log_options = wanted.log_options
    if log_options is not None and wanted.log_driver in (None, defaults.get("log_driver")):
        log_options = {**(defaults.get("log_options") or {}), **log_options}
    open_facts = {name: value for name, value in defaults.items() if getattr(wanted, name) is None}
    if wanted.log_driver not in (None, defaults.get("log_driver")):
        open_facts["log_options"] = {}
    return replace(wanted, **{**open_facts, **({} if log_options is None else {"log_options": log_options})})


def _comparable(spec: ContainerSpec) -> ContainerSpec:
    spec = without_secrets(spec)
    own_names = {spec.name, spec.hostname}
    return replace(
        spec,
        image=normalise_image(spec.image),
        labels={key: value for key, value in spec.labels.items() if not key.startswith(OWN_LABEL)},
        security_opts=comparable_security(spec.security_opts, spec.pid_mode, spec.further.get("ipc_mode", ""), spec.privileged),
        ports=tuple(sorted(replace(port, ip="" if port.ip in _EVERYWHERE else _canonical(port.ip)) for port in spec.ports)),
        dns=tuple(map(_canonical, spec.dns)),
        ip=_canonical(spec.ip),
        ip6=_canonical(spec.ip6),
        network_aliases=tuple(alias for alias in spec.network_aliases if alias not in own_names),
        workdir=spec.workdir and posixpath.normpath(spec.workdir),
        init=bool(spec.init),
    )


def _canonical(address: str) -> str:
    """An IP address in the form in which newer engines say it, whatever form they were given."""
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return address


def plan(pairs: Sequence[Pair], state: str, defaults: dict[str, Any], recreate: bool = False) -> Plan:
    """The Plan for containers that belong together.

    pairs     (wanted ContainerSpec or None, Observed or None), in the order in which they start; the later ones depend on the first
    state     started, stopped, present or absent
    defaults  as for `differences`
    recreate  re-create them even if nothing differs
    """
    pairs = [(wanted, there) for wanted, there in pairs if wanted or there]
    found = [differences(w, t.spec, defaults) if w and t else {} for w, t in pairs]
    if state == "absent":
        steps = _absent([there for _wanted, there in pairs])
    elif _needs_anew(pairs, found, recreate):
        steps = _recreate(pairs, state)
    else:
        steps = _keep(pairs, found, state)
    before: dict[str, dict[str, Any]] = {}
    after: dict[str, dict[str, Any]] = {}
    for (wanted, there), differing in zip(pairs, found):
        name = wanted.name if wanted else there.spec.name
        before[name], after[name] = _shown(wanted, there, differing, steps)
    return Plan(tuple(steps), before, after) if steps else Plan()


def _needs_anew(pairs: Sequence[Pair], found: list[Differing], recreate: bool) -> bool:
    old = [there for _wanted, there in pairs if there]
    if not old:
        return False
    if recreate or any(wanted is None or there is None for wanted, there in pairs):
        return True
    return not all(_can_change_live(w, t, differing) for (w, t), differing in zip(pairs, found))


def _can_change_live(wanted: ContainerSpec, there: Observed, found: Differing) -> bool:
    if not set(found) <= LIVE - there.fixed:
        return False
    if ("memory" in found and not wanted.memory) or ("cpus" in found and not wanted.cpus):
        return False  # the engine has no call that removes a limit
    if "restart_policy" in found and there.spec.auto_remove:
        return False
    if _NETWORK_FACTS & set(found):
        return not is_fixed(wanted.network) and not is_fixed(there.spec.network) and not (wanted.ip or wanted.ip6)
    return True


def _recreate(pairs: Sequence[Pair], state: str) -> list[Step]:
    old = [there for _wanted, there in reversed(pairs) if there]
    new = [wanted.name for wanted, _there in pairs if wanted]
    starts = _starts(state, old)
    return [
        *(step for there in old for step in _stop(there)),
        *map(_make_room, old),
        *(Step("create", name) for name in new),
        *(Step("start", name) for name in new if starts),
        *(Step("remove old", there.spec.name) for there in old if there.replaces or not there.spec.auto_remove),
    ]


def _starts(state: str, old: list[Observed]) -> bool:
    return state == "started" or (state == "present" and any(there.running for there in old))


def _make_room(there: Observed) -> Step:
    """A container that the engine removes when it stops cannot be set aside, and one that was never ready need not be kept."""
    return Step("remove" if there.spec.auto_remove or there.replaces else "set aside", there.spec.name)


def _keep(pairs: Sequence[Pair], found: list[Differing], state: str) -> list[Step]:
    steps = []
    for (wanted, there), differing in zip(pairs, found):
        if there is None:
            steps.append(Step("create", wanted.name))
        else:
            facts = {"network" if fact in _NETWORK_FACTS else fact for fact in differing}
            steps += [Step("update", wanted.name, fact) for fact in sorted(facts)]
    steps += _to_state(pairs, state)
    return steps + [Step("remove old", t.spec.name) for _wanted, t in pairs if t and t.replaces]


def _to_state(pairs: Sequence[Pair], state: str) -> list[Step]:
    if state == "stopped":
        return [step for _wanted, there in reversed(pairs) if there for step in _stop(there, again=True)]
    steps: list[Step] = []
    for wanted, there in pairs:
        # Once one was started, those that depend on it are restarted.
        leans_on_new = any(step.kind in ("start", "restart") for step in steps)
        if there is not None and there.running:
            steps += _keep_running(wanted.name, there, state, leans_on_new)
        elif state == "started":
            steps.append(Step("start", wanted.name))
    return steps


def _keep_running(name: str, there: Observed, state: str, leans_on_new: bool) -> list[Step]:
    restart = there.stale or leans_on_new
    steps = [Step("unpause", name)] if there.status == "paused" and (restart or state == "started") else []
    if restart:
        steps.append(Step("restart", name, "its configuration changed" if there.stale else "what it depends on was started"))
    return steps


def _stop(there: Observed, again: bool = False) -> list[Step]:
    """Steps that stop a container; `again`: and re-create it if the engine removes it when it stops."""
    if not there.running:
        return []
    name = there.spec.name
    steps = [Step("unpause", name)] if there.status == "paused" else []
    steps.append(Step("stop", name))
    return [*steps, Step("remove", name), Step("create", name)] if again and there.spec.auto_remove else steps


def _absent(old: list[Observed]) -> list[Step]:
    steps = []
    for there in reversed(old):
        steps += [*_stop(there), Step("remove", there.spec.name)]
        if there.replaces:
            steps.append(Step("remove old", there.spec.name))
    return steps


# --- what a person sees -------------------------------------------------------------------------------------------------


def _shown(
    wanted: ContainerSpec | MaybeNone, there: Observed | MaybeNone, found: Differing, steps: list[Step]
) -> tuple[dict[str, Any], dict[str, Any]]:
    name = wanted.name if wanted else there.spec.name
    before = {fact: readable(fact, have) for fact, (have, _want) in found.items()}
    after = {fact: readable(fact, want) for fact, (_have, want) in found.items()}
    was, will = _status(there), _status_after(name, there, steps)
    if was != will:
        before["state"], after["state"] = was, will
    if there is None:
        after["image"] = wanted.image
    if there and there.stale and there.running:
        before["configuration"], after["configuration"] = "changed since the start", "in use"
    return _split(before, after)


def _status(there: Observed | None) -> str:
    return there.status if there else "absent"


def _status_after(name: str, there: Observed | None, steps: list[Step]) -> str:
    status = _status(there)
    for step in steps:
        if step.name == name:
            status = _STATUS_AFTER.get(step.kind, status)
    return status


_STATUS_AFTER = {
    "unpause": "running",
    "stop": "exited",
    "set aside": "absent",
    "remove": "absent",
    "create": "created",
    "start": "running",
    "restart": "running",
}


def _split(before: dict[str, Any], after: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Mappings shown key by key where they differ, so that a diff has one line an option; values of secrets are masked."""
    was: dict[str, Any] = {}
    will: dict[str, Any] = {}
    for fact in {**before, **after}:
        one, other = before.get(fact), after.get(fact)
        if isinstance(one, dict) and isinstance(other, dict):
            for key in sorted({**one, **other}):
                if one.get(key) != other.get(key):
                    old, new = _masked(key, one.get(key)), _masked(key, other.get(key))
                    shown = key if fact == "further" else f"{fact}.{key}"
                    was.update({shown: old} if key in one else {})
                    will.update({shown: f"{new} (another)" if old == new else new} if key in other else {})
        else:
            was.update({fact: one} if fact in before else {})
            will.update({fact: other} if fact in after else {})
    return was, will


def _masked(key: str, value: Any) -> Any:
    return mask_values({key: value})[key] if isinstance(value, str) else value


def readable(fact: str, value: Any) -> Any:
    """A fact's value as a playbook would have it."""
    if fact == "cpus":
        return value / 1e9
    if fact in ("memory", "shm_size"):
        return f"{value // 2**20}m" if value and value % 2**20 == 0 else value
    if fact in ("entrypoint", "command"):
        return mask_words(value)
    if fact in ("mounts", "ports"):
        return [str(item) for item in value]
    return list(value) if isinstance(value, tuple) else value
