# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A component's place among the nodes that its SN knows: enrolled, i-am-alive, gone."""

from __future__ import annotations

import threading
from http import HTTPStatus
from typing import Any

from swarmlab.process import Refusal, log
from swarmlab.web import Client, Failed, Unreachable, distrust

ALIVE_SECONDS = 3.0
SN_SECONDS = 60.0


class Node:
    """One enrolment at an SN. `facts` are type, uid, name, host_ip and port, as `POST /nodes` takes them."""

    def __init__(self, sn: Client, **facts: Any):
        self._sn, self._facts = sn, facts
        self.uid: str = facts["uid"]
        self.name: str = facts["name"]
        self._left = threading.Event()
        self._enrolled = False

    def enrol(self) -> None:
        """Enrol, and say i-am-alive from then on. Raises Refusal: SN away, not trusted, or it says no (address in use)."""
        try:
            try:
                self._sn.get("/is_up")
            except Unreachable as problem:
                if distrust(problem):
                    raise
                self._sn.retry(lambda client: client.get("/is_up"), SN_SECONDS)
            self._sn.post("/nodes", {"parent_uid": None, **self._facts})
        except (Unreachable, Failed) as problem:
            raise Refusal(f"cannot enrol {self.name} at its SN node: {problem}") from problem
        self._enrolled = True
        log("node").info("Enrolled as %s with UID %s at %s", self.name, self.uid, self._sn)
        threading.Thread(target=self._live, daemon=True).start()
        log("node").info("Started I-am-Alive thread")

    def _live(self) -> None:
        said = ""
        while not self._left.wait(ALIVE_SECONDS):
            try:
                self._say_alive()
                said = ""
            except (Unreachable, Failed) as problem:
                if str(problem) != said:
                    log("node").warning("I-am-alive: %s", problem)
                said = str(problem)

    def _say_alive(self) -> None:
        try:
            self._sn.post(f"/nodes/{self.uid}/alive", {})
        except Failed as problem:
            if problem.status != HTTPStatus.NOT_FOUND:
                raise
            # The SN was started anew without its state.
            self._sn.post("/nodes", {"parent_uid": None, **self._facts})
            log("node").info("Enrolled again: the SN node did not know %s any more", self.name)

    def leave(self) -> None:
        """Tell the SN that this node goes; an SN that is away learns it from the silence."""
        self._left.set()
        if not self._enrolled:
            return
        self._enrolled = False
        try:
            self._sn.call("DELETE", f"/nodes/{self.uid}", timeout=1.0)
        except (Unreachable, Failed) as problem:
            log("node").warning("Leaving: %s", problem)
