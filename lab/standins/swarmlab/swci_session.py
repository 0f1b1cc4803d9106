# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What SWCI's commands do. A session has contexts (SN nodes by name), one of them current, and a working directory."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from swarmlab import environment
from swarmlab.identity import Identity
from swarmlab.process import Refusal
from swarmlab.profile import load_yaml
from swarmlab.swci_commands import FORMS, Command
from swarmlab.tasks import validate
from swarmlab.web import Client, Unreachable, distrust

API_PORT = 30304
RETRIES, RETRY_SECONDS = 360, 5.0
HASH_SECONDS = 2
WAIT_MINUTES = 120.0  # how long WAIT FOR TASKRUNNER waits where the environment does not say otherwise


class Finished(Exception):
    """EXIT."""


class Session:
    """Carries out commands. ``say`` prints a line."""

    def __init__(self, me: Identity, directory: Path, say: Callable[[str], None], environ: Mapping[str, str] | None = None):
        self._me, self._directory, self._say, self._environ = me, directory, say, environ or {}
        self._contexts: dict[str, tuple[Client, dict[str, str]]] = {}
        self._current: str | None = None
        self.exit_on_failure = False

    def do(self, command: Command) -> None:
        """Carry out one command. Raises Failed, Unreachable or Refusal when it fails, Finished at EXIT."""
        getattr(self, f"_{command.form}")(**command.values)

    @property
    def _sn(self) -> Client:
        if self._current is None:
            raise Refusal("no context: CREATE CONTEXT … WITH IP …, then SWITCH CONTEXT …")
        return self._contexts[self._current][0]

    def _show(self, value: Any) -> None:
        self._say(json.dumps(value, indent=2, sort_keys=True))

    # Contexts

    def _client(self, ip: str | None, port: int | None, service: str | None) -> Client:
        return Client(self._me, *environment.address(ip, port or API_PORT, service, environment.SERVICE_PORT), "API Server")

    def _create_context(self, name: str, client: Client) -> None:
        if name in self._contexts:
            raise Refusal(f"context {name} is there already")
        client.get("/is_up")
        self._contexts[name] = (client, {})
        self._current = self._current or name
        self._say("API Server is UP!")
        self._say(f"CONTEXT CREATED : {name}")

    def _create_context_ip(self, name: str, ip: str, port: int | None) -> None:
        self._create_context(name, self._client(ip, port, None))

    def _create_context_service(self, name: str, service: str) -> None:
        self._create_context(name, self._client(None, None, service))

    def _context(self, name: str) -> tuple[Client, dict[str, str]]:
        if name not in self._contexts:
            raise Refusal(f"context {name} is not there; there are: {', '.join(self._contexts) or 'none'}")
        return self._contexts[name]

    def _switch_context(self, name: str) -> None:
        self._context(name)
        self._current = name
        self._say(f"DEFAULT CONTEXT SET TO : {name}")

    def _list_contexts(self) -> None:
        for name in self._contexts:
            self._say(f"{'*' if name == self._current else ' '} {name}")

    def _context_info(self, name: str | None) -> None:
        client, variables = self._context(name or self._current or "")
        self._show({"name": name or self._current, "host": client.host, "port": client.port, "env": variables})

    def _context_env(self, name: str, key: str, value: str) -> None:
        self._context(name)[1][key] = value

    def _context_value(self, name: str, key: str) -> None:
        variables = self._context(name)[1]
        if key not in variables:
            raise Refusal(f"context {name} has no variable {key}; it has: {', '.join(variables) or 'none'}")
        self._say(f"{key} : {variables[key]}")

    def _own_env(self, key: str, value: str) -> None:
        self._context_env(self._current or "", key, value)

    def _own_value(self, key: str) -> None:
        self._context_value(self._current or "", key)

    def _context_values(self, name: str | None) -> None:
        for key, value in self._context(name or self._current or "")[1].items():
            self._say(f"{key} : {value}")

    def _context_version(self) -> None:
        self._say(f"API Server version : {self._sn.get('/version')['version'] or 'unknown'}")

    # Waiting

    def _wait_up(self, client: Client, retries: int | None) -> None:
        last = retries if retries is not None else RETRIES
        for attempt in range(last + 1):
            try:
                client.get("/is_up", timeout=5)
                self._say("API Server is UP!")
                return
            except Unreachable as away:
                if attempt == last or distrust(away):
                    raise
                if attempt == 0:
                    self._say(f"Waiting: {away}")
            time.sleep(RETRY_SECONDS)

    def _wait_ip(self, ip: str, port: int | None, retries: int | None) -> None:
        self._wait_up(self._client(ip, port, None), retries)

    def _wait_service(self, service: str, retries: int | None) -> None:
        self._wait_up(self._client(None, None, service), retries)

    # Tasks

    def _create_task(self, file: str) -> None:
        path = self._directory / file
        task = validate(load_yaml(path), str(path))
        self._sn.post("/tasks", task)
        self._say(f"TASK CREATED : {task['Name']}")

    def _create_empty_task(self, kind: str, name: str, author: str, prereq: str, outcome: str) -> None:
        """Its body comes line by line, by APPEND TASK BODY."""
        self._sn.post("/tasks", {"Name": name, "TaskType": kind, "Author": author, "Prereq": prereq, "Outcome": outcome, "Body": {}})
        self._say(f"TASK CREATED : {name}")

    def _append_body(self, name: str, idx: int, line: str) -> None:
        self._sn.post(f"/tasks/{name}/body", {"idx": idx, "line": line})
        self._say(f"TASK BODY APPENDED : {name} line {idx}")

    def _finalize_task(self, name: str) -> None:
        self._sn.post(f"/tasks/{name}/finalize", {})
        self._say(f"TASK FINALIZED : {name}")

    def _task_info(self, name: str) -> None:
        task = self._sn.get(f"/tasks/{name}")
        head = {key: value for key, value in task["definition"].items() if key != "Body"}
        self._show({**head, "Finalized": task["finalized"]})

    def _task_body(self, name: str) -> None:
        task = self._sn.get(f"/tasks/{name}")
        body = task["definition"]["Body"]
        if "lines" in task and not task["finalized"]:  # which may be no YAML yet
            for number in sorted(task["lines"], key=int):
                self._say(task["lines"][number])
            return
        if isinstance(body.get("Auth"), dict):
            body["Auth"] = {"Username": body["Auth"]["Username"], "Password": "********"}
        self._show(body)

    def _list_tasks(self) -> None:
        for name, finalized in self._sn.get("/tasks")["tasks"].items():
            self._say(f"{name} : {'FINALIZED' if finalized else 'CREATED'}")

    def _delete_task(self, name: str) -> None:
        self._sn.delete(f"/tasks/{name}")
        self._say(f"TASK DELETED : {name}")

    # Taskrunners

    def _assign(self, task: str, runner: str, peers: int | None, target: str | None) -> None:
        done = self._sn.post(f"/taskrunners/{runner}/assign", {"task": task, "peers": peers, "target": target})
        self._say(f"TASK ASSIGNED : {task} TO {runner} WITH {done['wanted']} PEERS")

    def _assign_peers(self, task: str, runner: str, peers: int) -> None:
        self._assign(task, runner, peers, None)

    def _assign_all(self, task: str, runner: str) -> None:
        self._assign(task, runner, None, None)

    def _assign_target(self, task: str, runner: str, uid: str) -> None:
        self._assign(task, runner, None, uid)

    def _create_runner(self, name: str) -> None:
        self._sn.post("/taskrunners", {"name": name})
        self._say(f"TASKRUNNER CREATED : {name}")

    def _list_runners(self) -> None:
        for name in self._sn.get("/taskrunners")["taskrunners"]:
            self._say(name)

    def _reset_runner(self, runner: str) -> None:
        self._sn.post(f"/taskrunners/{runner}/reset", {})
        self._say(f"TASKRUNNER RESET : {runner}")

    def _wait_runner(self, runner: str) -> None:
        """As on the platform it goes on waiting when a peer has failed; it says so at once, and fails in the end.

        When its time is over it warns and goes on with the next line.
        """
        end = time.monotonic() + self._wait_seconds(runner)
        said: set[int] = set()
        seq, hash_at = -1, 0.0
        while True:
            now = self._sn.get(f"/taskrunners/{runner}?after={seq}&wait={HASH_SECONDS}", timeout=HASH_SECONDS + 10)
            seq = now["seq"]
            for index, peer in enumerate(now["peers"]):
                if peer["status"] == "FAILED" and index not in said:
                    said.add(index)
                    self._say(f"PEER {index} FAILED : {peer['detail']}")
            if now["status"] == "COMPLETE":
                self._say(f"TASKRUNNER COMPLETE : {runner}, {len(now['peers'])} peers")
                return
            if now["status"] in ("FAILED", "IDLE"):
                what = f"{len(said)} of {now['wanted']} peers failed" if said else "it has no task"
                raise Refusal(f"taskrunner {runner}: {what}")
            if time.monotonic() > end:
                self._say("WARNING - Maximum configured SWCI wait time is over")
                return
            if time.monotonic() >= hash_at:
                hash_at = time.monotonic() + HASH_SECONDS
                self._say("#")

    def _wait_seconds(self, runner: str) -> float:
        """By the kind of the runner's task, in release 2.3.0; by one variable before."""
        task = self._sn.get(f"/taskrunners/{runner}")["task"]
        kind = self._sn.get(f"/tasks/{task}")["definition"]["TaskType"] if task else ""
        name = "SWCI_RUN_TASK_MAX_WAIT_TIME" if kind == "RUN_SWARM" else "SWCI_GENERIC_TASK_MAX_WAIT_TIME"
        minutes = self._environ.get(name) or self._environ.get("SWCI_TASK_MAX_WAIT_TIME") or WAIT_MINUTES
        return float(minutes) * 60

    def _runner_status(self, runner: str) -> None:
        now = self._sn.get(f"/taskrunners/{runner}")
        kind = self._sn.get(f"/tasks/{now['task']}")["definition"]["TaskType"] if now["task"] else ""
        found = [peer["status"] for peer in now["peers"]]
        self._say(f"TASK_NAME : {now['task'] or 'Empty'}")
        self._say(f"PEER_TYPE : {'SL' if kind == 'RUN_SWARM' else 'SWOP'}")
        self._say(f"TASK_STATE : {'ERROR' if now['status'] == 'FAILED' else now['status']}")
        for name, status in (("ACTIVE", "RUNNING"), ("COMPLETED", "COMPLETE"), ("FAILED", "FAILED")):
            self._say(f"{name}_PEERS : {found.count(status)}")

    _runner_info = _runner_status

    def _runner_peers(self, runner: str) -> None:
        now = self._sn.get(f"/taskrunners/{runner}")
        for uid in dict.fromkeys([*(peer["swop"] for peer in now["peers"]), *now["joined"]]):
            self._say(uid)

    def _peer_status(self, runner: str, index: int) -> None:
        peers = self._sn.get(f"/taskrunners/{runner}")["peers"]
        if index >= len(peers):
            raise Refusal(f"taskrunner {runner} has no peer {index}: it has {len(peers)} so far, counted from 0")
        self._show(peers[index])

    def _swop_status(self, runner: str, uid: str) -> None:
        peers = [peer for peer in self._sn.get(f"/taskrunners/{runner}")["peers"] if peer["swop"] == uid]
        if not peers:
            raise Refusal(f"taskrunner {runner} has no peer of a SWOP {uid}")
        self._show(peers)

    # Contracts and nodes

    def _create_contract(self, name: str) -> None:
        self._sn.post("/contracts", {"name": name})
        self._say(f"CONTRACT CREATED : {name}")

    def _list_contracts(self) -> None:
        for name in self._sn.get("/contracts")["contracts"]:
            self._say(name)

    def _reset_contract(self, name: str) -> None:
        self._sn.delete(f"/contracts/{name}")
        self._say(f"CONTRACT RESET : {name}")

    def _contract_status(self, name: str) -> None:
        self._show(self._sn.get(f"/contracts/{name}"))

    def _contract_info(self, name: str) -> None:
        self._sn.get(f"/contracts/{name}")
        self._say(f"CONTRACT : {name}")

    def _perfdata_contract(self, name: str) -> None:
        self._perfdata(name)

    def _perfdata(self, name: str) -> None:
        now = self._sn.get(f"/contracts/{name}")
        self._show({"contract": name, "rounds_merged": now["round"] - 1, "peers": len(now["peers"]), "last_merged": now["last_merged"]})

    def _list_nodes(self) -> None:
        rows = [("TYPE", "HOST IP", "PORT", "NAME", "UID", "PARENT UID", "I-AM-ALIVE (UTC)")]
        for node in self._sn.get("/nodes")["nodes"]:
            heard = datetime.fromtimestamp(node["alive"], timezone.utc).strftime("%Y-%m-%d %H:%M:%S")
            found = [node[key] for key in ("host_ip", "port", "name", "uid", "parent_uid")]
            rows.append((node["type"].upper(), *(str(value) if value else "" for value in found), heard))
        for row in rows:
            self._say(", ".join(row))

    # The rest

    def _cd(self, directory: str) -> None:
        path = self._directory / directory
        if not path.is_dir():
            raise Refusal(f"{path} is not a directory")
        self._directory = path

    def _ls(self, directory: str | None) -> None:
        path = self._directory / (directory or ".")
        if not path.is_dir():
            raise Refusal(f"{path} is not a directory")
        for name in sorted(each.name for each in path.iterdir()):
            self._say(name)

    def _pwd(self) -> None:
        self._say(str(self._directory))

    def _sleep(self, seconds: int) -> None:
        time.sleep(seconds)

    def _exit_on_failure(self, switch: str | None) -> None:
        if (switch or "ON").upper() not in ("ON", "OFF"):
            raise Refusal(f"EXIT ON FAILURE {switch}: it is ON or OFF")
        self.exit_on_failure = (switch or "ON").upper() == "ON"

    def _exit(self) -> None:
        raise Finished

    def _help(self, command: str | None) -> None:
        for form in FORMS.values():
            if command is None or form.startswith(command.upper()):
                self._say(form)
