# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carries out a Plan. If it fails, what ran before runs again (private to the collection)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from . import spec as _spec
from .engine import EngineError
from .readiness import NotReady

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from .engine import Engine
    from .plan import Observed, Pair, Plan, Step
    from .spec import ContainerSpec

INFO_FILE = "/tmp/container_info_file"


def aside_of(name: str) -> str:
    """What a container is called while another takes its place."""
    return f"{name}.previous"


class Apply:
    """One plan, for containers that belong together.

    asked      their specs; the later ones may take volumes from the first
    pairs      (wanted, Observed) as the plan was made of
    inspects   name → the engine's inspect of the existing container
    info_file  whether a file that describes them is copied into them before their first start
    done       the steps that were carried out
    """

    def __init__(
        self,
        engine: Engine,
        asked: Iterable[ContainerSpec],
        pairs: Iterable[Pair],
        inspects: Mapping[str, dict[str, Any] | None],
        info_file: bool,
    ) -> None:
        self._engine, self._info_file = engine, info_file
        self._asked = {spec.name: spec for spec in asked}
        self._old: dict[str, Observed] = {there.spec.name: there for _wanted, there in pairs if there}
        self._old_ids: dict[str, str] = {name: inspect["Id"] for name, inspect in inspects.items() if inspect}
        self._new_ids: dict[str, str] = {}
        self.done: list[Step] = []

    def run(self, plan: Plan, wait: Callable[[], None], stop_timeout: int) -> None:
        """Carry out the steps, call wait(), and only then remove what was set aside. Raises what a step or wait() raised."""
        self._check_networks(plan)
        last = [step for step in plan.steps if step.kind == "remove old"]
        replaces = any(step.kind == "create" for step in plan.steps) or any(there.replaces for there in self._old.values())
        started = False
        try:
            for step in plan.steps:
                if step.kind != "remove old":
                    self._do(step, stop_timeout)
                    self.done.append(step)
            started = True
            wait()
        except (EngineError, NotReady) as error:
            notes = self._bring_back(started) if replaces else []
            raise type(error)("\n".join([str(error), *notes])) from error
        except BaseException:
            if replaces:
                self._bring_back(started)
            raise
        for step in last:
            self._engine.remove(aside_of(step.name))
            self.done.append(step)

    def _check_networks(self, plan: Plan) -> None:
        """The engine notices a missing network only when it starts a container; the old one would already be stopped then."""
        touched = {step.name for step in plan.steps if step.kind == "create" or step.detail == "network"}
        networks = {spec.network for name, spec in self._asked.items() if name in touched and not _spec.is_fixed(spec.network)}
        for network in sorted(networks - {"default"}):
            if self._engine.network(network) is None:
                raise EngineError(
                    f"network {network} does not exist; create it first (community.docker.docker_network), or set a different network"
                )

    def _do(self, step: Step, stop_timeout: int) -> None:
        engine, name = self._engine, step.name
        if step.kind == "create":
            self._create(name)
        elif step.kind == "set aside":
            engine.remove(aside_of(name))
            engine.rename(name, aside_of(name))
        elif step.kind == "update":
            self._update(self._asked[name], step.detail)
        elif step.kind in ("stop", "restart"):
            getattr(engine, step.kind)(name, stop_timeout)
        else:
            if step.kind == "start" and name not in self._new_ids and self._old[name].status == "created":
                self._tell(name, self._old_ids[name])
            getattr(engine, step.kind)(name)

    def _create(self, name: str) -> None:
        spec = self._asked[name]
        ids = {**self._old_ids, **self._new_ids}
        labels = dict(spec.labels)
        if name in self._old:
            labels[f"{_spec.OWN_LABEL}replaces"] = self._old_ids[name][:12]
        spec = replace(spec, labels=labels, volumes_from=tuple(ids[main] for main in spec.volumes_from))
        self._new_ids[name] = self._engine.create(spec)
        self._tell(name, self._new_ids[name])

    def _tell(self, name: str, container_id: str) -> None:
        """Copy the file that describes a container into it: its ID, its image as given, and that image's ID."""
        spec = self._asked[name]
        if self._info_file and not spec.read_only:
            self._engine.put_file(name, INFO_FILE, f"{container_id}\n{spec.image}\n{spec.image_id}\n", 0o644)

    def _update(self, spec: ContainerSpec, fact: str) -> None:
        if fact == "memory":
            self._engine.update(spec, {"Memory": spec.memory, "MemorySwap": 2 * spec.memory})
        elif fact == "cpus":
            self._engine.update(spec, {"NanoCpus": spec.cpus})
        elif fact == "restart_policy":
            self._engine.update(spec, {"RestartPolicy": _spec.restart_policy_to_api(spec.restart_policy)})
        else:
            there = self._old[spec.name].spec
            for network in there.other_networks:
                self._engine.leave_network(spec.name, network)
            if (there.network, there.network_aliases) != (spec.network, spec.network_aliases):
                self._engine.move_network(spec.name, there.network, spec.network, spec.network_aliases)

    # --- when it fails ---------------------------------------------------------------------------------------------

    def _bring_back(self, started: bool) -> list[str]:
        """Restore the old containers under their names, running if they ran; returns sentences about it for the message.

        started: every step was carried out; then a container that replaced none stays, so that its log can be read.
        """
        try:
            back = [name for name in self._old if self._take_back(name)]
            for name in self._new_ids:
                if name not in self._old and not started:
                    self._engine.remove(name)
            for name in back:
                there = self._old[name]
                if there.running or there.replaces:
                    self._engine.start(name)
        except EngineError as error:
            names = ", ".join(aside_of(name) for name in self._old)
            return [f"The previous container could not be restored either: {error}", f"The next run restores {names}."] if names else []
        return [f"Container {name} was restored to its previous state." for name in back]

    def _take_back(self, name: str) -> bool:
        """Whether the old container had to be renamed back, or has to be started again."""
        engine, there = self._engine, self._old[name]
        aside = engine.inspect(aside_of(name))
        if aside and (there.replaces or aside["Id"] == self._old_ids[name]):
            engine.remove(name)
            engine.rename(aside_of(name), name)
            return True
        kinds = {step.kind for step in self.done if step.name == name}
        if "remove" in kinds:
            engine.remove(name)
            engine.create(_spec.on_its_own(there.spec))
            return True
        return "stop" in kinds
