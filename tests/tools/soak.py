# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make soak`: disturb two trainings on the lab's hosts again and again: one that SWOPs start, by its name, and one of SL nodes by hand.

After each disturbance both must go on, or end with a verdict and a reason that names the node. A training is lost if it does neither, or if it fails
although a node of it has trained to the end. The list of disturbances depends on the seed alone.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import yaml

from lab import training
from tests.integration.site import lab_platform as world

NIGHT, HAND = "night", "hand"
PATIENCE = 150  # seconds until a training goes on or has ended
CUT = 25  # seconds without network: longer than the platform takes to believe a node dead
END = "left alone"
TRAIN, RETRY = "swarm.learning.train", "swarm.learning.training_retry"
LABEL = "learning.swarm.training"
KINDS = ("swop_restarted", "sl_killed", "ml_killed", "node_retried", "cut_off", "controller_killed", "site_run", "ssh_lost", "sn_restarted")
CHAINS = ("INPUT -i", "OUTPUT -o", "FORWARD -i", "FORWARD -o")


class Lost(Exception):
    """A training neither goes on nor has ended as it should."""


def programs(name: str, *hosts: training.Host) -> list[tuple[training.Host, dict]]:
    """The ML containers of a training that run."""
    found = ((host, one) for host in hosts or world.HOSTS for one in host.containers() if one["State"]["Running"] and training.is_ml(one))
    return [(host, one) for host, one in found if ((one["Config"]["Labels"] or {}).get(LABEL) == NIGHT) == (name == NIGHT)]


def rounds(name: str) -> list[int]:
    """The last round that each ML container of a training has merged."""
    logs = [host.run("sh", "-c", 'docker logs --tail 40 "$1" 2>&1', "sh", one["Id"]) for host, one in programs(name)]
    return [max(map(int, re.findall(r"Round (\d+): merged", log)), default=0) for log in logs]


class Soak:
    """Two trainings and those who watch them."""

    def __init__(self, directory: Path, seed: int, epochs: int):
        self.directory, self.random = directory, random.Random(seed)
        lab = yaml.safe_load((world.LAB / "group_vars/all/training.yml").read_text(encoding="utf-8"))["swarm_training"]
        short = {**lab, "epochs": epochs, "min_peers": 1, "sl_env": {"SL_WAIT_FOR_FULL_QUORUM_SECONDS": "20"}}
        hand = {**short, "image": "digits-by-hand", "model_dir": "/tmp/spire/hand/model", "peers_per_host": 0}
        night = {**short, "model_dir": "/tmp/spire/night/model", "peers_per_host": 1}
        night.pop("name")
        variables = {"swarm_training": hand, "swarm_trainings": {NIGHT: night}}
        self.inventory = world.inventory(directory, _by_hand, variables)
        named = [*self.inventory, "-e", f"training={NIGHT}"]
        fetch = {name: ["-e", f"sl_fetch_dir={directory / 'models' / name}"] for name in (NIGHT, HAND)}
        self.watches = {
            NIGHT: world.Watch(TRAIN, [*named, *fetch[NIGHT]], directory / NIGHT),
            HAND: world.Watch(TRAIN, [*self.inventory, *fetch[HAND]], directory / HAND),
        }
        self.plays = 0

    def play(self, *arguments: str, book: str = world.SITE) -> world.Outcome:
        """Run a playbook to its end."""
        self.plays += 1
        return world.play(self.directory / f"play-{self.plays}.jsonl", *self.inventory, *arguments, book=book)

    def start(self) -> None:
        """Have both trainings in progress, and watched."""
        begun = {name: watch for name, watch in self.watches.items() if not watch.runs}
        for name, watch in begun.items():
            watch.begin(*(("-e", "swci_script_again=true") if name == NIGHT else ()))
        for name, watch in begun.items():
            _until(lambda name=name, watch=watch: not watch.runs or sum(map(bool, rounds(name))) == len(world.HOSTS), 2 * PATIENCE)

    # What happens to them: each returns what was done, in words

    def swop_restarted(self, host: training.Host, _name: str) -> str:
        return _restart(host, rf"{NIGHT}-swop-\d+")

    def sl_killed(self, host: training.Host, name: str) -> str:
        for _host, one in programs(name, host):
            host.run("docker", "kill", one["HostConfig"]["VolumesFrom"][0].partition(":")[0])
        return f"SL node of {name} killed"

    def ml_killed(self, host: training.Host, name: str) -> str:
        for _host, one in programs(name, host):
            host.run("docker", "kill", one["Id"])
        return f"ML program of {name} killed"

    def node_retried(self, host: training.Host, _name: str) -> str:
        self.sl_killed(host, NIGHT)
        _until(lambda: self.play("-e", f"training={NIGHT}", "-e", f"sl_retry={host.name}", book=RETRY).run.status == 0, PATIENCE)
        _until(lambda: len(programs(NIGHT)) == len(world.HOSTS), PATIENCE)
        return f"SL node of {NIGHT} killed, and retried"

    def cut_off(self, host: training.Host, _name: str) -> str:
        host.run("sh", "-c", " && ".join(f"iptables -I {chain} eth0 -j DROP" for chain in CHAINS))
        try:
            time.sleep(CUT)
        finally:
            host.run("sh", "-c", " && ".join(f"iptables -D {chain} eth0 -j DROP" for chain in CHAINS))
        return f"cut off for {CUT} s"

    def controller_killed(self, _host: training.Host, name: str) -> str:
        self.watches[name].kill()
        self.watches[name].begin(*(("--tags", "wait") if name == HAND else ()))
        return f"controller of {name} killed, and run again"

    def site_run(self, _host: training.Host, _name: str) -> str:
        before = {one["Id"]: one["State"]["StartedAt"] for name in self.watches for _host, one in programs(name)}
        outcome = self.play("-e", '{"sn_env": {"SN_LOG_LEVEL": "DEBUG"}}')
        if outcome.run.status:
            raise Lost(f"site failed: {outcome.said}")
        after = {one["Id"]: one["State"]["StartedAt"] for name in self.watches for _host, one in programs(name)}
        touched = [key for key, one in after.items() if one != before.get(key)]
        if touched and all(watch.runs for watch in self.watches.values()):
            raise Lost(f"site has touched {touched}")
        return "inventory changed, and site run"

    def ssh_lost(self, host: training.Host, _name: str) -> str:
        listed = host.run("ps", "-eo", "pid=,args=")
        sessions = [line.split()[0] for line in listed.splitlines() if re.search(r"sshd(-session)?: \S+@notty", line)]
        for session in sessions:
            host.run("kill", "-9", session)
        return f"{len(sessions)} SSH sessions killed"

    def sn_restarted(self, host: training.Host, _name: str) -> str:
        return _restart(host, r"sn-\d+")

    # What came of it

    def judge(self, name: str, before: int) -> str:
        """How a training took it. Raises Lost."""
        watch = self.watches[name]
        if not _until(lambda: not watch.runs or _last(name) > before + 1, PATIENCE):
            raise Lost("it neither goes on nor has ended")
        return "goes on" if watch.runs else self.verdict(name)

    def verdict(self, name: str) -> str:
        """How a training ended. Raises Lost."""
        outcome = self.watches[name].outcome()
        try:
            ended = outcome.statistics["swarm_training"]
        except (KeyError, IndexError, ValueError) as error:
            raise Lost(f"train of {name} ended without a verdict: {outcome.said}") from error
        if ended["verdict"] == "finished":
            return "finished"
        reasons = {host: one["failure"] for host, one in ended["hosts"].items() if one["failure"]}
        if not any(re.search(r"container \S+ |script of \S+ ", reason) for reason in reasons.values()):
            raise Lost(f"{name}: {ended['verdict']} without a reason: {outcome.said}")
        done = [node["name"] for one in ended["hosts"].values() for node in one["nodes"] if node["state"] == "finished"]
        done += [one["Name"] for _host, one in programs(name)]
        if ended["verdict"] not in ("failed", "incomplete") or (ended["verdict"] == "failed" and done):
            raise Lost(f"{name}: {ended['verdict']}, although {', '.join(done)} has finished or trains: {outcome.said}")
        return ended["verdict"]

    def disturb(self, kind: str) -> tuple[str, dict[str, str]]:
        """Do it and see: what was done, and how each training took it."""
        self.start()
        host, name = self.random.choice(world.HOSTS), self.random.choice((NIGHT, HAND))
        try:
            done = f"{host.name}: {getattr(self, kind)(host, name)}"
        except Lost as error:
            return f"{host.name}: {kind}", {name: f"LOST: {error}"}
        before = {one: _last(one) for one in self.watches}
        return done, {one: _found(self.judge, one, before[one]) for one in self.watches}

    def end(self) -> dict[str, str]:
        """Let the trainings come to their ends: how each did."""
        _until(lambda: not any(watch.runs for watch in self.watches.values()), 2 * PATIENCE)
        found = {name: "LOST: it does not end" if watch.runs else _found(self.verdict, name) for name, watch in self.watches.items()}
        for watch in (watch for watch in self.watches.values() if watch.runs):
            watch.kill()
        return found


def _found(look: Callable[..., str], *arguments: object) -> str:
    """What a look found, or why a training is lost."""
    try:
        return look(*arguments)
    except Lost as error:
        return f"LOST: {error}"


def _restart(host: training.Host, pattern: str) -> str:
    [name] = [name for name in world.running(host) if re.fullmatch(pattern, name)]
    host.run("docker", "restart", name)
    return f"{name} restarted"


def _by_hand(tree: dict) -> None:
    tree["children"]["swarm_sl"] = {"hosts": {host.name: {"sl_nodes": [{}]} for host in world.HOSTS}}


def _last(name: str) -> int:
    """The last round of a training."""
    return max(rounds(name), default=0)


def _until(reached: Callable[[], bool], seconds: float) -> bool:
    """Wait until something is so; whether it is."""
    end = time.monotonic() + seconds
    while not (found := reached()) and time.monotonic() < end:
        time.sleep(1)
    return found


def main() -> int:
    """Soak; 1 if a training was lost."""
    parser = argparse.ArgumentParser(prog="python -m tests.tools.soak", description=__doc__.partition("\n\n")[0])
    parser.add_argument("--disturbances", type=int, default=30, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument("--epochs", type=int, default=600, metavar="N", help="of both trainings (default %(default)s)")
    options = parser.parse_args()
    kinds = list(KINDS) * -(-options.disturbances // len(KINDS))
    random.Random(options.seed).shuffle(kinds)
    begun, counted = time.monotonic(), Counter()
    directory = tempfile.mkdtemp(prefix="soak-")
    soak = Soak(Path(directory), options.seed, options.epochs)
    print(f"seed {options.seed}, logs in {directory}")
    world.lab("up")
    world.worked(soak.play())
    for number, kind in enumerate([*kinds[: options.disturbances], END], 1):
        done, found = ("the end", soak.end()) if kind == END else soak.disturb(kind)
        counted.update((kind, verdict.partition(":")[0]) for verdict in found.values())
        print(
            f"{number:3} {time.monotonic() - begun:5.0f} s  {done} → {'; '.join(f'{name}: {verdict}' for name, verdict in found.items())}"
        )
    verdicts = sorted({verdict for _kind, verdict in counted})
    for row in (("disturbance", *verdicts), *((kind, *(str(counted[kind, verdict]) for verdict in verdicts)) for kind in (*KINDS, END))):
        print("".join(f"{cell:<20}" for cell in row))
    return int("LOST" in verdicts)


if __name__ == "__main__":
    sys.exit(main())
