# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python3 -m swarmlab.classic sn|sl|swci [ARGUMENT…]`: a node of release 0.3.0, with a SPIRE Agent of its own.

The arguments are the agent's. What differs from 2.x is where the identity comes from, how the environment is called (environment.CLASSIC),
and that SL runs the ML program itself.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from swarmlab import environment, identity, sl, sn, swci
from swarmlab.agent import SOCKET, start_agent
from swarmlab.environment import Settings
from swarmlab.process import Refusal, run
from swarmlab.program import Program, program_path

SWCI_USR = Path("/platform/swci/usr")


def settings_of(component: str, environ: Mapping[str, str]) -> Settings:
    """The settings of a node, those that 2.x has and 0.3.0 does not among them. Raises Refusal."""
    settings = environment.read(component, environ, environment.CLASSIC)
    if component == "sn":
        settings["sentinel"] = settings["host_ip"] == settings["sentinel_ip"]
    return settings


def node(component: str, arguments: Sequence[str], environ: Mapping[str, str]) -> None:
    """Run a node until SIGTERM, or until its ML program has ended. Raises Refusal."""
    settings = settings_of(component, environ)
    program = Program(program_path(settings.text("ml_cmd") or "")) if component == "sl" else None
    agent = start_agent(arguments)
    try:
        environ = {**environ, identity.SOCKET: SOCKET, identity.SELECTOR: "swarm:node-type:"}
        if program:
            sl.main(environ, settings=settings, program=program)
        elif component == "sn":
            sn.main(environ, settings=settings)
        else:
            swci.main(environ, SWCI_USR, settings)
    finally:
        agent.stop()


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> None:
    """The node that the first argument names."""
    if not arguments or arguments[0] not in environment.CLASSIC:
        raise Refusal(f"which node? One of {', '.join(environment.CLASSIC)} comes first, then arguments for the SPIRE Agent")
    node(arguments[0], arguments[1:], environ)


if __name__ == "__main__":
    run(sys.argv[1] if len(sys.argv) > 1 else "classic", lambda environ: main(sys.argv[1:], environ))
