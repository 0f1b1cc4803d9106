# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Release 0.3.0's stand-ins: what they make of their arguments, their environment and their ML program."""

from __future__ import annotations

from pathlib import Path

import pytest
from swarmlab import agent, classic, environment, spire_server
from swarmlab.process import Refusal
from swarmlab.program import program_path

LICENCE = {"SWARM_LICENSE_AUTOPASSJ_SERVER_PRIMARY_IP": "10.0.0.1"}
SN = {**LICENCE, "THIS_NODE_IP": "10.0.0.2", "SENTINEL_NODE_IP": "10.0.0.2"}
SL = {**LICENCE, "THIS_NODE_IP": "10.0.0.2", "SENTINEL_NODE_IP": "10.0.0.2", "MLCMD": "run digits.py"}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], ["-config", "/spire/conf/spire-agent.conf"]),
        (["-serverAddress", "h", "-joinToken", "t"], ["-config", "/spire/conf/spire-agent.conf", "-serverAddress", "h", "-joinToken", "t"]),
        (["-logLevel", "DEBUG", "-config", "/c", "-serverAddress", "h"], ["-logLevel", "DEBUG", "-config", "/c", "-serverAddress", "h"]),
        (["--config=/c"], ["--config=/c"]),
    ],
)
def test_configuration_of_the_image_is_overridden(arguments: list[str], expected: list[str]):
    assert agent.command("spire-agent", arguments) == ["/spire/bin/spire-agent", "run", *expected]


@pytest.mark.parametrize(
    ("component", "environ", "expected"),
    [
        ("sn", SN, {"sentinel": True, "sentinel_api_port": 30305, "sn_api_port": None, "sn_p2p_port": 30303}),
        ("sn", {**SN, "SENTINEL_NODE_IP": "10.0.0.9", "SENTINEL_FS_PORT": "40305"}, {"sentinel": False, "sentinel_api_port": 40305}),
        ("sn", {**SN, "API_SERVER_PORT": "1", "ETH_PORT": "2", "SN_FS_PORT": "3"}, {"sn_api_port": 1, "sn_p2p_port": 2, "sn_fs_port": 3}),
        ("sl", {**SL, "API_SERVER_PORT": "1", "ML_FS_PORT": "2"}, {"sn_ip": "10.0.0.2", "sn_api_port": 1, "sl_fs_port": 2}),
        ("swci", {"STARTUP_SCRIPT": "swci-init"}, {"script": "swci-init"}),
        ("swci", {}, {"script": None}),
    ],
)
def test_settings(component: str, environ: dict[str, str], expected: dict[str, object]):
    settings = classic.settings_of(component, environ)
    assert {name: settings[name] for name in expected} == expected
    assert settings.text("sn_api_service") is None


@pytest.mark.parametrize(
    ("component", "missing"),
    [
        ("sn", ["SWARM_LICENSE_AUTOPASSJ_SERVER_PRIMARY_IP", "THIS_NODE_IP", "SENTINEL_NODE_IP"]),
        ("sl", ["SWARM_LICENSE_AUTOPASSJ_SERVER_PRIMARY_IP", "THIS_NODE_IP", "SENTINEL_NODE_IP", "MLCMD"]),
    ],
)
def test_insufficient_environment_is_named(component: str, missing: list[str]):
    with pytest.raises(Refusal) as refusal:
        environment.read(component, {}, environment.CLASSIC)
    assert [f"{name} must be set" for name in missing] == str(refusal.value).split(": ")[1].split("; ")


def test_unknown_component_is_refused():
    with pytest.raises(Refusal, match="One of sn, sl, swci comes first"):
        classic.main(["swop"], {})


def test_the_ml_program_is_in_the_model_directory_or_has_its_whole_path(tmp_path: Path):
    program = tmp_path / "digits.py"
    program.touch()
    assert program_path("run digits.py", tmp_path) == program
    assert program_path(f"run {program}", Path("/elsewhere")) == program


@pytest.mark.parametrize(
    ("ml_cmd", "words"),
    [("", "written run PROGRAM"), ("digits.py", "written run PROGRAM"), ("run other.py", "there is no file .*/other.py")],
)
def test_invalid_ml_program_is_refused(ml_cmd: str, words: str, tmp_path: Path):
    with pytest.raises(Refusal, match=words):
        program_path(ml_cmd, tmp_path)


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ('server {\n  # trust_domain = "old"\n  trust_domain = "org1.example"\n}\n', "org1.example"),
        ('server { trust_domain="org1.example" }', "org1.example"),
        ('{"server": {"trust_domain": "org1.example"}}', "org1.example"),
        ("server {}", None),
    ],
)
def test_the_trust_domain_of_a_server(text: str, domain: str | None, tmp_path: Path):
    file = tmp_path / "server.conf"
    file.write_text(text)
    words = agent.command("spire-server", ["-config", str(file)])
    assert spire_server.option("trustDomain", "trust_domain", words) == domain
    assert spire_server.option("trustDomain", "trust_domain", [*words, "-trustDomain", "org2.example"]) == "org2.example"


def test_missing_server_configuration_is_named():
    with pytest.raises(Refusal, match="-config /no/such/file cannot be read"):
        spire_server.option("trustDomain", "trust_domain", agent.command("spire-server", ["-config", "/no/such/file"]))


def test_the_two_entries_are_the_platforms():
    assert " ".join(spire_server.entry("swarm.learning", "sl")) == (
        "-parentID spiffe://swarm.learning/swarm/sl-agent -spiffeID spiffe://swarm.learning/swarm/sl"
        " -selector swarm:node-type:sl -dns swarm-learning-node"
    )
    assert list(spire_server.DNS) == ["sl", "sn"]
