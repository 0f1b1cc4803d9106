# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python3 -m swarmlab.spire_server [ARGUMENT…]`: the SPIRE Server of release 0.3.0, which makes two registration entries itself."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from swarmlab.agent import BIN, Spire, command
from swarmlab.process import Refusal, log, run

# Of SN and SL; a node of SWCI needs an entry that somebody else makes.
DNS = {"sl": "swarm-learning-node", "sn": "swarm-network-node"}
SOCKET = "/tmp/spire-registration.sock"


def option(flag: str, key: str, words: Sequence[str]) -> str | None:
    """What a server is told by `-flag`, else by `key` of its configuration (HCL or JSON); None when by neither.

    words: the command, as `agent.command` makes it. Raises Refusal when the configuration cannot be read.
    """
    given = {}
    for word, after in zip(words, [*words[1:], ""], strict=True):
        name, equals, value = word.lstrip("-").partition("=")
        if word.startswith("-"):
            given[name] = value if equals else after
    if flag in given:
        return given[flag]
    try:
        text = Path(given["config"]).read_text()
    except OSError as error:
        raise Refusal(f"-config {given['config']} cannot be read: {error.strerror}") from error
    found = re.search(rf'^\s*[^#/\n]*?\b"?{key}"?\s*[:=]\s*"([^"]*)"', text, re.MULTILINE)
    return found[1] if found else None


def entry(domain: str, component: str) -> list[str]:
    """The arguments of `entry create` for a component."""
    ids = ["-parentID", f"spiffe://{domain}/swarm/{component}-agent", "-spiffeID", f"spiffe://{domain}/swarm/{component}"]
    return [*ids, "-selector", f"swarm:node-type:{component}", "-dns", DNS[component]]


def ask(words: Sequence[str], socket: str) -> subprocess.CompletedProcess[str]:
    """A command of the server's own command line."""
    arguments = [str(BIN / "spire-server"), *words, "-registrationUDSPath", socket]
    return subprocess.run(arguments, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def main(arguments: Sequence[str]) -> None:
    """Serve until SIGTERM, with the entries there. Raises Refusal."""
    words = command("spire-server", arguments)
    domain = option("trustDomain", "trust_domain", words)
    socket = option("registrationUDSPath", "registration_uds_path", words) or SOCKET
    server = Spire("spire-server", arguments)
    try:
        server.wait_until(lambda: ask(["healthcheck"], socket).returncode == 0)
        for component in DNS:
            made = ask(["entry", "create", *entry(str(domain), component)], socket)
            if made.returncode and "similar entry already exists" not in made.stdout:
                raise Refusal(f"the registration entry of {component} cannot be made: {made.stdout.strip()}")
        log("spire").info("The registration entries of SN and SL nodes in %s are there", domain)
        server.run()
    finally:
        server.stop()


if __name__ == "__main__":
    run("spire", lambda environ: main(sys.argv[1:]))
