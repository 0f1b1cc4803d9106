# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real SPIRE Server and Agent on this machine's engine, deployed by the roles, and inspected without our modules."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

from lab import packages, playbook_runner
from tests.support import module_runner

DOMAIN = "org1.example"
ALIAS = f"spiffe://{DOMAIN}/swarm/agent/localhost"
VERSION = "1.15.3"


class Spire:
    """One server and one agent with names, a network and directories of their own.

    images: name → reference of the server's and the agent's image
    """

    def __init__(self, client, directory, prefix, images, domain=DOMAIN):
        self.client, self.directory, self.prefix, self.images, self.domain = client, Path(directory), prefix, images, domain
        self.server, self.agent, self.network = f"{prefix}-server", f"{prefix}-agent", f"{prefix}-net"
        self.options = {"network": self.network, "stop_timeout": 1}
        self.version, self.federates_with = VERSION, []
        self.runs = 0

    def other(self, domain):
        """Another domain's server and agent, none of which is up yet, on the same network; gone with this one."""
        made = Spire(self.client, self.directory / domain, f"{self.prefix}-{domain}", self.images, domain)
        made.directory.mkdir()
        made.network, made.options = self.network, self.options
        return made

    # --- bringing about --------------------------------------------------------------------------------------------------

    def roles(self, *names, hosts=("localhost",), **variables):
        """Run roles on this machine; returns what the playbook runner reports. Fails with what a user would read."""
        run = self.play(*names, hosts=hosts, **variables)
        assert run.status == 0, "\n".join(run.failures) or run.stderr
        return run

    def play(self, *names, hosts=("localhost",), on_event=lambda event, run: None, **variables):
        """The same, for runs that may fail; `hosts` are all this machine, `on_event` is that of the playbook runner."""
        self.runs += 1
        play = {"hosts": "all", "connection": "local", "gather_facts": False, "roles": list(names), "vars": self.variables(variables)}
        book = self.directory / f"play-{self.runs}.json"
        book.write_text(json.dumps([play]), encoding="utf-8")
        return playbook_runner.run(str(book), ("-i", f"{','.join(hosts)},"), on_event, book.with_suffix(".jsonl"))

    def variables(self, others):
        """What both roles are given."""
        volume = f"{self.agent}-socket"
        return {
            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
            "swarm_trust_domain": self.domain,
            "swarm_spire_version": self.version,
            "swarm_dir": str(self.directory / "host"),
            "spire_server_name": self.server,
            "spire_server_image": self.images["spire-server"],
            "spire_server_federates_with": self.federates_with,
            "spire_server_port": module_runner.free_port(),
            "spire_server_options": {**self.options, "publish": []},
            "spire_agent_name": self.agent,
            "spire_agent_image": self.images["spire-agent"],
            "spire_agent_server_name": self.server,
            "spire_agent_server_host": "localhost",
            "spire_agent_server_address": self.server,
            "spire_agent_socket_dir": volume,
            "spire_agent_options": self.options,
            **others,
        }

    def up(self):
        """Both run and the agent is attested."""
        self.client.networks.create(self.network)
        return self.roles("swarm.learning.spire_server", "swarm.learning.spire_agent")

    def call(self, module, check=False, **params):
        """One of the server's modules, run on it."""
        return module_runner.run(module, check=check, name=self.server, **params)

    def archive(self, entry_point, host, directory, *arguments, **others):
        """Run the role backup (`main`), or its part that restores (`restore`), on one host of this machine; `self.datastore` is its server's."""
        if not hasattr(self, "recipient"):
            packages.ensure("age")
            subprocess.run(["age-keygen", "--output", self.directory / "identity"], check=True, capture_output=True)
            shown = subprocess.run(["age-keygen", "-y", self.directory / "identity"], check=True, capture_output=True, text=True)
            self.recipient = shown.stdout.strip()
        site_host = {"trust_domain": self.domain, "volumes": [], "agent_volume": "", "user_paths": [], "owns_datastore": True}
        given = {
            **self.variables({}),
            "swarm_dir": str(directory),
            "swarm_site_host": site_host,
            "spire_server_datastore": self.datastore,
            "backup_dir": str(self.directory / "backups"),
            "backup_name": "one",
            "backup_recipients": [self.recipient],
            "backup_identity_file": str(self.directory / "identity"),
            "backup_datastore_image": self.database_image,
            **others,
        }
        self.runs += 1
        play = {"hosts": host, "connection": "local", "gather_facts": False}
        play["tasks"] = [{"import_role": {"name": "swarm.learning.backup", "tasks_from": entry_point}}]
        book = self.directory / f"play-{self.runs}.json"
        book.write_text(json.dumps([play]), encoding="utf-8")
        book.with_suffix(".vars.json").write_text(json.dumps(given), encoding="utf-8")
        words = ("-i", f"{host},", "-e", f"@{book.with_suffix('.vars.json')}", *arguments)
        return playbook_runner.run(str(book), words, lambda event, run: None, book.with_suffix(".jsonl"))

    def ask(self, config_dir):
        """What the module spire_agent says of the agent, in check mode."""
        volumes = [f"{self.directory}/host/spire-agent/data:/opt/spire/data/agent"]
        return module_runner.run(
            "spire_agent", check=True, name=self.agent, image=self.images["spire-agent"], config_dir=config_dir, volumes=volumes
        )

    # --- breaking --------------------------------------------------------------------------------------------------------

    def stop(self):
        """Both stop, as when their host goes down."""
        for name in (self.agent, self.server):
            self.client.containers.get(name).stop(timeout=1)

    def start(self):
        """Both start, as when their host comes up."""
        for name in (self.agent, self.server):
            self.client.containers.get(name).start()

    def wipe(self, component):
        """All that the component, `server` or `agent`, keeps is lost; its container runs again afterwards."""
        container = self.client.containers.get(getattr(self, component))
        container.stop(timeout=1)
        data = self.directory / f"host/spire-{component}/data"
        for path in data.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        container.start()

    # --- looking ---------------------------------------------------------------------------------------------------------

    def spire(self, *words):
        """What the server answers, as JSON."""
        code, out = self.client.containers.get(self.server).exec_run(["/opt/spire/bin/spire-server", *words, "-output", "json"])
        assert code == 0, out.decode()
        return json.loads(out)

    def fetched(self, *words, **environment):
        """What the agent's Workload API answers a container with this environment, as `spire-agent api fetch x509` shows it."""
        made = self.client.containers.create(
            self.images["spire-agent"],
            ["api", "fetch", "x509", "-socketPath", "/socket/api.sock", "-timeout", "30s", *words],
            entrypoint=["/opt/spire/bin/spire-agent"],
            environment=environment,
            volumes=[f"{self.agent}-socket:/socket"],
        )
        try:
            made.start()
            made.wait(timeout=60)
            return made.logs().decode()
        finally:
            made.remove(force=True)

    def agents(self):
        """SPIFFE IDs of the agents that the server knows."""
        return [_id(agent["id"]) for agent in self.spire("agent", "list")["agents"]]

    def only_agent(self):
        """ID of the agent, when it is the only one, under its alias, healthy, and no token lies about."""
        [agent] = self.agents()
        assert self.aliases() == [agent]
        assert self.healthy()
        assert self.token_files() == []
        return agent

    def aliases(self):
        """SPIFFE IDs of the agents that go by ALIAS."""
        return [_id(entry["parent_id"]) for entry in self.spire("entry", "show", "-spiffeID", ALIAS)["entries"]]

    def tokens_made(self):
        """How many join tokens the server has made since its container was made, by its audit log."""
        log = self.client.containers.get(self.server).logs().decode()
        return len(re.findall(r'msg="?API accessed"?.*method=CreateJoinToken', log))

    def healthy(self):
        """Whether the agent says that it is attested and serves."""
        command = ["/opt/spire/bin/spire-agent", "healthcheck", "-socketPath", "/tmp/spire-agent/public/api.sock"]
        return self.client.containers.get(self.agent).exec_run(command).exit_code == 0

    def token_files(self):
        """The files in which tokens are kept."""
        return sorted((self.directory / "host/tokens").glob("*"))

    def clean(self):
        """Remove everything."""
        for container in self.client.containers.list(all=True, filters={"name": f"^{self.prefix}-"}):
            container.remove(force=True, v=True)
        for volume in self.client.volumes.list(filters={"name": f"^{self.prefix}-"}):
            volume.remove()
        for network in self.client.networks.list(filters={"name": f"^{self.network}$"}):
            network.remove()


def _id(parts):
    return f"spiffe://{parts['trust_domain']}{parts['path']}"
