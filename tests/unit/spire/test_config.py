# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SPIRE configurations: mappings to HCL, and which keys which version gets."""

import pytest
from ansible_collections.swarm.learning.plugins.module_utils._spire import config
from ansible_collections.swarm.learning.plugins.plugin_utils import _hcl

RENDERED = [
    ({}, "\n"),
    ({"a": None}, "\n"),
    ({"port": 8081, "share": 0.5, "on": True, "off": False}, "port = 8081\nshare = 0.5\non = true\noff = false\n"),
    ({"text": 'a "quoted" \\ back\nslash\ttab'}, 'text = "a \\"quoted\\" \\\\ back\\nslash\\ttab"\n'),
    ({"join_token": "${SPIRE_JOIN_TOKEN}"}, 'join_token = "${SPIRE_JOIN_TOKEN}"\n'),
    ({"password": "pa${ss"}, 'password = "pa\\u0024{ss"\n'),
    ({"password": 'a${b"c}d'}, 'password = "a\\u0024{b\\"c}d"\n'),
    ({"list": ["a", "b"], "none": []}, 'list = ["a", "b"]\nnone = []\n'),
    ({"server": {"bind_port": 1}}, "server {\n  bind_port = 1\n}\n"),
    ({"plugin_data": {}}, "plugin_data {}\n"),
    (
        {"plugins": {"KeyManager": {"disk": {"plugin_data": {"keys_path": "/k"}}}}},
        'plugins {\n  KeyManager "disk" {\n    plugin_data {\n      keys_path = "/k"\n    }\n  }\n}\n',
    ),
    (
        {"federates_with": {"b.org": {"x": 1}, "c.org": {}}},
        'federates_with "b.org" {\n  x = 1\n}\nfederates_with "c.org" {}\n',
    ),
    ({"ca_subject": {"country": ["CH"]}}, 'ca_subject {\n  country = ["CH"]\n}\n'),
    ({"odd key": 1}, '"odd key" = 1\n'),
]
REFUSED = [
    ([], "must be a mapping"),
    ({"a": {"b": object()}}, "a.b cannot be written as HCL"),
    ({"a": [{"b": 1}]}, "a must be a list of strings or numbers"),
    ({"KeyManager": {"disk": 1}}, 'KeyManager."disk" must be a mapping'),
    ({1: "a"}, "a key must be text"),
]


@pytest.mark.parametrize(("configuration", "text"), RENDERED)
def test_renders(configuration, text):
    assert _hcl.render(configuration) == text


@pytest.mark.parametrize(("configuration", "message"), REFUSED)
def test_refuses_values_without_a_form_in_hcl(configuration, message):
    with pytest.raises(ValueError, match=message):
        _hcl.render(configuration)


SERVER = {"version": "1.15.3", "trust_domain": "a.org", "ca_ttl": "600h", "agent_ttl": "96h", "x509_svid_ttl": "96h"}
AGENT = {"version": "1.15.3", "trust_domain": "a.org", "server_address": "192.0.2.1"}

SERVER_TEXT = """\
server {
  bind_address = "0.0.0.0"
  bind_port = 8081
  trust_domain = "a.org"
  data_dir = "/opt/spire/data/server"
  log_level = "INFO"
  audit_log_enabled = true
  ca_ttl = "600h"
  agent_ttl = "96h"
  default_x509_svid_ttl = "96h"
  federation {
    bundle_endpoint {
      address = "0.0.0.0"
      port = 8443
      profile "https_spiffe" {}
    }
    federates_with "b.org" {
      bundle_endpoint_url = "https://192.0.2.2:8444"
      bundle_endpoint_profile "https_spiffe" {
        endpoint_spiffe_id = "spiffe://b.org/spire/server"
      }
    }
  }
}
plugins {
  DataStore "sql" {
    plugin_data {
      database_type = "sqlite3"
      connection_string = "/opt/spire/data/server/datastore.sqlite3"
    }
  }
  KeyManager "disk" {
    plugin_data {
      keys_path = "/opt/spire/data/server/keys.json"
    }
  }
  NodeAttestor "join_token" {
    plugin_data {}
  }
}
"""


def test_federating_server():
    peer = {"trust_domain": "b.org", "address": "192.0.2.2", "port": 8444, "host": "host-2"}
    assert _hcl.render(config.server({**SERVER, "federates_with": [peer]})) == SERVER_TEXT


@pytest.mark.parametrize(
    ("address", "host"), [("2001:db8::2", "[2001:db8::2]"), ("[2001:db8::2]", "[2001:db8::2]"), ("spire.org", "spire.org")]
)
def test_ipv6_address_of_a_peer_is_in_brackets(address, host):
    peer = {"trust_domain": "b.org", "address": address, "port": 8443}
    [found] = config.server({**SERVER, "federates_with": [peer]})["server"]["federation"]["federates_with"].values()
    assert found["bundle_endpoint_url"] == f"https://{host}:8443"


def test_server_alone_has_no_federation():
    assert "federation" not in config.server(SERVER)["server"]


AGENT_TEXT = """\
agent {
  trust_domain = "a.org"
  server_address = "192.0.2.1"
  server_port = 30307
  data_dir = "/opt/spire/data/agent"
  socket_path = "/tmp/spire-agent/public/api.sock"
  log_level = "DEBUG"
  trust_bundle_path = "/opt/spire/conf/agent/bundle.json"
  trust_bundle_format = "spiffe"
  join_token = "${SPIRE_JOIN_TOKEN}"
}
plugins {
  KeyManager "disk" {
    plugin_data {
      directory = "/opt/spire/data/agent"
    }
  }
  NodeAttestor "join_token" {
    plugin_data {}
  }
  WorkloadAttestor "docker" {
    plugin_data {}
  }
}
"""


def test_the_upstream_signs_the_servers_ca():
    plugins = config.server({**SERVER, "upstream": {"address": "192.0.2.1", "port": 8081}})["plugins"]
    assert plugins["UpstreamAuthority"]["spire"]["plugin_data"] == {
        "server_address": "192.0.2.1",
        "server_port": "8081",
        "workload_api_socket": "/run/spire/upstream/api.sock",
    }
    assert "UpstreamAuthority" not in config.server(SERVER)["plugins"]


def test_agent():
    assert _hcl.render(config.agent({**AGENT, "server_port": 30307, "log_level": "DEBUG"})) == AGENT_TEXT


@pytest.mark.parametrize("version", ["0.12.0", "1.8.7", "1.15.3"])
@pytest.mark.parametrize(("make", "settings"), [(config.server, SERVER), (config.agent, AGENT)], ids=["server", "agent"])
def test_metrics_and_health_are_served_only_where_this_is_wanted(make, settings, version):
    sections = ("telemetry", "health_checks")
    assert not set(sections) & set(make({**settings, "version": version}))
    found = make({**settings, "version": version, "monitoring": True})
    assert _hcl.render({name: found[name] for name in sections}) == WATCHED


WATCHED = """\
telemetry {
  Prometheus {
    host = "0.0.0.0"
    port = 9988
  }
}
health_checks {
  listener_enabled = true
  bind_address = "0.0.0.0"
  bind_port = "8080"
  live_path = "/live"
  ready_path = "/ready"
}
"""
SUM = "1f4ebd50d3df02bfc101d54d0d799f14357e798d44941ab2ab537f52819884dd"


@pytest.mark.parametrize("version", ["0.12.0", "1.8.7", "1.15.3"])
def test_the_attestor_swarm_stands_beside_docker_in_every_version(version):
    plugin = {"plugin_cmd": "/p", "plugin_checksum": SUM.upper(), "plugin_data": {"a": 1}}
    attestors = config.agent({**AGENT, "version": version, "swarm_plugin": plugin})["plugins"]["WorkloadAttestor"]
    assert sorted(attestors) == ["docker", "swarm"]
    assert attestors["swarm"] == {**plugin, "plugin_checksum": SUM}


MATCHER = {"use_new_container_locator": False, "container_id_cgroup_matchers": ["/docker/<id>"]}


def test_unknown_checksum_is_written_as_a_placeholder():
    assert config.swarm_attestor("/p", "")["plugin_checksum"] == config.CHECKSUM_NOT_KNOWN


@pytest.mark.parametrize(
    ("version", "engine", "expected"),
    [
        ("1.8.4", {"cgroup_version": "1"}, {}),
        ("1.10.9", {"cgroup_version": "1"}, {}),
        ("1.11.0", {"cgroup_version": "1"}, MATCHER),
        ("1.15.3", {"cgroup_version": "1"}, MATCHER),
        ("1.15.3", {"cgroup_version": 1, "cgroup_driver": "cgroupfs"}, MATCHER),
        ("1.15.3", {"cgroup_version": "2"}, {}),
        ("1.15.3", {"cgroup_version": "1", "cgroup_driver": "systemd"}, {"use_new_container_locator": False}),
        # Its containers are not below /docker: by that matcher none would get an identity.
        ("1.15.3", {"cgroup_version": "1", "cgroup_driver": "cgroupfs", "podman": True}, {}),
        ("1.15.3", {"cgroup_version": "1", "cgroup_driver": "systemd", "podman": True}, {}),
    ],
)
def test_docker_attestor_suits_the_engines_cgroups(version, engine, expected):
    plugins = config.agent({**AGENT, "version": version, **engine})["plugins"]
    assert plugins["WorkloadAttestor"]["docker"]["plugin_data"] == expected


@pytest.mark.parametrize(
    ("make", "settings", "message"),
    [
        (config.server, {**SERVER, "version": "newest"}, "invalid SPIRE version 'newest'"),
        (config.agent, {**AGENT, "swarm_plugin": {"plugin_cmd": "/p", "plugin_checksum": SUM[1:]}}, "is not a SHA-256 checksum"),
        (config.server, {**SERVER, "version": "0.11.3"}, "too old"),
        (config.server, {**SERVER, "training_days": 0}, "training_days: invalid value 0; expected a whole number of days"),
        (config.server, {**SERVER, "training_days": "7.5"}, "training_days: invalid value '7.5'; expected a whole number of days"),
        (config.server, {**SERVER, "agent_ttl": "4 days"}, "agent_ttl: '4 days' is not a duration"),
        (config.server, {**SERVER, "agent_ttl": "100h"}, r"ca_ttl: 600h is too short; it must be more than six times agent_ttl \(100h\)"),
        (config.server, {**SERVER, "x509_svid_ttl": "601h"}, r"x509_svid_ttl: 601h is longer than ca_ttl \(600h\)"),
        (config.server, {**SERVER, "trust_domain": ""}, "needs trust_domain"),
        (config.server, {**SERVER, "ttl": "1h"}, "unknown settings for a SPIRE server: ttl"),
        (config.agent, {"version": "1.15.3", "trust_domain": "a.org"}, "a SPIRE agent needs server_address"),
    ],
)
def test_impossible_settings_are_refused(make, settings, message):
    with pytest.raises(ValueError, match=message):
        make(settings)


# The options of each version's server and agent sections, by the option tables of its sources.
_BOTH = {"trust_domain", "data_dir", "log_file", "log_level", "log_format"}
_SERVER = {*_BOTH, "bind_address", "bind_port", "ca_ttl", "ca_key_type", "ca_subject", "jwt_issuer", "ratelimit", "federation"}
_SERVER_1 = {"socket_path", "default_x509_svid_ttl", "default_jwt_svid_ttl", "agent_ttl", "admin_ids", "jwt_key_type", "audit_log_enabled"}
_AGENT = {
    *_BOTH,
    "server_address",
    "server_port",
    "socket_path",
    "admin_socket_path",
    "trust_bundle_path",
    "trust_bundle_url",
    "join_token",
}
KNOWN = {
    "0.12.0": ({*_SERVER, "registration_uds_path", "default_svid_ttl"}, _AGENT),
    "1.8.4": ({*_SERVER, *_SERVER_1}, {*_AGENT, "trust_bundle_format"}),
    "1.12.0": ({*_SERVER, *_SERVER_1}, {*_AGENT, "trust_bundle_format", "retry_bootstrap"}),
    "1.15.3": ({*_SERVER, *_SERVER_1, "disable_jwt_svids"}, {*_AGENT, "trust_bundle_format", "join_token_file", "rebootstrap_mode"}),
}
PEER = {"trust_domain": "b.org", "address": "192.0.2.2", "port": 8444}


@pytest.mark.parametrize("version", KNOWN)
def test_version_gets_only_the_options_it_supports(version):
    server = config.server({**SERVER, "version": version, "federates_with": [PEER]})["server"]
    agent = config.agent({**AGENT, "version": version})["agent"]
    assert (set(server) - KNOWN[version][0], set(agent) - KNOWN[version][1]) == (set(), set())
    assert "96h" in (server.get("default_x509_svid_ttl"), server.get("default_svid_ttl"))
    assert agent.get("retry_bootstrap", False) is (version == "1.12.0")
    assert agent["trust_bundle_path"].endswith("bundle.pem" if version == "0.12.0" else "bundle.json")


ID = "spiffe://b.org/spire/server"
URL = {"bundle_endpoint_url": "https://192.0.2.2:8444", "bundle_endpoint_profile": {"https_spiffe": {"endpoint_spiffe_id": ID}}}


@pytest.mark.parametrize(
    ("version", "endpoint", "peer"),
    [
        ("0.12.0", {}, {"bundle_endpoint": {"address": "192.0.2.2", "port": 8444, "spiffe_id": ID}}),
        ("1.7.6", {}, URL),
        ("1.8.4", {"profile": {"https_spiffe": {}}}, URL),
        ("1.15.3", {"profile": {"https_spiffe": {}}}, URL),
    ],
)
def test_federation_has_the_versions_form(version, endpoint, peer):
    section = config.server({**SERVER, "version": version, "federates_with": [PEER]})["server"]["federation"]
    assert section["bundle_endpoint"] == {"address": "0.0.0.0", "port": 8443, **endpoint}
    assert section["federates_with"] == {"b.org": peer}


@pytest.mark.parametrize(
    ("given", "lives"),
    [
        ({}, ("4224h", "168h", "672h")),
        ({"training_days": 1}, ("2496h", "168h", "384h")),
        ({"training_days": 30}, ("10848h", "168h", "1776h")),
        ({"training_days": 30, "has_downstream": True}, ("65280h", "168h", "1776h")),
        ({"training_days": 30, "agent_ttl": "1000h"}, ("10848h", "1000h", "1776h")),
        ({"x509_svid_ttl": "1h30m", "agent_ttl": "30m"}, ("204h", "30m", "1h30m")),
        ({"ca_ttl": "24h", "x509_svid_ttl": "24h", "agent_ttl": "3h59m59s"}, ("24h", "3h59m59s", "24h")),
    ],
)
def test_lives_follow_from_the_length_of_the_training(given, lives):
    server = config.server({"version": "1.15.3", "trust_domain": "a.org", **given})["server"]
    assert (server["ca_ttl"], server["agent_ttl"], server["default_x509_svid_ttl"]) == lives
