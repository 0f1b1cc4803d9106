# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run of a component finds beside its container, and what it does not re-create."""

from dataclasses import replace

import pytest
from ansible_collections.swarm.learning.plugins.module_utils._component import converge
from ansible_collections.swarm.learning.plugins.module_utils._component.check_container import OptionError
from ansible_collections.swarm.learning.plugins.module_utils._container.plan import Observed, plan
from ansible_collections.swarm.learning.plugins.module_utils._container.spec import COMPONENT_LABEL, to_api
from ansible_collections.swarm.learning.plugins.module_utils._releases import RELEASES

from tests.support import engine_like
from tests.support.machine import CLASSIC, CURRENT, NEWEST, Machine, minimal, parameters, spec, specs

DEFAULTS = {"cgroupns": "private", "log_driver": "json-file", "log_options": {}, "shm_size": 64 * 2**20}


def planned(release, status="running", **changed):
    wanted = spec("apls", release, **changed)
    there = Observed(replace(spec("apls", release), cgroupns="private", log_driver="json-file", shm_size=64 * 2**20), status)
    return plan([(wanted, there)], "started", DEFAULTS), there


def test_licences_that_are_kept_in_the_container_are_not_lost():
    made, there = planned(CLASSIC, env={"A": "1"})
    with pytest.raises(
        OptionError, match=r"recreate: False protects the licences of apls-1, .* re-created for env\.A; .* set recreate: true"
    ):
        converge.check_kept(RELEASES[CLASSIC]["apls"], made, there)


@pytest.mark.parametrize(
    ("release", "status", "changed"),
    [
        (CLASSIC, "running", {}),
        (CLASSIC, "exited", {}),
        (CLASSIC, "created", {"env": {"A": "1"}}),
        (CURRENT[0], "running", {"env": {"A": "1"}}),
    ],
)
def test_changes_that_lose_no_licences_are_made(release, status, changed):
    converge.check_kept(RELEASES[release]["apls"], *planned(release, status, **changed))


class Containers:
    """An engine that only has these containers: their inspects by name."""

    podman = False

    def __init__(self, found):
        self.found = found

    def inspect(self, name):
        return self.found.get(name)

    def containers(self, filters):
        (label,) = filters["label"]
        name, _equals, value = label.partition("=")
        return [{"Names": [f"/{one}"]} for one, inspect in self.found.items() if inspect["Config"]["Labels"].get(name) == value]


SL, ML = specs("sl", **minimal("sl", NEWEST), ml={"image": "user/ml:1"})
OURS, NOBODYS = {COMPONENT_LABEL: "ml"}, {}


def container(made, name, labels=None, **others):
    return engine_like.inspect(name, to_api(replace(made, name=name, labels=labels or NOBODYS, **others)), engine_like.image())


def removed_beside(state, found, **params):
    """Names of the containers that are taken for former sidecars of sl-1."""
    work = converge._Convergence("sl", parameters("sl", state=state, **params), Machine(), Containers(found), True, None)
    if state != "absent":
        work.component, work.wanted = RELEASES[NEWEST]["sl"], specs("sl", **minimal("sl", NEWEST), ml=params.get("ml"))
    return [there.spec.name for wanted, there in work._pairs()[1:] if wanted is None and there]


PAIR = container(SL, "sl-1")
WITHOUT = {"sl-1": container(SL, "sl-1", env={}, mounts=())}
FORMER = [
    # there beside sl-1, state, ml → what is taken for its former sidecar
    ("the derived name, ours", {"sl-1": PAIR, "sl-1-ml": container(ML, "sl-1-ml", OURS)}, "absent", None, ["sl-1-ml"]),
    ("the derived name, by a script", {"sl-1": PAIR, "sl-1-ml": container(ML, "sl-1-ml")}, "absent", None, ["sl-1-ml"]),
    ("only such a name", {"sl-1": PAIR, "sl-1-ml": container(ML, "sl-1-ml", volumes_from=())}, "absent", None, []),
    ("only such a name, without an SL", {"sl-1-ml": container(ML, "sl-1-ml", volumes_from=())}, "absent", None, []),
    ("ours, whose SL is gone", {"sl-1-ml": container(ML, "sl-1-ml", OURS)}, "absent", None, ["sl-1-ml"]),
    ("a name of its own, ours", {"sl-1": PAIR, "own": container(ML, "own", OURS)}, "absent", None, ["own"]),
    ("another SL's", {"sl-1": PAIR, "own": container(ML, "own", OURS, volumes_from=("sl-2",))}, "absent", None, []),
    ("renamed", {"sl-1": PAIR, "own": container(ML, "own", OURS)}, "started", {"image": "user/ml:1", "name": "new"}, ["own"]),
    ("no longer wanted", {"sl-1": PAIR, "own": container(ML, "own", OURS)}, "started", None, ["own"]),
    ("an SL that had none", {**WITHOUT, "own": container(ML, "own", OURS)}, "started", None, []),
    ("as wanted", {"sl-1": PAIR, "own": container(ML, "own", OURS)}, "started", {"image": "user/ml:1", "name": "own"}, []),
]


@pytest.mark.parametrize(("found", "state", "ml", "expected"), [row[1:] for row in FORMER], ids=[row[0] for row in FORMER])
def test_former_sidecars(found, state, ml, expected):
    assert removed_beside(state, found, ml=ml) == expected
