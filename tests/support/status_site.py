# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What swarm_info and swarm_training_info find on the hosts of a site: healthy, to be broken by tests."""

from __future__ import annotations

from typing import Any

from ansible_collections.swarm.learning.plugins.plugin_utils._status import site

NOW = 1_800_000_000
DAY = 86400
AWAY = {"unreachable": True, "msg": "Failed to connect to the host via ssh: no route to host"}
BROKEN = {"failed": True, "msg": "the engine does not answer"}
RUNS = {"state": "running", "ready": True, "exit_code": None, "uptime": 3600, "started_at": NOW - 3600, "finished_at": None}
ENDED = {"state": "exited", "ready": False, "exit_code": 0, "uptime": 0, "started_at": NOW - 3600, "finished_at": NOW - 60}


def container(component: str, number: int = 1, **facts: Any) -> dict[str, Any]:
    """A container as swarm_info describes it."""
    release = "1.8.4" if component.startswith("spire") else "2.3.0"
    common = {
        "name": f"{component.replace('_', '-')}-{number}",
        "component": component,
        "release": release,
        "image": f"hub.example/swarm-learning/{component}:{release}",
        "image_id": f"sha256:{component.encode().hex():0<64}",
        "digest": f"sha256:{component.encode().hex():f<64}",
        "health": "",
        "ports": [],
        "networks": {"swarm": f"172.18.0.{number + 1}"},
        "restarts": 0,
        "identity": {},
    }
    return {**common, **RUNS, **facts}


def host(organisation: str, *more: dict[str, Any]) -> dict[str, Any]:
    """What swarm_info returns of a host with one node of each kind, and more."""
    identity = {"spiffe_id": f"spiffe://{organisation}/swarm/sn", "expires_at": NOW + 13 * DAY}
    own = [
        container("spire_server", ports=["8443:8443"]),
        container("spire_agent"),
        container("sn", ports=["30303:30303", "30304:30304"], identity=identity),
        container("swop"),
        *(container(component, number) for number in (1, 2) for component in ("sl", "ml")),
    ]
    return {"containers": [*more, *own], "problems": []}


def training(state: str = "running", failure: str = "") -> dict[str, Any]:
    """What swarm_training_info returns of a host with two ML containers."""
    node = {
        "component": "ml",
        "state": state,
        "trains": state == "running",
        "round": 3,
        "epoch": 3,
        "epochs": 9,
        "peers": 4,
        "loss": 0.31,
        "losses": [0.9, 0.5, 0.31],
    }
    nodes = [{**node, "name": f"ml-{number}", "line": "merged the models of 4 peers"} for number in (1, 2)]
    return {"in_progress": state == "running", "reasons": [], "nodes": nodes, "taskrunner": {}, "failure": failure}


class Site:
    """Organisations with hosts, to be changed before it is looked at."""

    def __init__(self, organisations: int = 2, hosts: int = 1) -> None:
        self.organisations: dict[str, str] = {}
        self.found: dict[str, dict[str, Any]] = {}
        for number in range(organisations * hosts):
            name, organisation = f"host-{number + 1:0{len(str(organisations * hosts))}}", f"org{number // hosts + 1}.example"
            self.organisations[name] = organisation
            self.found[name] = host(organisation, *([] if number else [container("apls", ports=["5814:5814"], health="healthy")]))
        self.trainings = {name: training() for name in self.found}

    def change(self, name: str, component: str, **facts: Any) -> None:
        """Change what is found of the first container of a component."""
        next(one for one in self.found[name]["containers"] if one["component"] == component).update(facts)

    def lose(self, name: str, result: dict[str, Any]) -> None:
        """Let a host say nothing but a failure."""
        self.found[name], self.trainings[name] = result, {}

    def state(self) -> dict[str, Any]:
        """What the report makes of it."""
        return site.site(self.found, self.trainings, self.organisations, NOW)
