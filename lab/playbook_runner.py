# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a playbook and read its results from the JSON lines of Ansible's callback."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = ROOT / ".venv/bin"


@dataclass
class Play:
    """One play: its name, its duration in seconds, the names of its tasks."""

    name: str
    seconds: float = 0.0
    tasks: list[str] = field(default_factory=list)


@dataclass
class Run:
    """Result of a playbook run."""

    plays: list[Play] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    stats: dict[str, dict[str, int]] = field(default_factory=dict)
    stderr: str = ""
    status: int = 0

    def total(self, what: str) -> int:
        """Number of results of a kind (`ok`, `changed`, …) on all hosts."""
        return sum(host[what] for host in self.stats.values())


def read(lines: Iterator[str], run: Run, on_event: Callable[[str, Run], None]) -> None:
    """Fill `run` from the lines of the callback ansible.posix.jsonl; `on_event` is called with `play`, `task`, `failed` or `end`."""
    begun = time.monotonic()
    for line in lines:
        if not line.startswith("{"):
            continue
        event = json.loads(line)
        kind = event["_event"]
        if run.plays:
            run.plays[-1].seconds = time.monotonic() - begun
        if kind == "v2_playbook_on_play_start":
            begun = time.monotonic()
            run.plays.append(Play(event["play"]["name"]))
            on_event("play", run)
        elif kind in ("v2_playbook_on_task_start", "v2_playbook_on_handler_task_start"):
            run.plays[-1].tasks.append(event["task"]["name"])
            on_event("task", run)
        elif kind in ("v2_runner_on_failed", "v2_runner_on_unreachable"):
            run.failures += [f"{host}: {event['task']['name']}\n{_reason(result)}" for host, result in event["hosts"].items()]
            on_event("failed", run)
        elif kind == "v2_playbook_on_stats":
            run.stats = event["stats"]
            on_event("end", run)


def _reason(result: dict) -> str:
    """Message of a failed result; for a loop, the messages of its failed items."""
    items = [item for item in result.get("results", []) if item.get("failed")]
    if items:
        return "\n".join(_reason(item) for item in items)
    return str(result.get("msg") or result.get("stderr") or result)


def environment() -> dict[str, str]:
    """The environment of an `ansible-playbook` that writes the JSON lines which `read` reads."""
    callback = {"ANSIBLE_STDOUT_CALLBACK": "ansible.posix.jsonl", "ANSIBLE_SHOW_CUSTOM_STATS": "true"}
    return {**os.environ, **callback, "ANSIBLE_FORCE_COLOR": "0", "PYTHONUNBUFFERED": "1"}


def run(playbook: str, arguments: Sequence[str], on_event: Callable[[str, Run], None], log: Path) -> Run:
    """Run `ansible-playbook` from the checkout's root. The JSON lines are kept in `log`, which only its owner can read."""
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [str(BIN / "ansible-playbook"), *arguments, playbook]
    result = Run()
    with (
        open(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as kept,
        log.with_suffix(".stderr").open("w+", encoding="utf-8") as errors,
        subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        try:
            read(_copied(process.stdout, kept), result, on_event)
        except BaseException:
            process.terminate()
            raise
        result.status = process.wait()
        errors.seek(0)
        result.stderr = errors.read()
    return result


def _copied(lines: Iterator[str], kept) -> Iterator[str]:
    for line in lines:
        kept.write(line)
        yield line
