# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What identity costs: from a configured server to the first SVID, spire-server executions in a run, a thousand entries."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from lab import binaries, engine, images
from tests.integration.spire.world import ALIAS, DOMAIN, Spire
from tools import terminal, training
from tools.terminal import say

SYNC = "an agent's own interval between two looks at its server"
SYNC_SECONDS = 5  # what it does when it is not told otherwise
MANY = 1000
ENTRIES = "The SPIRE Server has the registration entries"
SIGNS = (
    ("the agent is attested", "spire-agent", "Node attestation was successful"),
    ("the Sentinel asks for an SVID", "sn-1", "Waiting for an X.509 SVID"),
    ("the Sentinel has its SVID", "sn-1", "Received SVID"),
)


def configured(log: Path) -> float:
    """When the servers had their entries, in seconds since the epoch, by the JSON lines of a run of `site`. Raises ValueError."""
    ends = []
    for event in map(json.loads, (line for line in log.read_text(encoding="utf-8").splitlines() if line.startswith("{"))):
        if event["_event"] == "v2_runner_on_ok" and event["task"]["name"].endswith(ENTRIES):
            ends.append(datetime.fromisoformat(event["task"]["duration"]["end"].replace("Z", "+00:00")).timestamp())
    return max(ends)


def first_identity(host: training.Host, log: Path) -> None:
    """Say when, after the servers were configured, a host's agent was attested and its first SN had an identity."""
    start = configured(log)
    rows = [(what, f"{training.said_at(host, name, words) - start:.1f} s") for what, name, words in SIGNS]
    say(terminal.bold("From configured SPIRE Servers to the first SVID"))
    terminal.table(("then", "after"), [*rows, (SYNC, f"{SYNC_SECONDS} s")], right=(1,))


def executions(hosts: Sequence[training.Host], since: float, until: float) -> int:
    """How often spire-server was run on the hosts, by what their engines remember of that time (seconds since the epoch)."""
    span = ("--since", f"{since:.3f}", "--until", f"{until:.3f}")
    told = [host.run("docker", "events", *span, "--filter", "event=exec_create", "--format", "{{.Action}}") for host in hosts]
    return sum(line.count("/spire-server ") for text in told for line in text.splitlines())


def many_entries() -> None:
    """Say how long it takes to bring a thousand entries about, and to check them."""
    client = engine.ensure()
    with tempfile.TemporaryDirectory() as directory:
        spire = Spire(client, directory, "swarm-bench", images.spire(client, images.base(client), binaries.build()))
        try:
            spire.up()
            wanted = [
                {"spiffe_id": f"spiffe://{DOMAIN}/swarm/sl-{number}", "parent_id": ALIAS, "selectors": [f"docker:env:number={number}"]}
                for number in range(MANY)
            ]
            took = []
            for change in (True, False):
                begun = time.monotonic()
                done = spire.call("spire_entry", entries=wanted)
                took.append(time.monotonic() - begun)
                if done["changed"] is not change:
                    raise SystemExit(f"{MANY} entries: changed is {done['changed']}, not {change}")
        finally:
            spire.clean()
    say(f"{MANY} registration entries: made in {took[0]:.1f} s, checked in {took[1]:.1f} s")
