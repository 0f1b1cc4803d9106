# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SN nodes of two organisations on loopback: real mutual TLS, one state, a License Server."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from swarmlab import apls, environment, node, sn
from swarmlab.licence import Licence
from swarmlab.process import Refusal
from swarmlab.web import Client, Failed, Server

from tests.support.lab_certificates import Authority

ONE, TWO = Authority("org1.test"), Authority("org2.test")
TASK = {
    "Name": "build",
    "TaskType": "MAKE_USER_CONTAINER",
    "Author": "org1",
    "Prereq": "ROOTTASK",
    "Outcome": "ml:1",
    "Body": {"BuildContext": None, "BuildType": "INLINE", "BuildSteps": ["FROM base"]},
}
RUNNER, CONTRACT = "/taskrunners/defaulttaskbb.taskdb.sml.hpe", "/contracts/defaultbb.cqdb.sml.hpe"


def free_port() -> int:
    with socket.socket() as each:
        each.bind(("127.0.0.1", 0))
        return int(each.getsockname()[1])


class SwarmNetwork:
    """An SN in this process. ``api`` asks it as a SWOP of its own organisation."""

    def __init__(self, home: Path, authority: Authority, other: Authority, sentinel: SwarmNetwork | None = None, **more: str):
        self.api_port, p2p = free_port(), free_port()
        environ = {"SWARM_LICENSE_AUTOPASSJ_SERVER_PRIMARY_IP": "127.0.0.1", "THIS_NODE_IP": "127.0.0.2" if sentinel else "127.0.0.1"}
        environ |= {"SN_API_SERVER_PORT": str(self.api_port), "SN_ETH_PORT_EXT": str(p2p)}
        if sentinel:
            environ |= {"SENTINEL_NODE_IP": "127.0.0.1", "SENTINEL_API_SERVER_PORT": str(sentinel.api_port)}
        else:
            environ["SN_I_AM_SENTINEL"] = "1"
        self.server, self.chain, self.uid = sn.serve(environment.read("sn", environ | more), authority.identity("sn", other), home, p2p)
        self.server.start()
        self.api = Client(authority.identity("swop", other), "127.0.0.1", self.api_port, "SN node")


@pytest.fixture(name="pair")
def _pair(tmp_path: Path) -> tuple[SwarmNetwork, SwarmNetwork]:
    sentinel = SwarmNetwork(tmp_path / "1", ONE, TWO)
    return sentinel, SwarmNetwork(tmp_path / "2", TWO, ONE, sentinel)


def test_member_joins_the_sentinel_and_each_knows_the_other(pair: tuple[SwarmNetwork, SwarmNetwork], caplog: pytest.LogCaptureFixture):
    for each in pair:
        assert each.api.get("/is_up") == "OK"
        nodes = each.api.get("/nodes")["nodes"]
        assert {(node["uid"], node["live"]) for node in nodes} == {(pair[0].uid, True), (pair[1].uid, True)}


def test_a_task_created_at_one_sn_is_run_at_the_other(pair: tuple[SwarmNetwork, SwarmNetwork]):
    sentinel, member = (each.api for each in pair)
    for api, name in ((sentinel, "a"), (member, "b")):
        api.post("/nodes", {"type": "swop", "uid": name, "name": f"swop-{name}", "taskrunner": "defaulttaskbb.taskdb.sml.hpe", "nodes": 2})
    member.post("/tasks", TASK)
    with pytest.raises(Failed, match="not finalized"):
        sentinel.post(f"{RUNNER}/assign", {"task": "build", "peers": 2})
    sentinel.post("/tasks/build/finalize", {})
    with pytest.raises(Failed, match="cannot be changed or deleted"):
        member.delete("/tasks/build")
    run = member.post(f"{RUNNER}/assign", {"task": "build", "peers": None, "target": None})
    assert run["wanted"] == 2
    waiting = sentinel.get(f"{RUNNER}?after={run['seq'] - 1}&wait=5")
    assert (waiting["status"], waiting["task"]) == ("ASSIGNED", "build")
    for api, name, index in ((sentinel, "a", 0), (member, "b", 1)):
        assert api.post(f"{RUNNER}/claim", {"run": run["run"], "swop": name, "peers": [f"peer-{name}"]})["indexes"] == [index]
        api.post(f"{RUNNER}/peers/{index}", {"run": run["run"], "status": "FAILED" if index else "COMPLETE", "detail": "no space left"})
    ended = member.get(RUNNER)
    assert (ended["status"], ended["peers"][1]["detail"]) == ("FAILED", "no space left")
    with pytest.raises(Failed, match="RESET TASKRUNNER first"):
        sentinel.post(f"{RUNNER}/assign", {"task": "build", "peers": 2})
    member.post(f"{RUNNER}/reset", {})
    assert member.get(RUNNER)["status"] == "IDLE"
    with pytest.raises(Failed, match="is not a task definition"):
        member.post("/tasks", {**TASK, "Colour": "red"})


def test_peers_of_both_organisations_train_by_one_contract(pair: tuple[SwarmNetwork, SwarmNetwork]):
    sentinel, member = (each.api for each in pair)
    for api, uid, port in ((sentinel, "x", 1), (member, "y", 2)):
        api.post("/nodes", {"type": "sl", "uid": uid, "name": uid, "host_ip": "10.0.0.1", "port": port})
        joined = api.post(f"{CONTRACT}/checkin", {"uid": uid, "address": f"10.0.0.1:{port}", "min_peers": 2, "full_quorum_seconds": 30})
        assert joined["round"] == 1
    first = sentinel.post(f"{CONTRACT}/rounds/1", {"uid": "x", "weight": 1})
    assert first["leader"] is None
    begin = time.monotonic()
    assert member.post(f"{CONTRACT}/rounds/1", {"uid": "y", "weight": 2})["leader"] == "y"
    answer = sentinel.get(f"{CONTRACT}/rounds/1?after={first['seq']}&wait=10")
    assert [each["uid"] for each in answer["members"]] == ["x", "y"]
    assert time.monotonic() - begin < 2
    with pytest.raises(Failed, match="does not lead"):
        sentinel.post(f"{CONTRACT}/rounds/1/merged", {"uid": "x"})
    member.post(f"{CONTRACT}/rounds/1/merged", {"uid": "y"})
    assert member.get(CONTRACT)["round"] == 2
    sentinel.delete(CONTRACT)
    assert sentinel.get(CONTRACT)["peers"] == []


def test_the_state_survives_a_restart_and_the_uid_too(tmp_path: Path):
    first = SwarmNetwork(tmp_path, ONE, TWO)
    first.api.post("/tasks", TASK)
    again = SwarmNetwork(tmp_path, ONE, TWO)
    assert (again.uid, again.api.get("/tasks")["tasks"]) == (first.uid, {"build": False})


def test_a_node_enrols_again_at_an_sn_that_lost_its_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(node, "ALIVE_SECONDS", 0.05)
    network = SwarmNetwork(tmp_path, ONE, TWO)
    member = node.Node(network.api, type="swop", uid="u", name="swop-1", host_ip=None, port=None)
    member.enrol()
    network.api.delete("/nodes/u")
    seq = network.api.get("/nodes")["seq"]
    assert "u" in {each["uid"] for each in network.api.get(f"/nodes?after={seq}&wait=10", timeout=15)["nodes"]}
    member.leave()


def test_without_its_sentinel_a_member_does_not_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sn, "SENTINEL_SECONDS", 0.3)
    settings = environment.read(
        "sn",
        {
            "SWARM_LICENSE_AUTOPASSJ_SERVER_PRIMARY_IP": "127.0.0.1",
            "THIS_NODE_IP": "127.0.0.1",
            "SENTINEL_NODE_IP": "127.0.0.1",
            "SENTINEL_API_SERVER_PORT": str(free_port()),
        },
    )
    with pytest.raises(Refusal, match=r"Sentinel Node is not up: Sentinel Node at 127.0.0.1:\d+: connection refused"):
        sn.serve(settings, TWO.identity("sn", ONE), tmp_path, free_port())


def test_unfederated_member_fails_at_once_with_a_reason(tmp_path: Path):
    sentinel = SwarmNetwork(tmp_path / "1", ONE, ONE)
    begin = time.monotonic()
    with pytest.raises(Refusal, match="does not hold the trust bundle of our trust domain"):
        SwarmNetwork(tmp_path / "2", TWO, ONE, sentinel)
    assert time.monotonic() - begin < 5


def test_member_reports_a_lost_sentinel(pair: tuple[SwarmNetwork, SwarmNetwork], caplog: pytest.LogCaptureFixture):
    member = pair[1]
    member.chain._sentinel = Client(TWO.identity("sn", ONE), "127.0.0.1", free_port(), "Sentinel Node's p2p")  # type: ignore[union-attr]
    with pytest.raises(Failed, match="the Sentinel cannot be asked") as refused:
        member.api.post("/tasks", TASK)
    assert refused.value.status == 503
    assert member.api.get("/is_up") == "OK"


def test_only_sn_nodes_may_order_changes_on_the_p2p_port(pair: tuple[SwarmNetwork, SwarmNetwork]):
    enode = pair[1].api.get("/enode")
    Client(TWO.identity("sn", ONE), enode["host"], enode["port"], "p2p").get("/state")
    with pytest.raises(Failed, match="is not an SN node"):
        Client(TWO.identity("swop", ONE), enode["host"], enode["port"], "p2p").get("/state")


@pytest.fixture(name="licences")
def _licences(tmp_path: Path) -> Iterator[Server]:
    service = apls.Service(2, tmp_path / "licenses.json")
    server = Server(0, service.routes(), None, apls.certificate(tmp_path / "apls.pem"), host="127.0.0.1").start()
    yield server
    server.stop()


def licence(port: int, component: str = "sn") -> Licence:
    settings = environment.read(
        "swci", {"SWARM_LICENSE_AUTOPASSJ_SERVER_PRIMARY_IP": "127.0.0.1", "SWARM_LICENSE_AUTOPASSJ_SERVER_PRIMARY_PORT": str(port)}
    )
    return Licence(settings, component)


def test_licences_are_taken_refused_and_returned(licences: Server, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO)
    first, second, third = (licence(licences.port) for _each in range(3))
    first.acquire()
    second.acquire()
    with pytest.raises(Refusal, match=r"acquireLicense: 304: .* tokens with capacity 1 is not available .*1100000380:1; 2 of 2 are held"):
        third.acquire()
    licence(licences.port, "sl").acquire()  # which are another feature's
    first.release()
    third.acquire()
    texts = [record.getMessage() for record in caplog.records]
    assert texts.index("Creating Autopass License Provider") < texts.index("Acquiring floating license 1100000380:1")


def test_unreachable_license_server_gives_code_6002():
    with pytest.raises(Refusal, match=r"Error code: 6002 .*Unable to connect to server.*connection refused"):
        licence(free_port()).acquire()


def test_licence_is_freed_half_an_hour_after_its_holder_disappeared():
    pool = apls.Pool("1100000380:1", 1)
    pool.acquire("a", 0)
    pool.acquire("a", 1799)
    with pytest.raises(Failed, match="304"):
        pool.acquire("b", 1799 + 1799)
    pool.acquire("b", 1799 + 1800)
    assert list(pool.held) == ["b"]
