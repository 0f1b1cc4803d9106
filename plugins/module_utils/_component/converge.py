# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The path that all component modules share: parameters → specs → plan → apply → wait → result (private to the collection)."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Optional

from ansible.module_utils.basic import AnsibleModule

from .._container import podman
from .._container import spec as _spec
from .._container.apply import Apply, aside_of
from .._container.engine import Engine, EngineError
from .._container.host import Host
from .._container.masking import SECRET_NAMES, passwords_in_urls, secret_words
from .._container.plan import Observed, Plan, Step, plan
from .._container.readiness import NotReady, check_alive, is_ready, started_at, still_coming_up, wait_ready
from .._container.ready_signal import Ready
from .._container.requirements import check_sdk
from .._container.spec import ContainerSpec
from .._releases import ON_PODMAN, SAME, Component
from . import arguments
from .check import check, component_of
from .check_container import OptionError
from .lookup import Lookup
from .translate import image_of, sidecar_name, translate

if TYPE_CHECKING:
    Facts = Callable[[Engine, Host, dict[str, Any], Optional[dict[str, Any]]], dict[str, Any]]
    Judge = Callable[[Engine, dict[str, Any], ContainerSpec], None]
    _Pair = tuple[Optional[ContainerSpec], Optional[Observed]]

FAILURES = (OptionError, EngineError, NotReady)
_NETWORK_ID = re.compile(r"[0-9a-f]{12,64}")
_LEAST_SECRET = 6  # characters; shorter ones also match too much that is not secret
_CONFIGURATION_FILES = (".conf", ".hcl", ".json", ".pem", ".yaml", ".yml")


def run(module: AnsibleModule, name: str, facts: Facts | None = None, judge: Judge | None = None) -> None:
    """Converge one component and end the module.

    name   the component, as `_releases` calls it
    facts  (engine, host, params, inspect) → further values for the result
    judge  (engine, inspect, wanted), called before anything is touched; raises OptionError if the existing container cannot become the wanted one
    """
    check_sdk(module)
    module.no_log_values.update(secrets(module.params))
    host, engine = Host(), Engine(module.params)
    work = _Convergence(name, module.params, host, engine, module.check_mode, judge)
    try:
        result = _result(work, facts)
    except FAILURES as error:
        module.fail_json(msg=str(error), actions=[str(step) for step in work.done])
    if not module._diff:
        result.pop("diff")
    module.exit_json(**result)


def foresee(engine: Engine, name: str, params: dict[str, Any], facts: Facts | None = None, judge: Judge | None = None) -> dict[str, Any]:
    """The result that `run` has in check mode, with a wait for a container that is not ready yet among its actions. Raises one of FAILURES."""
    work = _Convergence(name, params, Host(), engine, True, judge)
    result = _result(work, facts)
    if not result["changed"] and work.comes_up():
        result["actions"].append(f"wait for {params['name']}")
    return result


def _result(work: _Convergence, facts: Facts | None) -> dict[str, Any]:
    result = work.run()
    if facts:
        result.update(facts(work.engine, work.host, work.params, work.inspects.get(work.params["name"])))
    return result


def secrets(params: dict[str, Any]) -> set[str]:
    """Secrets in env, labels, log options and commands; Ansible removes them from all output of the module."""
    found = {secret for container in (params, params.get("ml") or {}) for secret in (*_secret_values(container), *_secret_words(container))}
    return {secret for secret in found if len(secret) >= _LEAST_SECRET}


def _secret_values(container: dict[str, Any]) -> Iterator[str]:
    for option in ("env", "labels", "log_options"):
        for name, value in (container.get(option) or {}).items():
            yield from passwords_in_urls(str(value))
            if SECRET_NAMES.search(name):
                yield str(value)


def _secret_words(container: dict[str, Any]) -> Iterator[str]:
    for option in ("entrypoint", "command"):
        words = container.get(option) or []
        yield from secret_words(words.split() if isinstance(words, str) else words)


class _Convergence:
    """One run of a component module.

    asked   the specs according to the parameters, which the engine is asked for
    wanted  the same with the defaults of their images, which the engine then reports; empty for state absent
    """

    def __init__(self, name: str, params: dict[str, Any], host: Host, engine: Engine, check_mode: bool, judge: Judge | None) -> None:
        self.params, self.host, self.engine, self.check_mode, self.judge = params, host, engine, check_mode, judge
        self.component_name = name
        self.asked: list[ContainerSpec] = []
        self.wanted: list[ContainerSpec] = []
        self.inspects: dict[str, Any] = {}
        self.asides: dict[str, Any] = {}
        self.done: list[Step] = []

    def run(self) -> dict[str, Any]:
        """The module's result: changed, container, actions, diff."""
        params = self.params
        pulls = [] if params["state"] == "absent" else self._want()
        pairs = self._pairs()
        wanted, there = pairs[0]
        if self.judge and wanted and there:
            self.judge(self.engine, self.inspects[params["name"]], wanted)
        made = plan(pairs, params["state"], self._defaults(), params["recreate"])
        if self.wanted and not params["recreate"]:
            check_kept(self.component, made, there)
        made, held = made.held(pairs) if params["hold"] else (made, ())
        if not self.check_mode:
            self._converge(made, pairs)
        main = self.inspects.get(params["name"])
        fact = re.sub(r"\W", "_", f"swarm_held_{self.component_name}_{params['name']}")
        return {
            # For the report at the end of a run, which lists what all roles left undone.
            **({"ansible_facts": {fact: [str(step) for step in held]}} if held else {}),
            "changed": bool(pulls) or made.changed,
            "actions": [str(step) for step in (*pulls, *made.steps)],
            "container": _spec.mask_inspect(main) if main else {},
            "held": [str(step) for step in held],
            "diff": {"before": _lines(made.before), "after": _lines(made.after)},
        }

    def _want(self) -> list[Step]:
        """Fill `asked` and `wanted`; the pulls that changed or would change something."""
        params = self.params
        self.component = component_of(params["release"], self.component_name)
        check(
            self.component_name,
            self.component,
            params,
            set(params) - {*arguments.CONTAINER, *arguments.RESULT, *arguments.COMPARED, *arguments.SCRIPT},
            self.host,
        )
        # Images first: any answer shows which engine it is, which the translation must know.
        references = [image_of(self.component, params), *([params["ml"]["image"]] if params.get("ml") else [])]
        images = {reference: self.engine.image(reference) for reference in references}
        if params["release"] not in ON_PODMAN and self.engine.podman:
            right = f"does not support Podman, which is the engine at {self.engine.address}; supported in: {', '.join(ON_PODMAN)}"
            raise OptionError("release", params["release"], right)
        asked = translate(self.component_name, self.component, params, self.host, Lookup(self.engine, params["release"]))
        self.asked = [_spec.with_asked_label(replace(one, network=self._network_name(one.network))) for one in asked]
        pulls = []
        for reference, image in images.items():
            images[reference], pulled = self._pulled(reference, image)
            if pulled:
                pulls.append(Step("pull", reference))
        self.wanted = [self._over_image(asked, images[asked.image]) for asked in self.asked]
        self.asked = [replace(asked, image_id=wanted.image_id) for asked, wanted in zip(self.asked, self.wanted)]
        return pulls

    def _network_name(self, network: str) -> str:
        """The name of a network that goes by its ID, as the engine lists a container's networks by their names."""
        found = self.engine.network(network) if _NETWORK_ID.fullmatch(network) else None
        name: str = found["Name"] if found else network
        return name

    def _pulled(self, reference: str, image: dict[str, Any] | None) -> tuple[dict[str, Any] | None, bool]:
        """(the image, or None if check mode did not pull it; whether the pull changes something), before anything is touched."""
        pull = self.params["pull"]
        if image is None and pull == "never":
            raise EngineError(f"image {reference} does not exist on this host, and pull is never; load the image, or set pull: missing")
        if image is not None and (pull != "always" or reference.startswith("sha256:")):
            return image, False
        if self.check_mode:
            same = image is not None and self.engine.registry_has(reference, image)
            return (image, False) if same else (None, True)
        self.engine.pull(reference)
        pulled: Any = self.engine.image(reference)
        return pulled, image is None or pulled["Id"] != image["Id"]

    def _over_image(self, asked: ContainerSpec, image: dict[str, Any] | None) -> ContainerSpec:
        if image:
            return _spec.over_image(asked, image)
        # In check mode, before the pull: the image of the existing container is the best guess for the new one.
        inspect = self.engine.inspect(asked.name)
        guess = self.engine.image(inspect["Image"]) if inspect else None
        return replace(_spec.over_image(asked, guess), image_id="") if guess else asked

    # --- what exists -----------------------------------------------------------------------------------------------

    def _pairs(self) -> list[_Pair]:
        """(wanted, Observed) of the containers that belong together; None for what does not exist or is not wanted."""
        main, sidecar = self.params["name"], sidecar_name(self.params)
        wanted = {spec.name: spec for spec in self.wanted}
        pairs: list[_Pair] = [(wanted.get(main), self._observe(main, main))]
        if self.component_name != "sl":
            return pairs
        has_name = not wanted and bool((self.params.get("ml") or {}).get("name"))
        if sidecar in wanted or has_name:
            pairs.append((wanted.get(sidecar), self._observe(sidecar, main)))
        if len(pairs) == 1 or pairs[1][1] is None:
            pairs += self._former_sidecars(sidecar, main, pairs[0][1])
        return pairs

    def _former_sidecars(self, sidecar: str, main: str, there: Observed | None) -> list[_Pair]:
        """The sidecars that earlier runs created for the main container, not containers that only have such a name."""
        made_as_pair = there is not None and (not self.wanted or _has_any(self.component.pair_environment, there.spec.env))
        if self.wanted and not made_as_pair:
            return []
        labelled = self._labelled_sidecars()
        found: list[_Pair] = []
        for name in dict.fromkeys((sidecar, *labelled)):
            if name in self.inspects:
                continue
            beside = self._observe(name, main)
            leans_on_main = beside is not None and beside.spec.volumes_from == (main,) and (name in labelled or made_as_pair)
            if leans_on_main or (there is None and name == sidecar and name in labelled):
                found.append((None, beside))
            else:
                self.inspects.pop(name)
        return found

    def _labelled_sidecars(self) -> list[str]:
        summaries = self.engine.containers({"label": [f"{_spec.COMPONENT_LABEL}=ml"]})
        return [summary["Names"][0].lstrip("/") for summary in summaries if summary["Names"]]

    def _observe(self, name: str, main: str) -> Observed | None:
        inspect, aside = self.engine.inspect(name), None
        if inspect is None or aside_label(inspect) or not inspect["State"].get("Running"):
            aside = self.engine.inspect(aside_of(name))
        if inspect is None and aside:
            inspect, aside = (aside, None) if self.check_mode else self._take_back(name, aside)
        self.inspects[name], self.asides[name] = inspect, aside
        if inspect is None:
            return None
        there = replace(_spec.from_inspect(inspect), name=name)
        if name != main and self.inspects.get(main):
            there = _by_name(there, self.inspects[main]["Id"], main)
        stale = name == main and bool(self.wanted) and self._is_stale(inspect)
        status = podman.status(inspect["State"]["Status"])
        fixed = podman.fixed(status) if self.engine.podman else frozenset()
        return Observed(there, status, stale, aside is not None, fixed)

    def _take_back(self, name: str, aside: dict[str, Any]) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
        """Give the old container, which an interrupted run had set aside, its name again: (what exists now, what is set aside).

        The engine may still be creating the container that the interrupted run requested last: its name is reserved, but it does not exist yet.
        """
        deadline = time.monotonic() + self.params["timeout"]
        while True:
            try:
                self.engine.rename(aside_of(name), name)
            except EngineError:
                late = self.engine.inspect(name)
                if late:
                    return late, aside
                if time.monotonic() > deadline:
                    raise
            else:
                return self.engine.inspect(name), None

    def _is_stale(self, inspect: dict[str, Any]) -> bool:
        if inspect["State"].get("StartedAt", "0001").startswith("0001"):
            return False
        started = started_at(inspect)
        return any(self.host.modified(path, suffixes) > started for path, suffixes in self._configuration_files())

    def _configuration_files(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        if self.params["restart_after"] and self.host.kind(self.params["restart_after"]) == "directory":
            yield self.params["restart_after"], ("",)
        for option in self.component.configuration:
            value, kind = self.params.get(option), self.component.options[option].kind
            if value and kind == "file_in_usr_dir":
                yield os.path.join(self.params["usr_dir"], value), ()
            elif value:
                yield value, () if kind == "directory" else _CONFIGURATION_FILES

    def _defaults(self) -> dict[str, Any]:
        """The engine's own values for what a spec leaves to it."""
        if self.engine.podman:
            return podman.DEFAULTS
        defaults = {**self.host.engine_defaults(), "log_driver": "json-file"}
        drivers = {inspect["HostConfig"]["LogConfig"]["Type"] for inspect in self.inspects.values() if inspect}
        if drivers - {"json-file"} and any(wanted.log_driver is None for wanted in self.wanted):
            defaults["log_driver"] = self.engine.info()["LoggingDriver"]
        return defaults

    # --- what is done ----------------------------------------------------------------------------------------------

    def _converge(self, made: Plan, pairs: list[_Pair]) -> None:
        apply = Apply(self.engine, self.asked, pairs, self.inspects, bool(self.wanted) and self.component.info_file)
        self.done = apply.done
        apply.run(made, lambda: self._wait(made), self.params["stop_timeout"])
        if made.changed:
            self.inspects = {name: self.engine.inspect(name) for name in self.inspects}

    def _wait(self, made: Plan) -> None:
        params = self.params
        if not params["wait"] or params["state"] in ("absent", "stopped"):
            return
        name, timeout = params["name"], params["wait_timeout"] or self.component.wait_timeout
        began = {step.name for step in made.steps if step.kind in ("start", "restart")}
        if name in began or self.asides.get(name):
            wait_ready(self.engine, self.engine.inspect(name), self._signal(), timeout)
            for beside in began - {name}:
                check_alive(self.engine, self.engine.inspect(beside))
        elif self.comes_up():
            wait_ready(self.engine, self.inspects[name], still_coming_up(self._signal()), timeout)

    def comes_up(self) -> bool:
        """Whether a container to be started is as wanted, but not ready yet: an earlier run may have ended before it was."""
        if not self.params["wait"] or self.params["state"] != "started":
            return False
        inspect = self.inspects[self.params["name"]]
        # One that replaced another was ready, because the other no longer exists.
        return not aside_label(inspect) and not is_ready(self.engine, inspect, still_coming_up(self._signal()))

    def _signal(self) -> Ready:
        for option, signal in self.component.ready_by.items():
            if self.params.get(option):
                return replace(signal, port=self.params[option]) if signal.port == SAME else signal
        return self.component.ready


def check_kept(component: Component, made: Plan, there: Observed | None) -> None:
    """Raise OptionError for a plan that re-creates a container without a request, and loses what is kept only inside it."""
    lost = any(step.kind in ("remove", "set aside") for step in made.steps)
    if component.kept_inside and lost and there and there.status != "created":
        differing = ", ".join(sorted({*made.before[there.spec.name], *made.after[there.spec.name]} - {"state"}))
        raise OptionError(
            "recreate",
            False,
            f"protects the {component.kept_inside} of {there.spec.name}, which this release keeps in the "
            "container itself, but the container would have to be "
            f"re-created for {differing}; undo the change, or set recreate: true for one run and then install "
            f"the {component.kept_inside} again",
        )


def aside_label(inspect: dict[str, Any]) -> str:
    """The ID of the container that this one replaced; empty for a first one."""
    replaced: str = (inspect["Config"].get("Labels") or {}).get(f"{_spec.OWN_LABEL}replaces", "")
    return replaced


def _has_any(pairs: dict[str, str], env: dict[str, str]) -> bool:
    return bool(set(pairs.items()) & set(env.items()))


def _by_name(there: ContainerSpec, main_id: str, main: str) -> ContainerSpec:
    """A sidecar's spec in which its main container has its name instead of its ID, as in a playbook."""

    def named(text: str) -> str:
        return text.replace(main_id, main)

    return replace(
        there,
        volumes_from=tuple(map(named, there.volumes_from)),
        network=named(there.network),
        pid_mode=named(there.pid_mode),
    )


def _lines(shown: dict[str, dict[str, Any]]) -> str:
    """One line per option that differs, from what `Plan` shows."""
    lines: list[str] = []
    for name, facts in shown.items():
        prefix = f"{name} " if len(shown) > 1 else ""
        lines += [f"{prefix}{fact}: {_line(value)}" for fact, value in sorted(facts.items())]
    return "".join(line + "\n" for line in lines)


def _line(value: object) -> object:
    if isinstance(value, list):
        return ", ".join(str(item) for item in value) or "(none)"
    return "(none)" if value in ("", None) else value
