# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A component's floating licence: taken at the start, kept alive, returned at the end."""

from __future__ import annotations

import socket
import threading
import uuid

from swarmlab.environment import Settings
from swarmlab.process import Refusal, log
from swarmlab.web import Client, Failed, Unreachable

# Feature ID and version by component, as the logs of the platform's nodes name them (its public issues 68 and 163). The others' are not public.
FEATURES = {"sn": "1100000380:1", "sl": "1100000378:1"}
HEARTBEAT_SECONDS = 60.0


class Licence:
    """One licence held at the License Server (the primary, else the secondary)."""

    def __init__(self, settings: Settings, component: str):
        self._feature = FEATURES[component]
        self._holder = f"{component}-{socket.gethostname()}-{uuid.uuid4().hex[:8]}"
        self._clients = [
            Client(None, host, settings.number(f"{which}apls_port"), "License Server")
            for which in ("", "secondary_")
            if (host := settings.text(f"{which}apls_ip"))
        ]
        self._client: Client | None = None
        self._released = threading.Event()

    def acquire(self) -> None:
        """Take the licence; a thread keeps it. Raises Refusal with the platform's codes 6002 (away) and 304 (none left)."""
        logger = log("blCnt")
        logger.info("Creating Autopass License Provider")
        logger.info("Acquiring floating license %s", self._feature)
        away = []
        for client in self._clients:
            try:
                client.post("/acquire", {"holder": self._holder, "feature": self._feature})
                self._client = client
                break
            except Unreachable as error:
                away.append(str(error))
            except Failed as refused:
                raise Refusal(str(refused)) from refused
        if self._client is None:
            raise Refusal(f"Error code: 6002 Error message: Unable to connect to server. {'; '.join(away)}")
        threading.Thread(target=self._keep, daemon=True).start()

    def _keep(self) -> None:
        while not self._released.wait(HEARTBEAT_SECONDS):
            try:
                assert self._client
                self._client.post("/heartbeat", {"holder": self._holder, "feature": self._feature})
            except (Unreachable, Failed) as error:
                log("blCnt").warning("License heartbeat: %s", error)

    def release(self) -> None:
        """Give the licence back, when one is held."""
        self._released.set()
        client, self._client = self._client, None
        if client is None:
            return
        try:
            # A stop is not held up by this.
            client.call("POST", "/release", {"holder": self._holder, "feature": self._feature}, timeout=0.5)
            log("blCnt").info("Released floating license %s", self._feature)
        except (Unreachable, Failed) as error:
            log("blCnt").warning("License not returned, it frees after 30 min: %s", error)
