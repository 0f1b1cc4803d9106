# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the ML programs of one host without the platform, and tells how each has ended (private to the collection)."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .._component import converge
from .._component.arguments import SIDECAR
from .._component.check import check_program, component_of
from .._component.check_container import OptionError, check_engine
from .._component.lookup import Lookup
from .._component.translate import ml_alone
from .._container.engine import Engine, EngineError
from .._container.host import Host
from .._container.masking import mask
from .._container.parse import parse_mount
from .._container.readiness import TAIL, run_began, started_at, with_log
from .._container.requirements import check_sdk
from .._container.spec import ContainerSpec, from_inspect, secrets_of
from .containers import REHEARSAL_LABEL, members

_ANY = "any"  # of GPUs that are asked for by their count
_AMD = "/dev/kfd"


def run(module: AnsibleModule) -> None:
    """Rehearse the programs of `module.params`, or in check mode say which would be started, and end the module."""
    check_sdk(module)
    params = module.params
    work = _Rehearsal(module, Engine(params))
    try:
        for program in params["programs"]:
            program["container"] = _validated(program)
            module.no_log_values.update(converge.secrets(program["container"]))
        wanted = work.wanted()
        if module.check_mode:
            module.exit_json(changed=bool(wanted), programs=[_foreseen(one) for one in params["programs"]])
        module.exit_json(changed=bool(wanted), programs=work.carry_out(wanted))
    except (EngineError, OSError, ValueError) as error:
        module.fail_json(msg=str(error))


def _validated(program: dict[str, Any]) -> dict[str, Any]:
    result = ArgumentSpecValidator(SIDECAR).validate(program["container"])
    if result.error_messages:
        raise ValueError(f"programs: {program['name']}: {'; '.join(result.error_messages)}")
    validated: dict[str, Any] = result.validated_parameters
    return validated


def _foreseen(program: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": program["name"],
        "state": "none",
        "container": program["container"]["name"],
        "image": program["container"]["image"],
        "model_dir": program["rehearsal_dir"],
        "exit_code": None,
        "seconds": 0,
        "log": [],
        "failure": "",
    }


class _Rehearsal:
    """The containers of one run of the module."""

    def __init__(self, module: AnsibleModule, engine: Engine) -> None:
        self._module, self._engine, self._params = module, engine, module.params

    def wanted(self) -> list[ContainerSpec]:
        """The containers of the programs. Raises OptionError for options that cannot be used, EngineError where others are in the way."""
        params, host = self._params, Host()
        check_engine(params, host)
        specs = []
        for program in params["programs"]:
            ml, prefix = program["container"], f"programs: {program['name']}: "
            if not program["model_dir"]:
                right = f"have no directory at {program['model_mount']}, model_mount of swarm_training, in the place of which the rehearsal has its own"
                raise OptionError(f"{prefix}volumes", None, f"{right}; mount the model directory there")
            # In check mode, what the run would create is not there yet.
            check_program({**ml, "volumes": []} if self._module.check_mode else ml, prefix, host)
            made = ml_alone(component_of(params["release"], "sl"), ml, params["release"], host, Lookup(self._engine, params["release"]))
            own = parse_mount(f"{program['rehearsal_dir']}:{program['model_mount']}")
            labels = {**made.labels, REHEARSAL_LABEL: program["name"]}
            specs.append(replace(made, mounts=tuple(sorted((*made.mounts, own))), labels=labels))
        found = conflicts(specs, self._there())
        if found:
            raise EngineError("; ".join(found))
        return specs

    def _there(self) -> list[tuple[ContainerSpec, bool]]:
        """The ML containers of this host, and whether each runs."""
        inspects = [self._engine.inspect(summary["Id"]) for component, _release, summary in members(self._engine) if component == "ml"]
        return [(from_inspect(inspect), bool(inspect["State"].get("Running"))) for inspect in inspects if inspect]

    def carry_out(self, specs: list[ContainerSpec]) -> list[dict[str, Any]]:
        """Start all, wait for each, remove them; how each has ended, as the module returns it."""
        deadline = time.monotonic() + self._params["wait_timeout"]
        programs = dict(zip((spec.name for spec in specs), self._params["programs"]))
        try:
            begun = {spec.name: self._begin(spec, programs[spec.name]) for spec in specs}
            return [self._ended(programs[name], problem, deadline) for name, problem in begun.items()]
        finally:
            for spec in specs:
                self._engine.remove(spec.name)

    def _begin(self, spec: ContainerSpec, program: dict[str, Any]) -> str:
        """Start one; why it could not be started, or nothing."""
        try:
            self._lay(program)
            self._engine.remove(spec.name)  # of a run that was cut off
            if not self._engine.image(spec.image):
                self._engine.pull(spec.image)
            self._engine.create(spec)
            self._engine.start(spec.name)
        except (EngineError, OSError) as error:
            return str(error)
        return ""

    def _lay(self, program: dict[str, Any]) -> None:
        """Give the program a copy of the model directory, without the models of trainings."""
        directory, user = program["rehearsal_dir"], program["container"]["user"]
        if os.path.isdir(directory):
            shutil.rmtree(directory)
        os.makedirs(os.path.dirname(directory), exist_ok=True)
        copy(program["model_dir"], directory, self._params["saved"])
        if user:
            owner, _colon, group = user.partition(":")
            self._module.set_owner_if_different(directory, owner, False)
            self._module.set_group_if_different(directory, group or None, False)

    def _ended(self, program: dict[str, Any], problem: str, deadline: float) -> dict[str, Any]:
        foreseen = _foreseen(program)
        if problem:
            return {**foreseen, "state": "failed", "failure": problem}
        name = program["container"]["name"]
        with contextlib.suppress(EngineError):  # it still runs; or the engine is away, and says so next
            self._engine.wait(name, max(1, round(deadline - time.monotonic())))
        inspect = self._engine.inspect(name)
        if inspect is None:
            return {**foreseen, "state": "failed", "failure": f"somebody removed container {name} before it had ended"}
        saved = os.path.join(program["rehearsal_dir"], self._params["saved"])
        state, why = verdict(inspect["State"], self._params["wait_timeout"], saved, has_files(saved))
        log = mask(self._engine.log_tail(inspect["Id"], TAIL), secrets_of(inspect)).splitlines()
        return {
            **foreseen,
            "state": state,
            "exit_code": None if state == "late" else inspect["State"].get("ExitCode"),
            "seconds": round((time.time() if state == "late" else run_began(inspect)) - started_at(inspect)),
            "log": log,
            "failure": with_log(f"container {name} {why}", self._engine, inspect) if why else "",
        }


def verdict(state: dict[str, Any], limit: int, saved: str, has_model: bool) -> tuple[str, str]:
    """(`finished`, `failed` or `late`, why in words) of a container by the engine's `State`.

    limit: the seconds that were waited. saved: where the program's model is expected; has_model: whether it is there.
    """
    if state.get("Running"):
        return "late", f"did not end within {limit} s: raise sl_rehearsal_minutes, or let the program train less in a rehearsal"
    if state.get("OOMKilled"):
        return "failed", "ran out of memory: raise memory of the ML container, or let the program need less (smaller batches)"
    if state.get("ExitCode"):
        return "failed", f"ended with exit code {state['ExitCode']}"
    if not has_model:
        right = "let the program save its model there (below the directory in its variable MODEL_DIR), or set sl_models to where it does"
        return "failed", f"ended well, but left no file in {saved}: {right}"
    return "finished", ""


def conflicts(wanted: Iterable[ContainerSpec], there: Iterable[tuple[ContainerSpec, bool]]) -> list[str]:
    """Why these containers cannot be started beside those that are there (with whether each runs), in sentences."""
    found = []
    for one in wanted:
        for other, runs in there:
            why = _in_the_way(one, other, runs)
            if why:
                found.append(f"{one.labels[REHEARSAL_LABEL]}: container {other.name} {why}")
    return found


def _in_the_way(one: ContainerSpec, other: ContainerSpec, runs: bool) -> str:
    if other.name == one.name and REHEARSAL_LABEL not in other.labels:
        return "has the name that the rehearsal's container would have; rename or remove it"
    if not runs:
        return ""
    if other.name == one.name:
        return "is this program in another rehearsal, which still runs; wait for its end, or remove the container"
    ended = "wait until its training has ended (playbook training_status), or end it (playbook training_abort)"
    if one.hostname and other.hostname == one.hostname:
        return f"is this program in a training; {ended}"
    shared = _shared(gpus_of(one), gpus_of(other))
    return f"has {shared}, which the rehearsal needs; {ended}" if shared else ""


def gpus_of(spec: ContainerSpec) -> frozenset[str]:
    """The GPUs of a container: their numbers or IDs, and `any` where it has all or some."""
    if any(device.partition(":")[0] == _AMD for device in spec.devices):
        return frozenset({_ANY})
    names = [name.rpartition("=")[2] for name in spec.gpus.split(",") if name]
    named = "=" in spec.gpus and "all" not in names
    return frozenset(names if named else [_ANY] if names else [])


def _shared(one: frozenset[str], other: frozenset[str]) -> str:
    """Which GPUs both have, in words; empty if none."""
    if not one or not other:
        return ""
    both = one & other - {_ANY}
    return f"GPU {', '.join(sorted(both))}" if both else "GPUs" if _ANY in one | other else ""


def copy(source: str, target: str, saved: str) -> None:
    """Copy a directory with the owners of its files, without `saved`, a path in it, and without what was set aside of that."""
    top, name = os.path.split(os.path.normpath(os.path.join(source, saved)))

    def left_out(directory: str, names: list[str]) -> list[str]:
        return [each for each in names if each == name or each.startswith(f"{name}.")] if os.path.normpath(directory) == top else []

    shutil.copytree(source, target, symlinks=True, ignore=left_out)
    for directory, directories, files in os.walk(target):
        for path in (directory, *(os.path.join(directory, each) for each in (*directories, *files))):
            there = os.lstat(os.path.join(source, os.path.relpath(path, target)))
            os.chown(path, there.st_uid, there.st_gid, follow_symlinks=False)


def has_files(directory: str) -> bool:
    """Whether a file is in the directory or below it."""
    return any(files for _directory, _directories, files in os.walk(directory))
