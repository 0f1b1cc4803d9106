# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of what runs where."""

from ansible_collections.swarm.learning.plugins.plugin_utils._status import table

NOW = 1_800_000_000
RUNS = {"state": "running", "ready": True, "uptime": 3600, "exit_code": None}
IDENTITY = {"spiffe_id": "spiffe://org1.example/swarm/sn", "expires_at": NOW + 86400}
SN = {"name": "sn-1", "component": "sn", "release": "2.3.0", **RUNS, "identity": IDENTITY}
STARTING = {**SN, "name": "sn-of-a-long-name", "ready": False, "uptime": 0, "identity": {}}
SWCI = {**STARTING, "name": "swci-1", "component": "swci", "release": "", "state": "exited", "exit_code": 0}
TABLE = """
host    container          component  release  state       ready  since                 identity until
host-1  sn-1               sn         2.3.0    running     yes    2027-01-15 07:00 UTC  2027-01-16 08:00 UTC
host-1  sn-of-a-long-name  sn         2.3.0    running     no     2027-01-15 08:00 UTC  -
host-1  swci-1             swci       -        exited (0)  -      -                     -
host-2  (none)             -          -        -           -      -                     -
"""


def test_line_describes_a_container():
    assert table({"host-1": [SN, STARTING, SWCI], "host-2": []}, NOW) == TABLE.strip().splitlines()
