# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A preflight on real hosts: a healthy one has no findings, and each real fault is named with its remedy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from lab import settings
from tests.integration.site import lab_platform as world

ONE, TWO = world.HOSTS
BOOK = "swarm.learning.preflight"
LAB = ("-i", str(world.LAB))
SMALL = "/tmp/small"
P2P, FIRST_SL = 30303, 16000


def report(place) -> dict:
    return json.loads((place / "preflight.json").read_text(encoding="utf-8"))


def output(place) -> tuple[str, str]:
    return ("-e", f"preflight_output_dir={place}")


@contextmanager
def firewall(host, *rule: str) -> Iterator[None]:
    """A rule of nftables on a host, by way of iptables, that drops what comes in from other machines."""
    place = ("PREROUTING", "-i", "eth0", "-p", "tcp", *rule, "-j", "DROP")
    host.run("iptables", "-t", "raw", "-I", *place)
    try:
        yield
    finally:
        host.run("iptables", "-t", "raw", "-D", *place)


@contextmanager
def small_disk(host) -> Iterator[None]:
    """A file system of a few bytes."""
    host.run("sh", "-c", f"mkdir -p {SMALL} && mount -t tmpfs -o size=64k tmpfs {SMALL}")
    try:
        yield
    finally:
        host.run("sh", "-c", f"umount {SMALL} && rmdir {SMALL}")


def listeners(host) -> str:
    return host.run("sh", "-c", "grep -l swarm-preflight /proc/[0-9]*/comm || true").strip()


NOT_YET = {
    "swarm_network": "swarm-2",
    "sn_p2p_port": 40303,
    "sn_api_port": 40304,
    "apls_port": 45814,
    "spire_server_federation_port": 48443,
}


@pytest.mark.usefixtures("platform")
@pytest.mark.parametrize("variables", [{}, NOT_YET], ids=["a platform that runs", "one that is still to come, beside it"])
def test_a_healthy_site_raises_no_alarm_and_nothing_changes(tmp_path, log, variables):
    before = world.containers()
    outcome = world.worked(world.play(log, *LAB, *output(tmp_path), *world.extra(tmp_path, variables), "--check", book=BOOK))
    assert set(outcome.changed.values()) == {0}
    assert world.containers() == before
    found = report(tmp_path)
    assert found["findings"] == []
    assert {port["state"] for port in found["ports"]} == {"open"}
    assert len(found["ports"]) == 12
    views = {port["seen_from"] for port in found["ports"] if port["service"] != "registry"}
    assert views == {""} if variables else views <= world.running(ONE) | world.running(TWO)
    assert {state for states in found["states"].values() for state in states.values()} == {"passed"}
    assert [listeners(host) for host in world.HOSTS] == ["", ""]
    assert "http://" not in (tmp_path / "preflight.html").read_text(encoding="utf-8")


@pytest.mark.usefixtures("platform")
def test_what_is_broken_is_named(tmp_path, log):
    def change(tree):
        tree["hosts"]["host-3"] = {"ansible_host": world.NOBODY, "ansible_timeout": 3, "swarm_trust_domain": "org2.swarm.learning"}
        for group in ("swarm_sn", "swarm_spire_agent"):
            tree["children"][group]["hosts"]["host-3"] = {}
        tree["hosts"]["host-2"].update(swarm_registry_password="not the password", swarm_dir=f"{SMALL}/swarm")
        tree["hosts"]["host-1"].update(swarm_apls_ip=settings.REGISTRY_IP, sn_image=f"{settings.REGISTRY}/no/such:1")

    with ExitStack() as stack:
        stack.enter_context(firewall(TWO, "--dport", str(P2P)))
        stack.enter_context(firewall(TWO, "--dport", str(FIRST_SL), "-m", "length", "--length", "1000:65535"))
        stack.enter_context(small_disk(TWO))
        outcome = world.play(log, *world.inventory(tmp_path, change), *output(tmp_path / "out"), book=BOOK)
    assert outcome.run.status != 0
    assert "preflight.html" in outcome.said
    found = {(one["host"], one["check"]): f"{one['cause']} {one['remedy']}" for one in report(tmp_path / "out")["findings"]}
    expected = {
        ("host-3", "host_reachable"): "Start the host",
        ("host-2", "ports"): f"Open TCP port {P2P} on host-2 ({settings.host_ip(2)}) for host-1 ({settings.host_ip(1)})",
        ("host-1", "path_mtu"): "between host-1 and host-2",
        ("host-2", "directory_disk_free"): f"{SMALL}/swarm, where the platform keeps its files (swarm_dir)",
        ("host-2", "registry_login"): "Check swarm_registry_username and swarm_registry_password",
        ("host-1", "registry_image"): "Check sn_image",
        ("host-1", "license_server"): "nothing listens there. Start the License Server",
    }
    assert {key: words for key, words in expected.items() if words not in found.get(key, "")} == {}, found
    assert set(found) == set(expected)
    assert [listeners(host) for host in world.HOSTS] == ["", ""]


@pytest.mark.usefixtures("lab")
def test_bad_options_are_refused_in_words(tmp_path, log):
    outcome = world.play(log, *LAB, *world.extra(tmp_path, {"preflight_skip": ["port"]}), book=BOOK)
    assert outcome.run.status != 0
    assert "preflight_skip: there is no check 'port': did you mean 'ports'?" in outcome.said

    (tmp_path / "file").write_text("", encoding="utf-8")
    outcome = world.play(log, *LAB, *output(tmp_path / "file/below"), book=BOOK)
    assert outcome.run.status != 0
    assert f"preflight_output_dir: {tmp_path}/file/below cannot be written" in outcome.said
