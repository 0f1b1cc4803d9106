# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each version of SPIRE accepts its configuration; one that it refuses never reaches a running server, and only what must restart does."""

import re
import subprocess

import pytest
from ansible_collections.swarm.learning.plugins.module_utils._spire import config
from ansible_collections.swarm.learning.plugins.plugin_utils import _hcl

from lab import binaries
from tests.integration.spire.spire_pair import DOMAIN, VERSION

SERVER, AGENT = "swarm.learning.spire_server", "swarm.learning.spire_agent"
GOOD = config.server({"version": VERSION, "trust_domain": DOMAIN})
PEER = {"trust_domain": "org2.example", "address": "192.0.2.2", "port": 8443}
DATABASE = {"type": "postgres", "host": "db", "database": "spire", "username": "spire", "password": "it's a \\ secret"}
SERVERS = {
    "alone": {},
    "federated": {"federates_with": [PEER]},
    "on PostgreSQL": {"datastore": DATABASE},
    "on MySQL": {"datastore": {**DATABASE, "type": "mysql"}},
}


def judged(version, component, configuration, path):
    """What the real program of that version says of a configuration: (whether it is valid, its words)."""
    path.write_text(_hcl.render(configuration), encoding="utf-8")
    command = [binaries.build(version).path / f"spire-{component}", "validate", "-config", path]
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode == 0, done.stdout


@pytest.mark.parametrize("version", binaries.versions())
def test_a_version_takes_its_configuration(version, tmp_path):
    for name, settings in SERVERS.items():
        configuration = config.server({"version": version, "trust_domain": DOMAIN, **settings})
        assert judged(version, "server", configuration, tmp_path / "server.conf")[0], name
    for cgroup_version in ("1", "2"):
        settings = {"version": version, "trust_domain": DOMAIN, "server_address": "192.0.2.1", "cgroup_version": cgroup_version}
        configuration = config.agent(settings)
        del configuration["agent"]["trust_bundle_path"]  # a file of the container's
        configuration["agent"]["insecure_bootstrap"] = True
        assert judged(version, "agent", configuration, tmp_path / "agent.conf")[0]
        configuration["agent"]["no_such_option"] = 1
        valid, words = judged(version, "agent", configuration, tmp_path / "agent.conf")
        assert not valid
        assert "nknown configuration detected" in words


def test_a_configuration_that_the_server_refuses_changes_nothing_that_runs(spire, monkeypatch):
    monkeypatch.setenv("ANSIBLE_ANY_ERRORS_FATAL", "1")
    before = (state(spire, spire.server), kept(spire, "server"))
    wrong = {**GOOD, "server": {**GOOD["server"], "no_such_option": 1}}
    for others in ((), ("other",)):  # the next run does not take it for good either; where any error is fatal, it is fatal to all
        run = spire.play(
            SERVER,
            hosts=("localhost", *others),
            swarm_dir=f"{spire.directory}/{{{{ inventory_hostname | replace('localhost', 'host') }}}}",
            spire_server_name=f"{spire.prefix}-{{{{ inventory_hostname | replace('localhost', 'server') }}}}",
            configurations={"localhost": wrong, "other": GOOD},
            spire_server_config="{{ configurations[inventory_hostname] }}",
        )
        assert {failure.split(":")[0] for failure in run.failures} == {"localhost"}
        assert re.search(r"was not restarted(.|\n)*unknown configuration detected", run.failures[-1])
        assert (state(spire, spire.server), kept(spire, "server")) == before
    assert [path.name for path in spire.directory.glob("other/spire-server/*")] == []
    spire.client.containers.get(spire.server).restart(timeout=1)  # as a reboot does
    assert spire.roles(SERVER).stats["localhost"]["changed"] == 0
    assert kept(spire, "server") == before[1]


def test_a_configuration_that_the_agent_refuses_changes_nothing_that_runs(spire):
    before = (state(spire, spire.agent), kept(spire, "agent"))
    wrong = config.agent({"version": VERSION, "trust_domain": DOMAIN, "server_address": spire.server})
    wrong["agent"]["no_such_option"] = 1
    with pytest.raises(AssertionError, match=r"was not restarted(.|\n)*unknown configuration detected"):
        spire.roles(AGENT, spire_agent_config=wrong)
    assert (state(spire, spire.agent), kept(spire, "agent")) == before
    assert spire.roles(AGENT).stats["localhost"]["changed"] == 0


def test_a_changed_configuration_restarts_the_server_alone(spire):
    server, agent = state(spire, spire.server), state(spire, spire.agent)
    peer = {**PEER, "bundle": spire.call("spire_bundle")["bundle"]}
    spire.roles(SERVER, AGENT, spire_server_log_level="DEBUG", spire_server_federates_with=[peer])
    assert state(spire, spire.agent) == agent
    assert state(spire, spire.server) != server
    assert spire.healthy()


def kept(spire, component):
    """What the host has of a component's configurations: the names, and the bytes, mode, owner and age of the one that it runs with."""
    place = spire.directory / f"host/spire-{component}"
    conf, names = place / f"conf/{component}.conf", sorted(path.relative_to(place) for path in place.glob("**/*.conf"))
    facts = conf.stat()
    return names, conf.read_bytes(), facts.st_mode, facts.st_uid, facts.st_gid, facts.st_mtime_ns


def state(spire, name):
    """(ID, when it was started) of a container: what is touched changes one of them."""
    container = spire.client.containers.get(name)
    return container.id, container.attrs["State"]["StartedAt"]
