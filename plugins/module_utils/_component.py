# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The path that all component modules share: parameters → specs → plan → apply → wait → result (private to the collection)."""

from __future__ import annotations

import os
import time
from dataclasses import replace

from ansible.module_utils.basic import missing_required_lib
from ansible_collections.swarm.learning.plugins.module_utils import _arguments, _spec
from ansible_collections.swarm.learning.plugins.module_utils._check import OptionError, check, component_of
from ansible_collections.swarm.learning.plugins.module_utils._engine import DOCKER_IMPORT_ERROR, Engine, EngineError
from ansible_collections.swarm.learning.plugins.module_utils._host import Host
from ansible_collections.swarm.learning.plugins.module_utils._lookup import Lookup
from ansible_collections.swarm.learning.plugins.module_utils._plan import Observed, Plan, Step, plan
from ansible_collections.swarm.learning.plugins.module_utils._readiness import NotReady, started_at, wait_ready
from ansible_collections.swarm.learning.plugins.module_utils._translate import translate

INFO_FILE = "/tmp/container_info_file"
_CONFIGURATION_FILES = (".conf", ".hcl", ".json", ".yaml", ".yml")


def run(module, name, facts=None):
    """Converge one component and end the module.

    name   the component, as `_releases` calls it
    facts  (engine, host, params, inspect) → further values for the result
    """
    if DOCKER_IMPORT_ERROR:
        module.fail_json(msg=missing_required_lib("docker"), exception=DOCKER_IMPORT_ERROR)
    host, engine = Host(), Engine(module.params)
    work = _Convergence(name, module.params, host, engine, module.check_mode)
    try:
        result = work.run()
        if facts:
            result.update(facts(engine, host, module.params, work.inspects.get(module.params["name"])))
    except (OptionError, EngineError, NotReady) as error:
        module.fail_json(msg=str(error), actions=[str(step) for step in work.done])
    if not module._diff:
        result.pop("diff")
    module.exit_json(**result)


class _Convergence:
    """One run of a component module."""

    def __init__(self, name, params, host, engine, check_mode):
        self.params, self.host, self.engine, self.check_mode = params, host, engine, check_mode
        self.component_name = name
        self.component = component_of(params["release"], name) if params["state"] != "absent" else None
        self.wanted, self.images, self.inspects, self.asides, self.done = [], {}, {}, {}, []

    def run(self):
        """The module's result: changed, container, actions, diff."""
        params = self.params
        pulls = []
        if params["state"] == "absent":
            names = [params["name"]]
            if self.component_name == "sl":
                names.append((params.get("ml") or {}).get("name") or f"{params['name']}-ml")
            pairs = [(None, self._observe(name)) for name in names]
            pairs = [pair for pair in pairs if pair[1]]
        else:
            own = set(params) - set(_arguments.CONTAINER)
            check(self.component_name, self.component, params, own, self.host)
            lookup = Lookup(self.engine, params["release"])
            self.wanted = translate(self.component_name, self.component, params, self.host, lookup)
            pulls = self._images()
            self.wanted = [self._over_image(wanted) for wanted in self.wanted]
            pairs = [(wanted, self._observe(wanted.name, wanted)) for wanted in self.wanted]
        made = plan(pairs, params["state"], self._defaults(), params["recreate"]) if pairs else Plan()
        leftovers = [Step("remove", aside, "left by an interrupted run") for aside in self.asides]
        steps = (*pulls, *made.steps, *leftovers)
        if not self.check_mode:
            self._apply(made, pairs)
            if made.changed:
                self.inspects = {n: self.engine.inspect(n) for n in self.inspects}
        main = self.inspects.get(params["name"])
        return {
            "changed": bool(steps),
            "actions": [str(step) for step in steps],
            "container": _spec.mask_inspect(main) if main else {},
            "diff": {"before": _lines(made.before), "after": _lines(made.after)},
        }

    # --- what is there ---------------------------------------------------------------------------------------------

    def _images(self):
        """Pull what must be pulled, before anything is touched; the steps that changed or would change something."""
        steps = []
        for reference in dict.fromkeys(wanted.image for wanted in self.wanted):
            image = self.engine.image(reference)
            pull = self.params["pull"]
            if image is None and pull == "never":
                raise EngineError(f"image {reference} is not on this host, and pull is never; load it, or allow pull: missing")
            if (image is None or pull == "always") and not self.check_mode:
                self.engine.pull(reference)
                pulled = self.engine.image(reference)
                if image is None or pulled["Id"] != image["Id"]:
                    steps.append(Step("pull", reference))
                image = pulled
            elif image is None:
                steps.append(Step("pull", reference))
            self.images[reference] = image
        return steps

    def _over_image(self, wanted):
        image = self.images[wanted.image]
        return _spec.over_image(wanted, image) if image else wanted

    def _observe(self, name, wanted=None):
        inspect = self.engine.inspect(name)
        replaced = inspect and f"{_spec.OWN_LABEL}replaces" in (inspect["Config"].get("Labels") or {})
        if inspect is None or replaced or not inspect["State"].get("Running"):
            inspect = self._interrupted(name, inspect)
        self.inspects[name] = inspect
        if inspect is None:
            return None
        there = replace(_spec.from_inspect(inspect), name=name)
        return Observed(there, inspect["State"]["Status"], stale=bool(wanted) and self._stale(inspect))

    def _interrupted(self, name, inspect):
        """Take up what a killed run left: the old container that it had set aside."""
        aside = self.engine.inspect(_aside(name))
        if aside is None:
            return inspect
        if inspect is None:
            if not self.check_mode:
                self.engine.rename(_aside(name), name)
                return self.engine.inspect(name)
            return aside
        self.asides[_aside(name)] = True
        return inspect

    def _stale(self, inspect):
        if not inspect["State"].get("StartedAt", "0001").startswith("0001"):
            started = started_at(inspect)
            return any(self._modified(path) > started for path in self._configuration_files())
        return False

    def _configuration_files(self):
        for option in self.component.configuration:
            value = self.params.get(option)
            if value and self.component.options[option].kind == "file_in_usr_dir":
                yield os.path.join(self.params["usr_dir"], value)
            elif value:
                yield value

    def _modified(self, path):
        return self.host.modified(path, _CONFIGURATION_FILES)

    def _defaults(self):
        """The engine's own values for what a spec leaves to it."""
        log_driver = "json-file"
        if any(i and i["HostConfig"]["LogConfig"]["Type"] != log_driver for i in self.inspects.values()) and any(
            w.log_driver is None for w in self.wanted
        ):
            log_driver = self.engine.info()["LoggingDriver"]
        return {
            "cgroupns": self.host.default_cgroupns(),
            "log_driver": log_driver,
            "log_options": self.host.default_log_options(),
        }

    # --- what is done ----------------------------------------------------------------------------------------------

    def _apply(self, made, pairs):
        was_running = {there.spec.name: there.running for _wanted, there in pairs if there}
        set_aside = {aside.removesuffix(_ASIDE): True for aside in self.asides}
        try:
            for step in made.steps:
                if not step.detail.startswith("the old one"):
                    self._do(step, made, set_aside)
                    self.done.append(step)
            self._wait(made)
        except BaseException:
            self._bring_back(set_aside, was_running)
            raise
        for name in set_aside:
            self.engine.remove(_aside(name))

    def _do(self, step, made, set_aside):
        engine, name = self.engine, step.name
        wanted = next((w for w in self.wanted if w.name == name), None)
        if step.kind == "create":
            if set_aside.get(name):
                wanted = replace(wanted, labels={**wanted.labels, f"{_spec.OWN_LABEL}replaces": set_aside[name]})
            container_id = engine.create(wanted)
            if self.component.info_file and name == self.params["name"]:
                engine.put_file(name, INFO_FILE, f"{container_id}\n{wanted.image}\n{wanted.image_id}\n", 0o644)
        elif step.kind == "set aside":
            engine.remove(_aside(name))
            engine.rename(name, _aside(name))
            set_aside[name] = self.inspects[name]["Id"][:12]
        elif step.kind == "update":
            self._update(wanted, step.detail)
        elif step.kind in ("stop", "restart"):
            getattr(engine, step.kind)(name, self.params["stop_timeout"])
        else:
            getattr(engine, step.kind)(name)

    def _update(self, wanted, fact):
        if fact == "memory":
            self.engine.update(wanted.name, {"Memory": wanted.memory, "MemorySwap": 2 * wanted.memory})
        elif fact == "cpus":
            self.engine.update(wanted.name, {"NanoCpus": wanted.cpus})
        elif fact == "restart_policy":
            self.engine.update(wanted.name, {"RestartPolicy": _spec.restart_policy_to_api(wanted.restart_policy)})
        else:
            there = _spec.from_inspect(self.engine.inspect(wanted.name))
            if (there.network, there.network_aliases) != (wanted.network, wanted.network_aliases):
                self.engine.move_network(wanted.name, there.network, wanted.network, wanted.network_aliases)

    def _bring_back(self, set_aside, was_running):
        """The old containers come back under their names, running when they ran."""
        for name in set_aside:
            if self.engine.inspect(_aside(name)) is None:
                continue
            self.engine.remove(name)
            self.engine.rename(_aside(name), name)
        for name in reversed(list(set_aside)):
            if was_running.get(name, True):
                self.engine.start(name)

    def _wait(self, made):
        params = self.params
        if not params["wait"] or params["state"] in ("absent", "stopped"):
            return
        timeout = params["wait_timeout"] or self.component.wait_timeout
        began = {step.name for step in made.steps if step.kind in ("start", "restart")}
        name = params["name"]
        if name in began or (params["state"] == "started" and self._is_young(name, timeout)):
            wait_ready(self.engine, name, self.component.ready, timeout)

    def _is_young(self, name, timeout):
        """Whether a running container may still be coming up: an earlier run may have ended before it was ready."""
        inspect = self.inspects.get(name)
        return bool(inspect) and time.time() - started_at(inspect) < timeout


_ASIDE = ".previous"


def _aside(name):
    return name + _ASIDE


def _lines(shown):
    """One line an option that differs, of what `Plan` shows."""
    lines = []
    for name, facts in shown.items():
        prefix = f"{name} " if len(shown) > 1 else ""
        lines += [f"{prefix}{fact}: {_line(value)}" for fact, value in sorted(facts.items())]
    return "".join(line + "\n" for line in lines)


def _line(value):
    if isinstance(value, list):
        return ", ".join(str(item) for item in value) or "(none)"
    return "(none)" if value in ("", None) else value
