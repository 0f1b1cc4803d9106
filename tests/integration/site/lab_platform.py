# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab for these tests: runs playbooks as a user does, and inspects the hosts from outside."""

from __future__ import annotations

import copy
import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from lab import playbook_runner, settings, training

ROOT = playbook_runner.ROOT
# Tests on hosts of their own run beside others: `SWARM_TEST_FIRST_HOST=4` is hosts 4 and 5 of the lab instead of 1 and 2.
NUMBERS = tuple(int(os.environ.get("SWARM_TEST_FIRST_HOST", "1")) + further for further in (0, 1))
ADDRESSES = tuple(map(settings.host_ip, NUMBERS))


def _inventories() -> Path:
    """The directory of inventories whose hosts are those of these tests."""
    ours = ROOT / "inventories"
    if NUMBERS == (1, 2):
        return ours
    place = ROOT / f"tests/output/hosts-{NUMBERS[0]}"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(ours, place / "inventories", symlinks=True)
    (place / "examples").symlink_to(ROOT / "examples")  # the training's program is named from the inventory on
    for path in (place / "inventories").glob("*/hosts.yml"):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace(settings.host_ip(1), ADDRESSES[0]).replace(settings.host_ip(2), ADDRESSES[1]), encoding="utf-8")
    return place / "inventories"


INVENTORIES = _inventories()
LAB = INVENTORIES / "lab"
TRAINING = yaml.safe_load((LAB / "group_vars/all/training.yml").read_text(encoding="utf-8"))["swarm_training"]
SITE = "swarm.learning.site"
SERVER = ("docker", "exec", "spire-server", "/opt/spire/bin/spire-server")
PAIRS = 4
NOBODY = "172.30.0.99"  # no host has it
TRAINING_SECONDS = 240

HOSTS = [training.Host(f"host-{place}", settings.host_container(number)) for place, number in enumerate(NUMBERS, 1)]


@dataclass(frozen=True)
class Difference:
    """One entry of what `--diff` shows: the host, the task, and the texts (or mappings) before and after."""

    host: str
    task: str
    before: str
    after: str


@dataclass(frozen=True)
class Outcome:
    """What came of a playbook: `run` as the tools read it, and the results of its tasks."""

    run: playbook_runner.Run
    log: Path

    @property
    def changed(self) -> dict[str, int]:
        """How many tasks changed something, by host."""
        return {host: stats["changed"] for host, stats in self.run.stats.items()}

    @property
    def said(self) -> str:
        """What failed, in the words that a user reads."""
        return "\n".join(self.run.failures) or self.run.stderr

    @property
    def statistics(self) -> dict[str, object]:
        """The custom statistics of the run."""
        last = self.log.read_text(encoding="utf-8").splitlines()[-1]
        return json.loads(last)["global_custom_stats"]

    def results(self) -> Iterator[tuple[str, str, dict]]:
        """(host, task, result) of everything that went well, the items of loops one by one."""
        for line in self.log.read_text(encoding="utf-8").splitlines():
            event = json.loads(line) if line.startswith("{") else {}
            if event.get("_event") == "v2_runner_on_ok":
                for host, result in event["hosts"].items():
                    for one in result.get("results", [result]):
                        yield host, event["task"]["name"].rpartition(" : ")[2], one

    def changes(self) -> list[tuple[str, str]]:
        """(host, task) of everything that changed, or would."""
        return [(host, task) for host, task, result in self.results() if result.get("changed")]

    def differences(self) -> list[Difference]:
        """What `--diff` shows, without the entries in which nothing differs."""
        found = []
        for host, task, result in self.results():
            shown = result.get("diff") or []
            for one in shown if isinstance(shown, list) else [shown]:
                if one.get("before") != one.get("after"):
                    found.append(Difference(host, task, one.get("before"), one.get("after")))
        return found


def play(log: Path, *arguments: str, book: str = SITE) -> Outcome:
    """Run a playbook as a user does; Ansible's JSON lines go to `log`."""
    return Outcome(playbook_runner.run(book, arguments, lambda event, run: None, log), log)


class Watch:
    """A playbook as a user runs it, in the background, again and again; its logs are beside `log`."""

    def __init__(self, book: str, arguments: Sequence[str], log: Path):
        self.book, self.arguments, self.base = book, arguments, log
        self.number, self.process = 0, None

    @property
    def log(self) -> Path:
        """Where the JSON lines of the last run are."""
        return self.base.with_name(f"{self.base.name}-{self.number}.jsonl")

    def begin(self, *further: str) -> None:
        """Run the playbook, with further arguments."""
        self.number += 1
        command = [str(playbook_runner.BIN / "ansible-playbook"), *self.arguments, *further, self.book]
        with self.log.open("w", encoding="utf-8") as out, self.log.with_suffix(".stderr").open("w", encoding="utf-8") as errors:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=playbook_runner.environment(), stdout=out, stderr=errors, start_new_session=True
            )

    @property
    def runs(self) -> bool:
        """Whether the playbook has not ended yet."""
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """End the playbook as a power cut does."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def outcome(self) -> Outcome:
        """What came of it."""
        run = playbook_runner.Run(status=self.process.returncode, stderr=self.log.with_suffix(".stderr").read_text(encoding="utf-8"))
        playbook_runner.read(iter(self.log.read_text(encoding="utf-8").splitlines()), run, lambda event, done: None)
        return Outcome(run, self.log)


def worked(outcome: Outcome) -> Outcome:
    """The outcome, when the playbook ended well; else the test fails with what the user would read."""
    assert outcome.run.status == 0, outcome.said
    return outcome


def containers(*hosts: training.Host) -> dict[tuple[str, str], tuple[str, str]]:
    """(host, container) → (ID, when it was started) of all containers, running or not: what is touched changes one of them."""
    return {
        (host.name, container["Name"].lstrip("/")): (container["Id"], container["State"]["StartedAt"])
        for host in hosts or HOSTS
        for container in host.containers()
    }


def running(host: training.Host) -> set[str]:
    """Names of the containers that run on a host."""
    return {container["Name"].lstrip("/") for container in host.containers() if container["State"]["Running"]}


def restrain_programs() -> None:
    """Leave the CPUs to the tests while trainings go on that outlast them: each ML program that has begun a round gets a twentieth of one."""
    for host in HOSTS:
        programs = [name for name in running(host) if "-ml-" in name and ": Round " in log_of(host, name)]
        if programs:
            host.run("docker", "update", "--cpus", "0.05", *programs)


def trained(on_look: Callable[[list[training.Node]], None] = lambda nodes: None) -> list[training.Node]:
    """Wait for the end of the training, SWCI's too. Raises TrainingError when it fails."""
    nodes = training.follow(HOSTS, PAIRS, TRAINING_SECONDS, on_look)
    assert ended("swci-1") == 0
    return nodes


def ended(name: str, host: training.Host = HOSTS[0]) -> int:
    """Wait for the end of a container; its exit code."""
    return int(host.run("timeout", str(TRAINING_SECONDS), "docker", "wait", name))


def log_of(host: training.Host, name: str) -> str:
    """A container's log, both streams."""
    return host.run("sh", "-c", 'docker logs "$1" 2>&1', "sh", name)


def spire(host: training.Host, *words: str) -> dict:
    """What the SPIRE Server on a host answers to a command, without our modules."""
    answer = json.loads(host.run(*SERVER, *words, "-output", "json"))
    return answer if isinstance(answer, dict) else {"answer": answer}


def tokens_made() -> list[int]:
    """How many join tokens the SPIRE Server of each host has made since its container was made, by its audit log."""
    return [len(re.findall(r"API accessed.*method=CreateJoinToken", log_of(host, "spire-server"))) for host in HOSTS]


def inventory(
    tmp_path: Path, change: Callable[[dict], object], variables: Mapping[str, object] | None = None, like: Path = LAB
) -> list[str]:
    """The arguments for an inventory like another, changed: `change` gets hosts.yml's `all`, `variables` are for all hosts."""
    place = tmp_path / "inventories/lab"
    shutil.copytree(like / "group_vars", place / "group_vars")
    (tmp_path / "examples").symlink_to(ROOT / "examples")  # the training's program is named from the inventory on
    tree = copy.deepcopy(yaml.safe_load((like / "hosts.yml").read_text(encoding="utf-8")))
    change(tree["all"])
    (place / "hosts.yml").write_text(yaml.safe_dump(tree, sort_keys=False), encoding="utf-8")
    return ["-i", str(place), *extra(tmp_path, variables or {})]


def extra(tmp_path: Path, variables: Mapping[str, object]) -> list[str]:
    """The arguments for variables that win over all others."""
    if not variables:
        return []
    path = tmp_path / "extra.json"
    path.write_text(json.dumps(variables), encoding="utf-8")
    return ["-e", f"@{path}"]


def lab_up(*words: str) -> None:
    """The lab is up, with the hosts of these tests."""
    lab("up", "--first", str(NUMBERS[0]), "--hosts", str(len(NUMBERS)), *words)


def lab_empty() -> None:
    """The hosts of these tests have nothing but their images."""
    lab("empty", *map(str, NUMBERS))


def lab(*words: str) -> str:
    """`python -m lab …`; what it says. Fails the test when the lab fails."""
    command = [str(playbook_runner.BIN / "python"), "-m", "lab", *words]
    done = subprocess.run(command, cwd=ROOT, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, f"python -m lab {' '.join(words)}:\n{done.stdout}"
    return done.stdout
