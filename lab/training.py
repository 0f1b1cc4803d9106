# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Follow a training from outside: the ML containers on the lab's hosts, their logs and their results."""

from __future__ import annotations

import json
import re
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

LAST_LINE = "SwarmCallback : INFO : All peers and Swarm training rounds finished. Final Swarm model was loaded."
TAIL = 20  # lines of a container's log that an error shows
SL_TAIL = 3  # and of the log of the SL beside it
LOOK_EVERY = 0.5  # seconds between two looks at the hosts for new containers
MOMENT = re.compile(r"(\d+-\d+-\d+T\d+:\d+:\d+)(\.\d{1,6})?")


class TrainingError(Exception):
    """The training cannot succeed; the text names the container that failed, its host, and its last log lines."""


@dataclass
class Host:
    """One of the lab's hosts: its name, and the container that it is."""

    name: str
    container: str

    def run(self, *command: str) -> str:
        """Standard output of a command on the host. Raises TrainingError when the command fails."""
        done = subprocess.run(["docker", "exec", self.container, *command], check=False, capture_output=True, text=True)
        if done.returncode:
            raise TrainingError(f"{self.name}: {' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def containers(self) -> list[dict]:
        """What `docker inspect` says about every container on the host, the oldest first."""
        while ids := self.run("docker", "ps", "--all", "--quiet", "--no-trunc").split():
            try:
                found = json.loads(self.run("docker", "inspect", *ids))
            except TrainingError as error:
                if "No such object" in str(error):
                    continue  # a container was removed in between, as those of an image's build are
                raise
            return sorted(found, key=lambda container: container["Created"])
        return []


def moment(text: str) -> float:
    """The engine's time stamp, with which a text begins, as seconds since the epoch."""
    match = MOMENT.match(text)
    return datetime.fromisoformat(f"{match[1]}+00:00").timestamp() + float(match[2] or 0)


def said_at(host: Host, container: str, words: str) -> float:
    """When the words first appeared in a container's log, in seconds since the epoch. Raises TrainingError if they did not."""
    log = host.run("sh", "-c", 'docker logs --timestamps "$1" 2>&1', "sh", container)
    for line in log.splitlines():
        if words in line:
            return moment(line)
    raise TrainingError(f"{host.name}: the log of {container} does not contain {words!r}")


def is_ml(container: dict) -> bool:
    """Whether an ML program runs in it: the user's container that shares an SL's channel volume, or, in release 0.3.0, the SL itself."""
    return _runs_program(container) or (bool(container["HostConfig"]["VolumesFrom"]) and _has(container, "SL_REQUEST_CHANNEL"))


def _runs_program(container: dict) -> bool:
    return _has(container, "MLCMD")


def _has(container: dict, variable: str) -> bool:
    return any(item.startswith(f"{variable}=") for item in container["Config"]["Env"] or [])


@dataclass
class Node:
    """One ML container whose log is followed; `line` is its newest, `sl` the ID of the SL container beside it."""

    host: Host
    id: str
    name: str
    sl: str
    tail: deque[str] = field(default_factory=lambda: deque(maxlen=TAIL))
    last_line: str = ""  # the log's line that has LAST_LINE, once it has been written
    ended: bool = False  # the whole log has been read

    def follow(self) -> None:
        """Read the log to its end, in the background."""
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        command = ["docker", "exec", self.host.container, "docker", "logs", "--follow", self.id]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace") as process:
            for line in process.stdout:
                self.tail.append(line.rstrip())
                if LAST_LINE in line:
                    self.last_line = line.rstrip()
        self.ended = True

    @property
    def finished(self) -> bool:
        """Whether the log has LAST_LINE."""
        return bool(self.last_line)

    @property
    def line(self) -> str:
        return self.tail[-1] if self.tail else "starting"


def last_words(host: Host, name: str, lines: Iterable[str]) -> str:
    """A message about a container that has exited, with the last lines of its log."""
    return "\n".join([f"{host.name}: {name} exited before the training was complete. Its last lines:", *(f"    {line}" for line in lines)])


def _dead_node(node: Node) -> str:
    """Why an ML container ended before the training did: its SL has often ended first, and knows."""
    message = last_words(node.host, node.name, node.tail)
    if node.sl != node.id and any(container["Id"] == node.sl for container in node.host.containers()):
        message += "\n" + "\n".join(["The last lines of its SL:", *(f"    {line}" for line in _end_of_log(node.host, node.sl, SL_TAIL))])
    return message


def _end_of_log(host: Host, container: str, lines: int) -> list[str]:
    return host.run("sh", "-c", 'docker logs --tail "$1" "$2" 2>&1', "sh", str(lines), container).splitlines()


def _dead_helper(host: Host, container: dict) -> str | None:
    """Why a container that the training needs makes waiting pointless, or None."""
    state = container["State"]
    if _component(container) in ("sn", "swop", "swci") and state["Status"] in ("exited", "dead") and state["ExitCode"]:
        return last_words(host, container["Name"].lstrip("/"), _end_of_log(host, container["Id"], TAIL))
    return None


def _component(container: dict) -> str | None:
    return (container["Config"]["Labels"] or {}).get("learning.swarm.component")


def current(found: Sequence[tuple[Host, dict]]) -> list[tuple[Host, dict]]:
    """The ML containers of this training, the newest of each host name; where a SWCI starts it, those made after the newest one started."""
    begun = max((container["State"]["StartedAt"] for _host, container in found if _component(container) == "swci"), default="")
    newest = {}
    for host, container in found:
        if is_ml(container) and (_runs_program(container) or container["Created"] >= begun):
            newest[host.name, container["Config"]["Hostname"]] = (host, container)
    return [newest[key] for key in sorted(newest)]


def follow(hosts: Sequence[Host], expected: int, timeout: float, on_look: Callable[[list[Node]], None]) -> list[Node]:
    """Wait until `expected` ML containers have logged LAST_LINE and ended; `on_look` sees them after each look.

    Raises TrainingError as soon as a container fails, or after `timeout` seconds.
    """
    known: dict[str, Node] = {}
    limit = time.monotonic() + timeout
    while True:
        found = [(host, container) for host in hosts for container in host.containers()]
        for why in filter(None, (_dead_helper(host, container) for host, container in found)):
            raise TrainingError(why)
        nodes = []
        for host, container in current(found):
            if container["Id"] not in known:
                sl = container["Id"] if _runs_program(container) else container["HostConfig"]["VolumesFrom"][0].partition(":")[0]
                known[container["Id"]] = Node(host, container["Id"], container["Config"]["Hostname"], sl)
                known[container["Id"]].follow()
            nodes.append(known[container["Id"]])
        on_look(nodes)
        for node in nodes:
            if node.ended and not node.finished:
                raise TrainingError(_dead_node(node))
        if len(nodes) >= expected and all(node.ended for node in nodes):
            return nodes
        if time.monotonic() > limit:
            missing = f"{sum(node.finished for node in nodes)} of {expected} ML containers had finished"
            raise TrainingError(f"the training was not complete after {timeout:.0f} s: {missing}")
        time.sleep(LOOK_EVERY)


def results(host: Host) -> list[dict]:
    """The result files that the ML programs of this host wrote beside their models, by node."""
    directories = set()
    for container in filter(is_ml, host.containers()):
        directories |= {mount["Source"] for mount in container["Mounts"] if mount["Type"] == "bind"}
    found = []
    for directory in sorted(directories):
        names = host.run("find", directory, "-path", "*/saved_models/*.result.json").split("\n")
        found += [json.loads(host.run("cat", name)) for name in names if name]
    return sorted(found, key=lambda result: result["node"])
