# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two organisations that open nothing to each other but 443 and 30303 train through their reverse proxies."""

from __future__ import annotations

import pytest

from tests.integration.site import lab_platform as world

INVENTORY = world.INVENTORIES / "reverse-proxy"
NETWORK, SUBNET = "fixed", "10.77.0.0/24"
ORGANISATIONS = "org1.swarm.learning,org2.swarm.learning"
OPEN = "443,30303"
# Before addresses and ports are translated, as those that containers publish are: a host's usual firewall sees nothing of these.
CLOSE = """iptables -t raw -N LAB
iptables -t raw -A LAB -p tcp --syn -m multiport ! --dports "$2" -j DROP
iptables -t raw -A LAB -p udp -j DROP
iptables -t raw -I PREROUTING -s "$1" -j LAB"""
REOPEN = 'iptables -t raw -D PREROUTING -s "$1" -j LAB; iptables -t raw -F LAB; iptables -t raw -X LAB; true'
DROPPED = "iptables -t raw -L LAB -v -n -x | awk 'NR > 2 { sum += $1 } END { print sum + 0 }'"
CONNECT = "import socket; socket.create_connection(('{}', {}), timeout=3)"


def dropped() -> list[int]:
    """How many packets between the hosts were dropped, on each of them."""
    return [int(host.run("sh", "-c", DROPPED)) for host in world.HOSTS]


def reaches(port: int) -> bool:
    """Whether host-2 can connect to a port of host-1."""
    try:
        world.HOSTS[1].run("python3", "-c", CONNECT.format(world.ADDRESSES[0], port))
    except world.training.TrainingError:
        return False
    return True


def with_fixed_addresses(tree):
    """On host-2 the pairs publish no ports: its proxy finds them at addresses of their own."""
    pairs = [{"port": None, "sl_network_options": [{"ip": f"10.77.0.{number}"}]} for number in (201, 202)]
    tree["hosts"]["host-2"].update(swarm_network=NETWORK, swop_pairs=pairs)


@pytest.fixture(name="closed")
def _closed(lab):
    """Hosts that have nothing of a platform, with a firewall between them; afterwards, the same without it."""
    world.lab_up("--with", "reverse-proxy")
    world.lab_empty()
    others = dict(zip((host.container for host in world.HOSTS), reversed(world.ADDRESSES), strict=True))
    try:
        for host in world.HOSTS:
            host.run("sh", "-ec", CLOSE, "sh", others[host.container], OPEN)
        world.HOSTS[1].run("docker", "network", "create", "--subnet", SUBNET, NETWORK)
        yield
    finally:
        for host in world.HOSTS:
            host.run("sh", "-c", REOPEN, "sh", others[host.container])
        world.lab_empty()


@pytest.mark.usefixtures("closed")
def test_two_open_ports_are_enough(tmp_path, log):
    training = {"swarm_training": {**world.TRAINING, "epochs": 2}, "swarm_certificates_dir": str(tmp_path / "certificates")}
    arguments = world.inventory(tmp_path, with_fixed_addresses, training, INVENTORY)
    world.worked(world.play(log, *arguments))
    assert len(world.trained()) == world.PAIRS
    assert dropped() == [0, 0], "somebody needs another port"
    assert (reaches(443), reaches(30303), reaches(30304), reaches(16000)) == (True, True, False, False)
    assert dropped()[0] > 0

    there = world.containers()
    world.extra(tmp_path, {**training, "reverse_proxy_routes": {"api.sn-9.else": "172.30.0.99:443"}})  # which the arguments name
    outcome = world.worked(world.play(log, *arguments, "--tags", "reverse_proxy"))
    assert {task for _host, task in outcome.changes()} == {
        "Write the configuration of the reverse proxy",
        "Start the reverse proxy",
        "Load the configuration, without an end of connections",
    }
    touched = {name for name, facts in world.containers().items() if there.get(name) != facts}
    assert touched <= {(host.name, "reverse-proxy") for host in world.HOSTS}

    world.worked(world.play(log, *arguments, "-e", f"swarm_teardown={ORGANISATIONS}", book="swarm.learning.teardown"))
    assert world.containers() == {}
    assert [host.run("sh", "-c", "ls /var/lib/swarm-learning 2>/dev/null | wc -l").strip() for host in world.HOSTS] == ["0", "0"]
