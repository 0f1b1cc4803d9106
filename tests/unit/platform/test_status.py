# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of what runs where."""

from ansible_collections.swarm.learning.plugins.filter.status import status
from ansible_collections.swarm.learning.plugins.plugin_utils._status.lines import lines

NOW = 1_800_000_000
RUNS = {"state": "running", "ready": True, "uptime": 3600, "exit_code": None}
IDENTITY = {"spiffe_id": "spiffe://org1.example/swarm/sn", "expires_at": NOW + 86400}
SN = {"name": "sn-1", "component": "sn", "release": "2.3.0", **RUNS, "identity": IDENTITY}
STARTING = {**SN, "name": "sn-of-a-long-name", "ready": False, "uptime": 0, "identity": {}}
SWCI = {**STARTING, "name": "swci-1", "component": "swci", "release": "", "state": "exited", "exit_code": 0}
AWAY = {"unreachable": True, "msg": "Failed to connect to the host via ssh:\n no route to host"}
BROKEN = {"failed": True, "msg": "the engine does not answer"}
TABLE = """
host    container          component  release  state       ready  since                 identity until
host-1  sn-1               sn         2.3.0    running     yes    2027-01-15 07:00 UTC  2027-01-16 08:00 UTC
host-1  sn-of-a-long-name  sn         2.3.0    running     no     2027-01-15 08:00 UTC  -
host-1  swci-1             swci       -        exited (0)  -      -                     -
host-2  (none)             -          -        -           -      -                     -
host-3  (does not answer)  -          -        -           -      -                     -
host-4  (not examined)     -          -        -           -      -                     -
"""
PROBLEMS = [
    "host-3: Ansible cannot reach the host: Failed to connect to the host via ssh: no route to host. Start the host, or correct its ansible_host and login.",
    "host-4: The host could not be examined: the engine does not answer. Run swarm.learning.preflight, which examines host and engine more closely.",
]


def test_every_container_and_every_silent_host_has_a_line():
    found = {"host-1": {"containers": [SN, STARTING, SWCI]}, "host-2": {"containers": []}, "host-3": AWAY, "host-4": BROKEN}
    assert lines(found, NOW) == [*TABLE.strip().splitlines(), *PROBLEMS]


def test_filter_takes_results_and_containers_alone():
    assert status({"host-1": {"containers": [SWCI]}, "host-2": AWAY})[:2] == status({"host-1": [SWCI], "host-2": AWAY})[:2]
