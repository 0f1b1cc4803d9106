# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must be done so that the containers that are there become those that are wanted (private to the collection).

Pure: specs in, steps and difference out. Nothing here knows an engine.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace

from ansible_collections.swarm.learning.plugins.module_utils._parse import normalise_image
from ansible_collections.swarm.learning.plugins.module_utils._spec import (
    OWN_LABEL,
    ContainerSpec,
    without_secrets,
)

LIVE = frozenset({"memory", "cpus", "restart_policy", "network", "network_aliases"})
_FIXED_NETWORKS = ("host", "none", "container:")


@dataclass(frozen=True)
class Observed:
    """A container that is there.

    status  the engine's word: created, running, paused, restarting, exited, dead
    spec    what it looks like
    stale   its configuration files changed after it was started
    """

    spec: ContainerSpec
    status: str
    stale: bool = False

    @property
    def running(self):
        return self.status in ("running", "paused", "restarting")


@dataclass(frozen=True)
class Step:
    """One thing to do: `kind` names it, `name` the container that it is done to."""

    kind: str
    name: str
    detail: str = ""

    def __str__(self):
        return f"{self.kind} {self.name}" + (f" ({self.detail})" if self.detail else "")


@dataclass(frozen=True)
class Plan:
    """Steps in their order, and before/after as mappings of what differs."""

    steps: tuple[Step, ...] = ()
    before: dict = field(default_factory=dict)
    after: dict = field(default_factory=dict)

    @property
    def changed(self):
        return bool(self.steps)


def differences(wanted, there, defaults):
    """Fields in which two specs differ: field → (there, wanted), both as a person would write them.

    defaults: field → the engine's own value for the fields that a spec may leave to the engine (None).
    """
    found = {}
    wanted, there = _comparable(wanted), _comparable(there)
    for fact in fields(ContainerSpec):
        want, have = getattr(wanted, fact.name), getattr(there, fact.name)
        if want is None:
            want = defaults.get(fact.name, have)
        if want != have:
            found[fact.name] = (have, want)
    if "image" not in found and "image_id" in found:
        found["image"] = tuple(f"{wanted.image}, {image_id[:19]}" for image_id in found["image_id"])
    found.pop("image_id", None)
    return found


def _comparable(spec):
    spec = without_secrets(spec)
    return replace(
        spec,
        image=normalise_image(spec.image),
        labels={key: value for key, value in spec.labels.items() if not key.startswith(OWN_LABEL)},
        init=bool(spec.init) if spec.init is not None else False,
        log_driver=spec.log_driver,
    )


def plan(pairs, state, defaults, recreate=False):
    """The Plan for containers that belong together.

    pairs     (wanted ContainerSpec or None, Observed or None), in the order of starting; the later ones lean on the first
    state     started, stopped, present or absent
    defaults  as for `differences`
    recreate  make them anew though nothing differs
    """
    names = [wanted.name if wanted else there.spec.name for wanted, there in pairs]
    if state == "absent":
        return _absent([there for _wanted, there in pairs if there])
    differing = [differences(w, t.spec, defaults) if t else {} for w, t in pairs]
    anew = recreate and any(t for _w, t in pairs)
    for (wanted, there), found in zip(pairs, differing):
        if there and not _can_change_live(wanted, there, found):
            anew = True
    if anew or (any(t for _w, t in pairs) and not all(t for _w, t in pairs)):
        steps = _recreate(pairs, state)
    else:
        steps = []
        for index, (wanted, there) in enumerate(pairs):
            if there is None:
                steps.append(Step("create", wanted.name))
            else:
                steps += [Step("update", wanted.name, fact) for fact in sorted(differing[index])]
        steps += _to_state(pairs, state)
    before, after = {}, {}
    for name, (wanted, there), found in zip(names, pairs, differing):
        before[name], after[name] = _shown(wanted, there, found, state, steps)
    return Plan(tuple(steps), before, after) if steps else Plan()


def _can_change_live(wanted, there, found):
    if not set(found) <= LIVE:
        return False
    if ("memory" in found and not wanted.memory) or ("cpus" in found and not wanted.cpus):
        return False  # the engine has no call that takes a limit away
    if "restart_policy" in found and there.spec.auto_remove:
        return False
    if {"network", "network_aliases"} & set(found):
        return not any(n.startswith(_FIXED_NETWORKS) for n in (wanted.network, there.spec.network))
    return True


def _recreate(pairs, state):
    old = [there for _wanted, there in pairs if there]
    steps = [Step("unpause", t.spec.name) for t in old if t.status == "paused"]
    steps += [Step("stop", t.spec.name) for t in reversed(old) if t.running]
    steps += [Step("set aside", t.spec.name) for t in reversed(old)]
    steps += [Step("create", wanted.name) for wanted, _there in pairs]
    if state == "started" or (state == "present" and any(t.running for t in old)):
        steps += [Step("start", wanted.name) for wanted, _there in pairs]
    return steps + [Step("remove", t.spec.name, "the old one") for t in reversed(old)]


def _to_state(pairs, state):
    if state == "started":
        steps = []
        restarted = False
        for wanted, there in pairs:
            if there and there.status == "paused":
                steps.append(Step("unpause", wanted.name))
            if there and there.running and (there.stale or restarted):
                steps.append(Step("restart", wanted.name, "its configuration changed"))
                restarted = True
            elif not there or not there.running:
                steps.append(Step("start", wanted.name))
                restarted = True
        return steps
    if state == "stopped":
        return [Step("stop", there.spec.name) for _wanted, there in reversed(pairs) if there and there.running]
    return [
        Step("restart", there.spec.name, "its configuration changed")
        for _wanted, there in pairs
        if there and there.stale and there.status != "created"
    ]


def _absent(old):
    steps = [Step("unpause", t.spec.name) for t in old if t.status == "paused"]
    steps += [Step("stop", t.spec.name) for t in reversed(old) if t.running]
    steps += [Step("remove", t.spec.name) for t in reversed(old)]
    return Plan(tuple(steps), {t.spec.name: {"state": t.status} for t in old}, {t.spec.name: {"state": "absent"} for t in old})


_STATE_WORDS = {"started": "running", "stopped": "exited"}


def _shown(wanted, there, found, state, steps):
    mine = [step for step in steps if step.name == wanted.name]
    before = {fact: readable(fact, have) for fact, (have, _want) in found.items()}
    after = {fact: readable(fact, want) for fact, (_have, want) in found.items()}
    if there is None:
        before["state"], after["state"] = "absent", _STATE_WORDS.get(state, "created")
        after["image"] = wanted.image
    elif any(step.kind in ("start", "stop", "unpause") for step in mine) and not any(step.kind == "create" for step in mine):
        before["state"], after["state"] = there.status, _STATE_WORDS.get(state, there.status)
    if there and there.stale:
        before["configuration"], after["configuration"] = "changed since the start", "in use"
    return _split(before, after)


def _split(before, after):
    """Mappings shown key by key where they differ, so that a diff has one line an option."""
    was, will = {}, {}
    for fact in {**before, **after}:
        one, other = before.get(fact), after.get(fact)
        if isinstance(one, dict) and isinstance(other, dict):
            for key in sorted({**one, **other}):
                if one.get(key) != other.get(key):
                    was.update({f"{fact}.{key}": one[key]} if key in one else {})
                    will.update({f"{fact}.{key}": other[key]} if key in other else {})
        else:
            was.update({fact: one} if fact in before else {})
            will.update({fact: other} if fact in after else {})
    return was, will


def readable(fact, value):
    """A fact's value as a playbook would have it."""
    if fact == "cpus":
        return value / 1e9
    if fact in ("memory", "shm_size"):
        return f"{value // 2**20}m" if value and value % 2**20 == 0 else value
    if fact in ("mounts", "ports"):
        return [str(item) for item in value]
    return list(value) if isinstance(value, tuple) else value
