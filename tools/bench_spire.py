# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What SPIRE costs: time from a configured server to the first SVID, spire-server commands of a run, a thousand entries."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from lab import binaries, engine, images, playbook_runner, settings, training
from tools import bench_module, terminal
from tools.terminal import say

SYNC = "the interval at which an agent synchronises with its server"
SYNC_SECONDS = 5  # SPIRE's default
MANY = 1000
DOMAIN = "bench.example"
PARENT = f"spiffe://{DOMAIN}/swarm/agent/localhost"
ENTRIES = "swarm.learning.spire_entry"
SIGNS = (
    ("the agent is attested", "spire-agent", "Node attestation was successful"),
    ("the Sentinel asks for an SVID", "sn-1", "Waiting for an X.509 SVID"),
    ("the Sentinel has its SVID", "sn-1", "Received SVID"),
)


def configured(log: Path) -> float:
    """When the servers had their entries, in seconds since the epoch, by the JSON lines of a run of `site`. Raises ValueError."""
    ends = []
    for event in map(json.loads, (line for line in log.read_text(encoding="utf-8").splitlines() if line.startswith("{"))):
        if event["_event"] == "v2_runner_on_ok" and any(result["action"] == ENTRIES for result in event["hosts"].values()):
            ends.append(datetime.fromisoformat(event["task"]["duration"]["end"].replace("Z", "+00:00")).timestamp())
    return max(ends)


def first_identity(host: training.Host, log: Path) -> None:
    """Print when, after the servers were configured, a host's agent was attested and its first SN had an SVID."""
    start = configured(log)
    rows = [(what, f"{training.said_at(host, name, words) - start:.1f} s") for what, name, words in SIGNS]
    say(terminal.bold("From configured SPIRE Servers to the first SVID"))
    terminal.table(("event", "after"), [*rows, (SYNC, f"{SYNC_SECONDS} s")], right=(1,))


def executions(hosts: Sequence[training.Host], since: float, until: float) -> int:
    """Number of spire-server commands on the hosts between two times (seconds since the epoch), from their engines' events."""
    span = ("--since", f"{since:.3f}", "--until", f"{until:.3f}")
    events = [host.run("docker", "events", *span, "--filter", "event=exec_create", "--format", "{{.Action}}") for host in hosts]
    return sum(line.count("/spire-server ") for text in events for line in text.splitlines())


def a_server(directory: Path, image: str) -> str:
    """Deploy a SPIRE Server of its own on this machine with the role; the container's name. Raises SystemExit."""
    name = "swarm-bench-spire-server"
    variables = {
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        "swarm_trust_domain": DOMAIN,
        "swarm_spire_version": settings.SPIRE_VERSION,
        "swarm_dir": str(directory / "host"),
        "spire_server_name": name,
        "spire_server_image": image,
        "spire_server_options": {"network": "bridge", "publish": [], "stop_timeout": 1},
    }
    play = {"hosts": "all", "connection": "local", "gather_facts": False, "roles": ["swarm.learning.spire_server"], "vars": variables}
    book = directory / "bench.json"
    book.write_text(json.dumps([play]), encoding="utf-8")
    run = playbook_runner.run(str(book), ["-i", "localhost,"], lambda *unused: None, directory / "bench.jsonl")
    if run.status:
        raise SystemExit("\n".join(run.failures) + run.stderr)
    return name


def many_entries() -> None:
    """Print how long it takes to create a thousand registration entries, and to check them."""
    client = engine.ensure()
    image = images.spire(client, images.base(client), binaries.build())["spire-server"]
    wanted = [
        {"spiffe_id": f"spiffe://{DOMAIN}/swarm/sl-{number}", "parent_id": PARENT, "selectors": [f"docker:env:number={number}"]}
        for number in range(MANY)
    ]
    with tempfile.TemporaryDirectory() as directory:
        try:
            name = a_server(Path(directory), image)
            made, checked = (bench_module.call("swarm.learning.spire_entry", {"name": name, "entries": wanted}) for _run in range(2))
        finally:
            for container in client.containers.list(all=True, filters={"name": "^swarm-bench-"}):
                container.remove(force=True, v=True)
    if (made.result["changed"], checked.result["changed"]) != (True, False):
        raise SystemExit(f"{MANY} entries: expected the first call to change something and the second to change nothing")
    say(f"{MANY} registration entries: created in {made.seconds:.1f} s, checked in {checked.seconds:.1f} s")
