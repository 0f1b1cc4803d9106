# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import os
import threading
import time
from typing import Any

from ansible import constants
from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

WAIT_TIMEOUT = 604800  # seconds: the module's default
LONGEST_STEP = 30  # seconds; somebody who waits for days does not need a line for every round

LONGEST_LINE = 100  # characters of a log's line; before its last colon are time, logger and level


def progress(nodes: list[dict[str, Any]]) -> str:
    """`sl-1, sl-2: round 7, epoch 3 of 10, 4 peers, loss 0.31 to 0.42`: nodes with the same progress are shown together."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for node in nodes:
        groups.setdefault(_place(node), []).append(node)
    return "; ".join(f"{', '.join(node['name'] for node in group)}: {place}{_loss(group)}" for place, group in groups.items())


def _loss(nodes: list[dict[str, Any]]) -> str:
    """The loss of nodes that are at the same place, from the least to the greatest; empty for none."""
    found = sorted(node["loss"] for node in nodes if node.get("loss") is not None)
    return f", loss {' to '.join(dict.fromkeys(f'{loss:.4g}' for loss in (found[0], found[-1])))}" if found else ""


def _place(node: dict[str, Any]) -> str:
    if node["state"] == "finished":
        return "finished"
    if not node["round"]:
        return node["line"].rpartition(" : ")[2][:LONGEST_LINE] or "starting"
    epoch = f", epoch {node['epoch']} of {node['epochs']}" if node["epochs"] else ""
    peers = f", {node['peers']} peers" if node["peers"] else ""
    return f"round {node['round']}{epoch}{peers}"


class _Marks:
    """What the workers of one task tell each other: they share only the run's own directory."""

    def __init__(self, task: str) -> None:
        self._failed = os.path.join(constants.DEFAULT_LOCAL_TMP, f"swarm-training-{task}")
        self._ended = f"{self._failed}-ended"

    def fail(self, host: str) -> None:
        with open(self._failed, "a", encoding="utf-8") as file:
            file.write(f"{host}\n")

    def failed(self) -> str:
        """The host that failed first, empty if none has."""
        if not os.path.exists(self._failed):
            return ""
        with open(self._failed, encoding="utf-8") as file:
            return file.readline().strip()

    def lose(self, host: str, number: int) -> None:
        """So many peers of a host have failed."""
        if number:
            with open(f"{self._failed}-lost-{host}", "w", encoding="utf-8") as file:
                file.write(str(number))

    def lost(self, hosts: list[str]) -> int:
        """How many peers of these hosts have failed."""
        found = 0
        for path in (f"{self._failed}-lost-{host}" for host in hosts):
            if os.path.exists(path):
                with open(path, encoding="utf-8") as file:
                    found += int(file.read() or 0)
        return found

    def end(self) -> None:
        """The script of the SWCI has ended well, and the training of all hosts with it."""
        with open(self._ended, "w", encoding="utf-8"):
            pass

    def ended(self) -> bool:
        return os.path.exists(self._ended)


class ActionModule(ActionBase):  # type: ignore[misc]
    """Runs the module repeatedly until the training has ended, and shows the progress in between."""

    def run(self, tmp: str | None = None, task_vars: Any = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        host, arguments, marks = task_vars["inventory_hostname"], dict(self._task.args), _Marks(self._task._uuid)
        wait_timeout = int(arguments.get("wait_timeout") or WAIT_TIMEOUT)
        limit = time.monotonic() + wait_timeout
        step, said = int(arguments.get("step") or 5), ""
        while True:
            arguments["step"] = 0 if self._task.check_mode else step
            try:
                result.update(self._execute_module(module_args=arguments, task_vars=task_vars))
            except AnsibleConnectionFailure as error:
                if time.monotonic() > limit:
                    raise
                said = f"unreachable: {error}"
                Display().warning(f"{host} is {said}; its training goes on, and the wait for it as well")
                threading.Event().wait(LONGEST_STEP)
                self._connection.reset()
                continue
            place = progress(result.get("nodes", []))
            if place != said and not result.get("failed"):
                said = place
                Display().display(f"{host}: {place}")
            if ending := _ending(result, arguments, host, task_vars["ansible_play_hosts"], marks):
                return {**result, **ending}
            if self._task.check_mode:
                return {**result, "verdict": "running"}
            if time.monotonic() > limit:
                return {**result, "verdict": "running", "failed": True, "msg": f"the training did not end within {wait_timeout} s: {place}"}
            if _of_swops_alone(arguments) or result.get("problem"):
                threading.Event().wait(step)  # the module has nothing to wait for
            step = min(step * 3 // 2, LONGEST_STEP)


def _ending(result: dict[str, Any], arguments: dict[str, Any], host: str, hosts: list[str], marks: _Marks) -> dict[str, Any]:
    """How the wait for a host's nodes ends now; empty if it goes on. result: what the module returned."""
    marks.lose(host, result.get("lost", 0))
    goes_on = _goes_on(result, arguments, marks.lost(hosts))
    if result.get("failed") or (result.get("problem") and not goes_on):
        marks.fail(host)
        why = result.get("msg", "") if result.get("failed") else result["problem"]
        return {"verdict": "failed", "failed": True, "msg": why, "failure": why}
    if _has_ended(result["finished"], arguments, hosts, marks):
        return {"verdict": "incomplete" if result.get("failure") else "finished"}
    other = marks.failed()
    return _stopped(result, host, other) if other and not goes_on else {}


def _goes_on(result: dict[str, Any], arguments: dict[str, Any], lost: int) -> bool:
    """Whether nodes of a host train on, and the platform can end the training with them, as enough peers are left."""
    least = int(arguments.get("min_peers") or 0)
    return bool(result.get("trains")) and least > 0 and int(arguments.get("peers") or 0) - lost >= least


def _stopped(result: dict[str, Any], host: str, other: str) -> dict[str, Any]:
    """How a training ended for a host whose nodes nobody waits for any more, as those of another failed."""
    if result["finished"] and not result.get("failure"):
        return {"verdict": "finished"}
    why = f"stopped waiting for the nodes of {host}, as those of {other} failed"
    said = "\n".join(filter(None, (why, result.get("failure"))))
    return {"verdict": "stopped", "failed": True, "msg": said, "failure": said}


def _has_ended(finished: bool, arguments: dict[str, Any], hosts: list[str], marks: _Marks) -> bool:
    """Whether the training of a host has ended: of SWOPs, with the script of the SWCI, where its host is one of the play's."""
    if finished and arguments.get("swci"):
        marks.end()
    return marks.ended() if _of_swops_alone(arguments) and arguments.get("swci_host") in hosts else finished


def _of_swops_alone(arguments: dict[str, Any]) -> bool:
    """Whether a host has nodes that SWOPs start, and no SWCI."""
    return not arguments.get("nodes") and not arguments.get("swci")
