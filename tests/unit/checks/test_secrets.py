# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""No sentence about an inventory shows what Ansible Vault has encrypted, nor what is called a secret."""

from __future__ import annotations

import subprocess

import pytest
from ansible._internal._datatag._tags import Origin, VaultedValue
from ansible_collections.swarm.learning.plugins.filter.format_problems import format_problems
from ansible_collections.swarm.learning.plugins.filter.own_certificates import own_certificates
from ansible_collections.swarm.learning.plugins.filter.site import site
from ansible_collections.swarm.learning.plugins.plugin_utils import _hcl
from ansible_collections.swarm.learning.plugins.plugin_utils._checks import secrets
from ansible_collections.swarm.learning.plugins.plugin_utils._checks.wording import unknown_keys

from tests.support.ansible_programs import PROGRAMS
from tests.support.site_inventory import GROUPS, HOSTS, TRAINING

SECRET = "hunter2-8f14e45f"


def vaulted(text):
    return VaultedValue(ciphertext="unused").tag(text)


def problems(**variables):
    """What `site` says of the two organisations with more variables on the first host, or in the training."""
    training = {**TRAINING, **variables.pop("training", {})}
    hosts = {name: {**own, "swarm_training": training} for name, own in HOSTS.items()}
    hosts["host-1"].update(variables)
    return site(hosts, {"all": list(hosts), "ungrouped": [], **GROUPS})["problems"]


def nested(value):
    """A value in every place of an inventory that a sentence may be about."""
    return {
        "a port": {"sn_api_port": value},
        "a port of a server": {"spire_server_port": value},
        "a truth value": {"sn_sentinel": value},
        "a release": {"swarm_release": value},
        "a trust domain": {"swarm_trust_domain": value},
        "an agent's ID": {"spire_agent_id": value},
        "a path": {"swarm_spiffe_path": value},
        "a lifetime": {"spire_server_ca_ttl": value},
        "an item of a list": {"sn_nodes": [value]},
        "a node's port": {"sn_nodes": [{"sn_api_port": value}]},
        "a node's name": {"sn_nodes": [{"name": value}, {"name": value, "sn_api_port": 1}]},
        "a pair's port": {"swop_pairs": [{"port": value}]},
        "a pair's key": {"swop_pairs": [{value: 1}]},
        "a database": {"spire_server_datastore": {"type": "postgres", "host": f"{value} x", "port": value}},
        "a peer": {"spire_server_federates_with": [{"trust_domain": value}]},
        "an upstream": {"spire_server_upstream": value},
        "a certificate's days": {"swarm_training_days": value, "swarm_certificates_trial": True},
        "a number of the training": {"training": {"epochs": value}},
        "a text of the training": {"training": {"name": value, "image": value}},
        "a variable of the platform": {"sn_env": {"SWARM_LOG_LEVEL": value}},
        "shared content": {"training": {"shared_content": [{"src": value, "tgt": value}]}},
        "a build": {"training": {"build": [value]}},
    }


@pytest.mark.parametrize("place", nested(""))
@pytest.mark.parametrize("text", [f"{SECRET} 'x'", "70000!"])
def test_a_vaulted_value_is_not_shown(place, text):
    found = problems(**nested(vaulted(text))[place])
    assert found, "the value has to be wrong"
    assert text not in "\n".join(found)
    assert SECRET not in "\n".join(found)


def test_what_stands_in_place_of_a_vaulted_value_says_so():
    assert problems(sn_api_port=vaulted("70000")) == ["sn_api_port of host-1: invalid port (a vaulted value); expected 1-65535"]
    assert problems(sn_api_port=70000) == ["sn_api_port of host-1: invalid port 70000; expected 1-65535"]


def test_a_value_of_a_file_that_is_encrypted_as_a_whole_is_vaulted(tmp_path):
    (tmp_path / "key").write_text("only for this test\n", encoding="utf-8")
    (tmp_path / "all.yml").write_text("sn_api_port: 70000\n", encoding="utf-8")
    command = (PROGRAMS / "ansible-vault", "encrypt", "--vault-password-file", tmp_path / "key", tmp_path / "all.yml")
    subprocess.run(command, check=True, capture_output=True)
    value = Origin(path=str(tmp_path / "all.yml"), line_num=1, col_num=14).tag(70000)
    assert problems(sn_api_port=value) == ["sn_api_port of host-1: invalid port (a vaulted value); expected 1-65535"]


@pytest.mark.parametrize(
    ("text", "sentence", "shown"),
    [
        ("70000", "port 70000; expected 1-65535", "port X; expected 1-65535"),
        ("1", "port 1 of host-1; expected 1-65535", "port X of host-1; expected 1-65535"),
        ("swarm", "swarm_network is 'swarm', swarm", "swarm_network is X, X"),
        (SECRET, f"x{SECRET}x", "xXx"),
        ("a\nb'c d", r"""got "a\nb'c d" """, "got X "),
    ],
)
def test_hidden(text, sentence, shown):
    assert secrets.hidden([sentence], {text: "X"}) == [shown]


def test_what_is_called_a_secret_is_hidden_too():
    value = {"join_token": SECRET, "env": {"DB_PASSWORD": 12345, "LEVEL": "x"}, "token_dir": "/tokens", "list": [{"api_key": "k"}]}
    assert secrets.secrets(value, "sn_nodes") == {SECRET: "********", "12345": "********", "k": "********"}


def test_a_profile_with_a_vaulted_value():
    found = format_problems({"taskrunner": 1, "identity": vaulted(SECRET), vaulted("nodes-of-mine"): []}, "profile")
    assert found
    assert not {SECRET, "nodes-of-mine"} & set("\n".join(found).split("'"))


@pytest.mark.parametrize(
    "variables",
    [{"swarm_certificates_trial": vaulted(SECRET)}, {"swarm_certificates": {"key": "/k", "cert": vaulted(f"/{SECRET}"), "capath": "/a"}}],
)
def test_certificates_of_a_role_alone(variables):
    found = own_certificates({"host-1": {"swarm_resolved": {"swarm_host_ip": "192.0.2.1", **variables}}}, ["host-1"], "sn")["problems"]
    assert found
    assert SECRET not in "\n".join(found)
    assert secrets.VAULTED in "\n".join(found)


def test_an_unknown_key_that_is_a_whole_setting():
    assert unknown_keys("env", {"DB_PASSWORD=hunter2": None}, []) == ["env: unknown key 'DB_PASSWORD=…'"]


@pytest.mark.parametrize("value", [{"a": {"b": object}}, {"a": [{"password": SECRET}]}, {"KeyManager": {"disk": SECRET}}, [SECRET]])
def test_a_configuration_that_cannot_be_written(value):
    with pytest.raises(ValueError, match=r"mapping|list|HCL") as raised:
        _hcl.render(value)
    assert SECRET not in str(raised.value)
