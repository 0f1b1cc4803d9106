# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m lab up|down|empty|status|podman|restart|images|spire|engine`."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Callable

from docker.errors import DockerException

from lab import binaries, engine, hosts, process, world
from lab.report import LabError, step
from lab.settings import PODMAN, POSTGRES, SETS, SPIRE_VERSION, host_count


def _up(options: argparse.Namespace) -> None:
    with step("bringing the lab up"):
        world.up(range(options.first, options.first + host_count(options.hosts)), options.sets)


def _down(options: argparse.Namespace) -> None:
    world.down()
    if options.engine:
        engine.stop()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lab", description="The simulated hosts on which to try swarm.learning.")
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name: str, run: Callable[[argparse.Namespace], object], text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(run=run)
        return added

    up = command("up", _up, "start hosts and registry with every image; quick if they are running already")
    up.add_argument("--hosts", metavar="N", default=os.environ.get("LAB_HOSTS"), help="number of hosts (default: $LAB_HOSTS, or 2)")
    up.add_argument("--first", metavar="N", type=int, default=1, help="number of the first of them (default: 1)")
    sets = {"dest": "sets", "metavar": "SET", "action": "append", "choices": [*SETS, POSTGRES, PODMAN.name], "default": []}
    text = f"also serve the images of a set ({', '.join(SETS)}), or start {POSTGRES}, a database, or {PODMAN.name}, a host with it; may be repeated"
    up.add_argument("--with", help=text, **sets)
    down = command("down", _down, "remove hosts, registry, network and volumes; keep images and cache")
    down.add_argument("--engine", action="store_true", help="also stop the Docker Engine, if the lab started it")
    text = "remove everything from the hosts except their images; they run on"
    empty = command("empty", lambda options: hosts.empty(engine.ensure(), options.numbers), text)
    empty.add_argument("numbers", type=int, nargs="*", metavar="N", help="a host's number (default: all hosts)")
    command("status", lambda _: world.status(), "show what is running; fails if the lab is not up")
    command("podman", lambda _: world.podman(), "start one more host, with Podman instead of Docker")
    restart = command("restart", lambda options: hosts.restart(engine.client(), options.number), "reboot a host and wait until it is back")
    restart.add_argument("number", type=int, metavar="N")
    command("images", lambda _: world.build_images(), "build every image")
    spire = command("spire", lambda options: print(binaries.build(options.version).path), "build SPIRE and print where it is")
    spire.add_argument("version", nargs="?", default=SPIRE_VERSION)
    command("engine", lambda _: engine.ensure(), "start a Docker Engine if none is running")
    return parser


def run(options: argparse.Namespace) -> bool:
    """Carry out a command; False when it says that something is not as it should be."""
    with contextlib.nullcontext() if options.command == "status" else world.locked():
        return options.run(options) is not False


def main() -> int:
    options = _parser().parse_args()
    try:
        return 0 if run(options) else 1
    except (LabError, ValueError, DockerException) as error:
        print(f"lab: {error}", file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        print("lab: interrupted", file=sys.stderr, flush=True)
    process.end_all()
    # Other jobs may be waiting for the engine still; an ordinary exit would wait for them.
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
