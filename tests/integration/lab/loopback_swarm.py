# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A swarm on loopback for tests: a License Server and an SN in this process, SL nodes and ML programs in processes of their own."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3] / "lab" / "standins"))

from swarmlab import apls
from swarmlab.sn import Sentinel
from swarmlab.sn_api import Api
from swarmlab.state import Store
from swarmlab.web import Client, Server

from tests.support.lab_certificates import Authority

ROOT = Path(__file__).parents[3]


@dataclass
class Pair:
    """An SL node and its ML program, and where their logs go."""

    directory: Path
    sl: subprocess.Popen[bytes]
    ml: subprocess.Popen[bytes]

    def log(self, which: str) -> str:
        return (self.directory / f"{which}.log").read_text()

    def wait_for(self, which: str, text: str, seconds: float = 20) -> None:
        """Wait until the log has the text."""
        deadline = time.monotonic() + seconds
        while text not in self.log(which):
            assert time.monotonic() < deadline, f"no {text!r} in {seconds} s:\n{self.log(which)}"
            time.sleep(0.05)


class Swarm:
    """Pair N serves at `self.address(N)`. Leave it as a context manager: nothing is left running."""

    def __init__(self, directory: Path, sn: Authority, *trusted: Authority):
        self.directory = directory
        identity = sn.identity("sn", *trusted)
        self._licences = Server(0, apls.Service(10, directory / "licenses.json").routes(), None, apls.certificate(directory / "apls.pem"))
        self.store = Store(directory / "state.json")
        submit = Sentinel(self.store).submit
        self._sn = Server(0, Api(self.store, submit, "sn-uid", {}, "2.3.0").routes(), identity, host="127.0.0.1")
        self.client = Client(identity, "127.0.0.1", self._sn.port, "SN node")
        self.pairs: list[Pair] = []
        self._net = f"127.{random.randint(1, 254)}.{random.randint(0, 254)}"  # all of 127/8 is loopback; tests may run side by side

    def address(self, number: int) -> str:
        """Where pair `number` (from 1) serves parameters."""
        return f"{self._net}.{number}"

    def __enter__(self) -> Swarm:
        self._licences.start()
        self._sn.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        for pair in self.pairs:
            for process in (pair.ml, pair.sl):
                process.kill()
                process.wait()
        self._sn.stop()
        self._licences.stop()

    def add(self, program: Path, identity: dict[str, str], grace: int = 10, **environ: str) -> Pair:
        """Start one more SL node, with the environment of its identity, and an ML program beside it."""
        number = len(self.pairs) + 1
        directory = self.directory / f"pair-{number}"
        directory.mkdir()
        channel = {f"SL_{way}_CHANNEL": str(directory / "channel" / f"{way.lower()}.channel") for way in ("REQUEST", "RESPONSE")}
        address = self.address(number)
        node = {
            "SWARM_LICENSE_AUTOPASSJ_SERVER_PRIMARY_IP": "127.0.0.1",
            "SWARM_LICENSE_AUTOPASSJ_SERVER_PRIMARY_PORT": str(self._licences.port),
            "SN_NODE_IP": "127.0.0.1",
            "SN_API_SERVER_PORT": str(self._sn.port),
            "THIS_NODE_IP": address,
            "SL_WAIT_FOR_FULL_QUORUM_SECONDS": str(grace),
            "PYTHONPATH": str(ROOT / "lab" / "standins"),
        }
        common = {"PATH": os.environ["PATH"], "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", **channel}
        sl = self._start(directory / "sl.log", ["-m", "swarmlab.sl", "--listen", f"{address}:30305"], {**common, **node, **identity})
        client = {"PYTHONPATH": str(ROOT / "lab" / "client"), "OUT": str(directory / "out")}
        ml = self._start(directory / "ml.log", [str(program)], {**common, **client, **environ})
        self.pairs.append(Pair(directory, sl, ml))
        return self.pairs[-1]

    @staticmethod
    def _start(log: Path, arguments: list[str], environ: dict[str, str]) -> subprocess.Popen[bytes]:
        with log.open("wb") as file:
            return subprocess.Popen([sys.executable, *arguments], stdout=file, stderr=subprocess.STDOUT, env=environ)

    def ended(self, seconds: float = 180) -> list[tuple[int, int]]:
        """The exit codes (SL, ML) of all pairs, which must all end in so many seconds."""
        deadline = time.monotonic() + seconds
        try:
            return [(pair.sl.wait(deadline - time.monotonic()), pair.ml.wait(deadline - time.monotonic())) for pair in self.pairs]
        except subprocess.TimeoutExpired as late:
            raise AssertionError("\n".join([f"{late}", *(pair.log(which) for pair in self.pairs for which in ("sl", "ml"))])) from late
