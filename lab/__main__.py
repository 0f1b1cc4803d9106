# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m lab up|down|status|restart|images|spire|engine`."""

from __future__ import annotations

import argparse
import os
import sys

from docker.errors import DockerException

from lab import binaries, engine, hosts, world
from lab.report import LabError, step
from lab.settings import SPIRE_VERSION, host_count


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lab", description="The simulated world that swarm.learning is tried in.")
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="hosts and registry, with every image served; quick when they are there")
    up.add_argument("--hosts", metavar="N", default=os.environ.get("LAB_HOSTS"), help="how many hosts (default: $LAB_HOSTS, or 2)")
    down = commands.add_parser("down", help="remove hosts, registry, network and volumes; keep images and cache")
    down.add_argument("--engine", action="store_true", help="also end the Docker Engine, when the lab started it")
    commands.add_parser("status", help="what is there; fails when the lab is not up")
    restart = commands.add_parser("restart", help="reboot a host and wait until it is back")
    restart.add_argument("number", type=int, metavar="N")
    commands.add_parser("images", help="build every image")
    spire = commands.add_parser("spire", help="build SPIRE")
    spire.add_argument("version", nargs="?", default=SPIRE_VERSION)
    commands.add_parser("engine", help="make sure that a Docker Engine answers")
    return parser


def run(options: argparse.Namespace) -> bool:
    if options.command == "status":
        return world.status()
    with world.locked():
        match options.command:
            case "up":
                with step("bringing the lab up"):
                    world.up(host_count(options.hosts))
            case "down":
                world.down()
                if options.engine:
                    engine.stop()
            case "restart":
                hosts.restart(engine.client(), options.number)
            case "images":
                world.build_images()
            case "spire":
                print(binaries.build(options.version).path)
            case "engine":
                engine.ensure()
    return True


def main() -> int:
    try:
        return 0 if run(_parser().parse_args()) else 1
    except (LabError, ValueError, DockerException) as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
