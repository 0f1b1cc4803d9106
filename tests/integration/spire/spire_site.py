# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SPIRE for a whole site on this machine's engine: hosts that are directories, their containers on one network."""

from __future__ import annotations

import base64
import itertools
import json
import time

from cryptography import x509

from lab import playbook_runner
from tests.integration.spire.spire_pair import VERSION

AGENT = "/opt/spire/bin/spire-agent"
SERVER = "/opt/spire/bin/spire-server"
BOOK = [
    {"hosts": "all", "gather_facts": False, "tasks": [{"import_role": {"name": "swarm.learning.swarm", "tasks_from": "validate"}}]},
    {"hosts": "swarm_spire_server", "gather_facts": False, "roles": ["swarm.learning.spire_server"]},
    {"hosts": "swarm_spire_agent", "gather_facts": False, "roles": ["swarm.learning.spire_agent"]},
]


class Site:
    """Hosts whose containers and directories have names of their own; images: name → reference of the server's and the agent's image."""

    def __init__(self, client, directory, prefix, images):
        self.client, self.directory, self.prefix, self.images, self.runs = client, directory, prefix, images, 0
        self.network = f"{prefix}-net"

    def play(self, hosts, groups):
        """Run SPIRE's part of `site` for hosts (name → variables) in groups (name → host names); what came of it."""
        self.runs += 1
        book = self.directory / f"site-{self.runs}.json"
        book.write_text(json.dumps(BOOK), encoding="utf-8")
        children = {group: {"hosts": {name: {} for name in members}} for group, members in groups.items()}
        inventory = self.directory / f"inventory-{self.runs}.json"
        inventory.write_text(json.dumps({"all": {"vars": self._variables(), "hosts": hosts, "children": children}}), encoding="utf-8")
        return playbook_runner.run(str(book), ("-i", str(inventory)), lambda event, run: None, book.with_suffix(".jsonl"))

    def _variables(self):
        name = f"{self.prefix}-{{{{ inventory_hostname }}}}"
        return {
            "ansible_connection": "local",
            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
            "swarm_spire_version": VERSION,
            "swarm_dir": f"{self.directory}/{{{{ inventory_hostname }}}}",
            "swarm_host_ip": "{{ spire_server_name }}",
            "spire_server_name": f"{name}-server",
            "spire_server_image": self.images["spire-server"],
            "spire_server_options": {"network": self.network, "stop_timeout": 1, "publish": []},
            "spire_agent_name": f"{name}-agent",
            "spire_agent_image": self.images["spire-agent"],
            "spire_agent_socket_dir": f"{name}-agent-socket",
            "spire_agent_options": {"network": self.network, "stop_timeout": 1},
        }

    def container(self, host, what="server"):
        """The container of the host's server, or of another part of it."""
        return self.client.containers.get(f"{self.prefix}-{host}-{what}")

    def spire(self, host, *words):
        """What the server on a host answers, as JSON."""
        code, out = self.container(host).exec_run([SERVER, *words, "-output", "json"])
        assert code == 0, out.decode()
        return json.loads(out)

    def authorities(self, host):
        """The CA certificates of the domain, as the server on a host has them."""
        return [_certificates(one["asn1"])[0] for one in self.spire(host, "bundle", "show")["x509_authorities"]]

    def tokens_made(self):
        """How many join tokens the servers have made, by their audit logs."""
        servers = self.client.containers.list(filters={"name": f"^{self.prefix}-.*-server$"})
        return sum(server.logs().decode().count("method=CreateJoinToken") for server in servers)

    def commands(self, since):
        """Host → the spire-server commands that were run in its server since a time (seconds since the epoch), by the engine's events."""
        found = {}
        for event in self.client.events(since=since, until=time.time(), filters={"event": "exec_create"}, decode=True):
            name, what = event["Actor"]["Attributes"]["name"], event["Action"].partition(f"{SERVER} ")[2]
            if what and name.startswith(f"{self.prefix}-"):
                found.setdefault(name.removeprefix(f"{self.prefix}-").removesuffix("-server"), []).append(what)
        return found

    def containers(self):
        """Name → (ID, when it was started) of all containers."""
        found = self.client.containers.list(all=True, filters={"name": f"^{self.prefix}-"})
        return {one.name: (one.id, one.attrs["State"]["StartedAt"]) for one in found}

    def workload(self, host, *words):
        """A new container on a host that calls itself an SN and asks the host's agent as `spire-agent api` does."""
        return self.client.containers.create(
            self.images["spire-agent"],
            ["api", *words, "-socketPath", "/s/api.sock"],
            name=f"{self.prefix}-{host}-workload-{self.runs}",
            entrypoint=[AGENT],
            environment={"swarm_node_type": "sn"},
            volumes={f"{self.prefix}-{host}-agent-socket": {"bind": "/s"}},
        )

    def identity(self, host):
        """(SPIFFE ID, certificates from its own on upwards) of what an SN on the host gets."""
        asking = self.workload(host, "fetch", "x509", "-output", "json")
        asking.start()
        status = asking.wait()["StatusCode"]
        assert status == 0, asking.logs().decode()
        [svid] = json.loads(asking.logs(stderr=False))["svids"]
        return svid["spiffe_id"], _certificates(svid["x509_svid"])

    def gets(self, host, spiffe_id, seconds=60):
        """Whether an SN on the host gets this identity in time. It asks repeatedly."""
        asking, end = self.workload(host, "watch"), time.monotonic() + seconds
        asking.start()
        said = itertools.takewhile(lambda line: time.monotonic() < end, asking.logs(stream=True, follow=True))
        found = any(spiffe_id.encode() in line for line in said)
        asking.remove(force=True)
        return found

    def clean(self):
        """Remove everything."""
        for container in self.client.containers.list(all=True, filters={"name": f"^{self.prefix}-"}):
            container.remove(force=True, v=True)
        for volume in self.client.volumes.list(filters={"name": f"^{self.prefix}-"}):
            volume.remove()
        for network in self.client.networks.list(filters={"name": f"^{self.network}$"}):
            network.remove()


def _certificates(text):
    """The certificates in base64 of DER, one after the other."""
    left, found = base64.b64decode(text), []
    while left:
        length = int.from_bytes(left[2:4], "big") + 4  # SEQUENCE, its length in two bytes
        found.append(x509.load_der_x509_certificate(left[:length]))
        left = left[length:]
    return found
