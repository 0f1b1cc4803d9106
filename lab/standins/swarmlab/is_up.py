# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python3 -m swarmlab.is_up HOST…`: ask SN nodes from a container of one's own whether they are up, by mutual TLS."""

from __future__ import annotations

import os
import sys

from swarmlab.identity import obtain
from swarmlab.web import Client


def main(hosts: list[str]) -> None:
    identity = obtain("swci", os.environ)
    for host in hosts:
        print(host, Client(identity, host, 30304, "SN node").get("/is_up"))


if __name__ == "__main__":
    main(sys.argv[1:])
