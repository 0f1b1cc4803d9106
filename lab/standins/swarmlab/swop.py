# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Swarm Operator: takes the tasks of its taskrunner and carries them out through the Docker socket."""

from __future__ import annotations

import os
import socket
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swarmlab import container_info, environment, identity, pairs, profile
from swarmlab.environment import Settings
from swarmlab.node import Node
from swarmlab.process import Refusal, log, run
from swarmlab.web import Client, Failed, Unreachable

if TYPE_CHECKING:
    from swarmlab.docker_work import Workshop

USR = Path("/platform/swarm/usr")
POLL_SECONDS = 0.5
WAIT_SECONDS = 15
SL_MAY_OUTLIVE_ML_SECONDS = 120
LAST_LINES = 8


def drop_privileges(settings: Settings) -> None:
    """Become SWOP_UID:SWOP_GID with the group of the Docker socket, as the platform does."""
    if os.getuid() != 0 or settings["uid"] == 0:
        return
    os.setgroups([settings.number("docker_gid")] if settings["docker_gid"] is not None else [])
    os.setgid(settings.number("gid"))
    os.setuid(settings.number("uid"))


class Run:
    """One assignment of a task, as far as this SWOP has part in it."""

    def __init__(self, operator: Operator, runner: Mapping[str, Any]):
        self._operator, self.id = operator, runner["run"]
        operator.attempts[self.id] += 1
        self._path = f"/taskrunners/{runner['name']}"
        self._task = operator.sn.get(f"/tasks/{runner['task']}")["definition"]
        self.over = threading.Event()
        self._peers: list[threading.Thread] = []

    @property
    def is_idle(self) -> bool:
        """Whether this SWOP has no part in it."""
        return not self._peers

    def end(self) -> None:
        """Give up what is left of it, and wait until its containers have been put away: the next run needs their ports."""
        self.over.set()
        for peer in self._peers:
            peer.join()

    def start(self) -> None:
        """Claim what this SWOP can serve, and do it in threads of its own."""
        nodes = [each["slnodedef"] for each in self._operator.profile["nodes"]]
        swarm = self._task["TaskType"] == "RUN_SWARM"
        names = [node["slhostname"] or f"sl-{node['idx']}" for node in nodes] if swarm else [self._operator.name]
        claimed = self._operator.sn.post(f"{self._path}/claim", {"run": self.id, "swop": self._operator.uid, "peers": names})
        indexes = claimed["indexes"]
        log("SWOP").info("SWOPExecutor : Task %s: this SWOP has %s of its peers", self._task["Name"], len(indexes))
        if swarm and indexes:
            before = self._operator.sn.get(f"/tasks/{self._task['Prereq']}")["definition"]
            task = {**self._task, "Image": before["Outcome"]}
        for number, index in enumerate(indexes):
            work = self._pair(nodes[number], task) if swarm else self._own_task
            self._peers.append(threading.Thread(target=self._peer, args=(index, names[number], work), daemon=True))
            self._peers[-1].start()

    def _peer(self, index: int, name: str, work: Callable[[], None]) -> None:
        from swarmlab.docker_work import Problem

        status, detail = "COMPLETE", ""
        try:
            work()
        except Problem as problem:
            status, detail = "FAILED", str(problem)
        if self.over.is_set():
            return
        log("SWOP").log(
            20 if status == "COMPLETE" else 40,
            "SWOPExecutor : Task %s, peer %s (%s): %s %s",
            self._task["Name"],
            index,
            name,
            status,
            detail,
        )
        body = {"run": self.id, "status": status, "detail": f"{name}: {detail}" if detail else ""}
        try:
            self._operator.sn.retry(lambda sn: sn.post(f"{self._path}/peers/{index}", body), 60)
        except (Unreachable, Failed) as problem:
            log("SWOP").error("SWOPExecutor : the end of peer %s cannot be reported: %s", index, problem)

    def _own_task(self) -> None:
        work = {"MAKE_USER_CONTAINER": "build", "PULL_IMAGE": "pull", "MAKE_SWARM_USER_CONTENT": "fill"}[self._task["TaskType"]]
        getattr(self._operator.workshop, work)(self._task["Outcome"], self._task["Body"])

    def _pair(self, node: Mapping[str, Any], task: Mapping[str, Any]) -> Callable[[], None]:
        def work() -> None:
            operator = self._operator
            attempt = operator.attempts[self.id]
            prefix = f"{operator.profile['groupname']}-{self.id}" + (f"-{attempt}" if attempt > 1 else "")
            containers: list[Any] = []
            try:
                wanted = pairs.sl(operator.profile, node, operator.own, f"{prefix}-sl-{node['idx']}")
                containers.append(operator.workshop.create(wanted))
                containers[0].start()
                wanted = pairs.ml(operator.profile, node, operator.own, f"{prefix}-ml-{node['idx']}", task)
                containers.append(operator.workshop.create({**wanted, "volumes_from": [containers[0].id]}))
                containers[1].start()
                log("SWOP").info("SWOPExecutor : started %s and %s", *(each.name for each in containers))
                watch(None if pairs.trains_alone(wanted["environment"]) else containers[0], containers[1], self.over)
            finally:
                for each in reversed(containers):
                    self._put_away(each)

        return work

    def _put_away(self, container: Any) -> None:
        """Stop a container; remove it, unless it is to be kept."""
        from swarmlab.docker_work import Problem

        try:
            container.stop(timeout=5)
            if not self._operator.keep:
                container.remove(v=True, force=True)
        except Problem as problem:
            log("SWOP").warning("SWOPExecutor : %s cannot be put away: %s", container.name, problem)


def watch(sl: Any | None, ml: Any, over: threading.Event) -> None:
    """Wait until both containers have ended well, or ML alone if there is no SL. Raises Refusal with the last log lines of the one that did not."""
    ended: dict[str, int] = {} if sl else {"SL": 0}
    ml_ended = 0.0
    while not over.wait(POLL_SECONDS):
        for what, container in (("SL", sl), ("ML", ml)):
            if what not in ended:
                container.reload()
                if container.status in ("exited", "dead"):
                    ended[what] = container.attrs["State"]["ExitCode"]
                    ml_ended = ml_ended or (time.monotonic() if what == "ML" else 0.0)
                    if ended[what]:
                        raise Refusal(f"the {what} container {container.name} ended with code {ended[what]}: {last_lines(container)}")
        if len(ended) == 2:
            return
        if ml_ended and time.monotonic() - ml_ended > SL_MAY_OUTLIVE_ML_SECONDS:
            raise Refusal(f"the ML program ended, and the SL container {sl.name} did not: {last_lines(sl)}")


def last_lines(container: Any) -> str:
    """Why a container ended, in one line: the errors at the end of its log, or just its end."""
    lines = [line for line in container.logs(tail=LAST_LINES).decode(errors="replace").split("\n") if line.strip()]
    return " | ".join([line for line in lines if " : ERROR : " in line] or lines)[-1500:]


class Operator:
    """This SWOP: its profile, its SN, its engine."""

    def __init__(self, settings: Settings, found: Mapping[str, Any], sn: Client, own: pairs.Own, workshop: Workshop, name: str):
        self.profile, self.sn, self.own, self.workshop, self.name = found, sn, own, workshop, name
        self.keep = bool(settings["keep_containers"])
        self.uid = uuid.uuid4().hex
        self.attempts: Counter[str] = Counter()

    def _is_called(self, current: Run, runner: Mapping[str, Any]) -> bool:
        """Whether ASSIGN TASK … TARGET calls it into a run that it had no part in, or in which all that it started failed."""
        again = any(peer["swop"] == self.uid and peer["status"] == "ASSIGNED" for peer in runner["peers"])
        return again or (current.is_idle and self.uid in runner["joined"])

    def serve(self) -> None:
        """Take the taskrunner's tasks, for ever."""
        path = f"/taskrunners/{self.profile['taskrunner']}"
        current: Run | None = None
        seq, said = -1, ""
        while True:
            try:
                runner = self.sn.get(f"{path}?after={seq}&wait={WAIT_SECONDS}", timeout=WAIT_SECONDS + 10)
                seq, said = runner["seq"], ""
                if current and runner["run"] != current.id:
                    current.end()
                    current = None
                if current and self._is_called(current, runner):
                    current.end()
                    current = None
                if runner["run"] and current is None:
                    current = Run(self, runner)
                    current.start()
            except (Unreachable, Failed) as problem:
                if str(problem) != said:
                    said = str(problem)
                    log("SWOP").warning("SWOPExecutor : %s", said)
                time.sleep(1)


def main(environ: Mapping[str, str]) -> None:
    """Serve until SIGTERM."""
    settings = environment.read("swop", environ)
    found = profile.load(USR / str(settings["profile"]))
    container, image, image_id = container_info.read()
    variables = {each.variable: environ[each.variable] for each in environment.AT_SN if environ.get(each.variable)}
    own = pairs.Own(image, variables, f"{settings['uid']}:{settings['gid']}")
    pairs.sl_image(image)
    me = identity.obtain("swop", environ)
    drop_privileges(settings)

    from swarmlab import docker_work

    client = docker_work.connect()
    workshop = docker_work.Workshop(client, image_id)
    workshop.require_network(found["network"])
    try:
        name = client.containers.get(container).name
    except docker_work.Problem:
        name = socket.gethostname()
    host, port = environment.address(
        settings.text("sn_ip"), settings.number("sn_api_port"), settings.text("sn_api_service"), environment.SERVICE_PORT
    )
    operator = Operator(settings, found, Client(me, host, port, "SN node"), own, workshop, name)
    facts = {"host_ip": None, "port": None, "taskrunner": found["taskrunner"], "nodes": len(found["nodes"])}
    node = Node(operator.sn, type="swop", uid=operator.uid, name=name, **facts)
    node.enrol()
    try:
        log("SWOP").info("SWOPExecutor : Ready for Task Execution!")
        operator.serve()
    finally:
        node.leave()


if __name__ == "__main__":
    run("swop", main)
