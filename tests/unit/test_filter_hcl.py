# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SPIRE configurations: mappings to HCL, and which keys which version gets."""

import pytest
from ansible_collections.swarm.learning.plugins.module_utils import _hcl, _spire_config

RENDERED = [
    ({}, "\n"),
    ({"a": None}, "\n"),
    ({"port": 8081, "share": 0.5, "on": True, "off": False}, "port = 8081\nshare = 0.5\non = true\noff = false\n"),
    ({"text": 'a "quoted" \\ back\nslash\ttab'}, 'text = "a \\"quoted\\" \\\\ back\\nslash\\ttab"\n'),
    ({"join_token": "${SPIRE_JOIN_TOKEN}"}, 'join_token = "${SPIRE_JOIN_TOKEN}"\n'),
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
    ([], "is a mapping"),
    ({"a": {"b": object()}}, "a.b cannot be written as HCL"),
    ({"a": [{"b": 1}]}, "a must be a list of texts or numbers"),
    ({"KeyManager": {"disk": 1}}, 'KeyManager."disk" must be a mapping'),
    ({1: "a"}, "a key must be text"),
]


@pytest.mark.parametrize(("configuration", "text"), RENDERED)
def test_renders(configuration, text):
    assert _hcl.render(configuration) == text


@pytest.mark.parametrize(("configuration", "message"), REFUSED)
def test_refuses_what_has_no_form(configuration, message):
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


def test_server_that_federates():
    peer = {"trust_domain": "b.org", "address": "192.0.2.2", "port": 8444, "host": "host-2"}
    assert _hcl.render(_spire_config.server({**SERVER, "federates_with": [peer]})) == SERVER_TEXT


def test_server_alone_has_no_federation():
    assert "federation" not in _spire_config.server(SERVER)["server"]


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


def test_agent():
    assert _hcl.render(_spire_config.agent({**AGENT, "server_port": 30307, "log_level": "DEBUG"})) == AGENT_TEXT


@pytest.mark.parametrize(
    ("version", "cgroups", "old_locator"),
    [
        ("1.8.4", "1", False),
        ("1.10.9", "1", False),
        ("1.11.0", "1", True),
        ("1.15.3", "1", True),
        ("1.15.3", 1, True),
        ("1.15.3", "2", False),
    ],
)
def test_docker_attestor_suits_the_cgroup_version(version, cgroups, old_locator):
    plugins = _spire_config.agent({**AGENT, "version": version, "cgroup_version": cgroups})["plugins"]
    expected = {"use_new_container_locator": False, "container_id_cgroup_matchers": ["/docker/<id>"]} if old_locator else {}
    assert plugins["WorkloadAttestor"]["docker"]["plugin_data"] == expected


@pytest.mark.parametrize(
    ("make", "settings", "message"),
    [
        (_spire_config.server, {**SERVER, "version": "newest"}, "not of the form"),
        (_spire_config.server, {**SERVER, "version": "0.12.0"}, "too old"),
        (_spire_config.server, {**SERVER, "trust_domain": ""}, "needs trust_domain"),
        (_spire_config.server, {**SERVER, "ttl": "1h"}, "unknown settings for a SPIRE server: ttl"),
        (_spire_config.agent, {"version": "1.15.3", "trust_domain": "a.org"}, "a SPIRE agent needs server_address"),
    ],
)
def test_refuses_settings_that_cannot_be(make, settings, message):
    with pytest.raises(ValueError, match=message):
        make(settings)
