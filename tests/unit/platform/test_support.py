# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is collected for support, and that no secret is in it; the engine is a table, the files and the archive are real."""

from __future__ import annotations

import tarfile

import pytest
from ansible_collections.swarm.learning.plugins.module_utils._container.engine import EngineError, end_of
from ansible_collections.swarm.learning.plugins.module_utils._platform import support
from ansible_collections.swarm.learning.plugins.plugin_utils._support import summary

TOKEN = "0f8fad5b-d9cb-469f-a165-70867728950e"
LOGS = {
    "sn-1": f"using join token {TOKEN}\nError code: 6002\n",
    "sn-2": "fine\n",
    "ml-1": "my program connects with hunter2 to postgres://me:pass-in-url@db/x\n",
    "spire-server": "-----BEGIN PRIVATE KEY-----\nMIIabc\n-----END PRIVATE KEY-----\nconnection_string: password=dbsecret sslmode=on\n",
}
KINDS = {"sn-1": "sn", "sn-2": "sn", "ml-1": "ml", "spire-server": "spire_server"}


class Table:
    """An engine with two SNs, an ML container, a SPIRE Server, and logs."""

    def mounting(self, _path):
        return set()

    def containers(self, _filters):
        return [
            {
                "Id": name,
                "Names": [f"/{name}"],
                "Image": f"image-of-{name}",
                "State": "running",
                "Status": "Up",
                "Labels": self._labels(name),
            }
            for name in LOGS
        ]

    def _labels(self, name):
        return {"learning.swarm.component": KINDS[name], "learning.swarm.release": "2.3.0"}

    def inspect(self, name):
        env = ["DB_PASSWORD=hunter2", "SPIRE_JOIN_TOKEN=token-of-a-node"]
        return {"Id": name, "Name": f"/{name}", "State": {"Running": True}, "Config": {"Env": env, "Labels": self._labels(name)}}

    def info(self):
        return {"ServerVersion": "28.0", "HttpProxy": "http://me:proxy-secret@proxy:3128"}

    def log_end(self, inspect, since, most):
        if inspect["Id"] == "sn-2":
            raise EngineError("configured logging driver does not support reading")
        return LOGS[inspect["Id"]][-most:]

    def execute(self, name, words, stdin=None):
        return (0, "Found 1 entry\n", "") if words[0].startswith("/opt/spire") else (126, "", "not there")


@pytest.fixture
def collected(tmp_path):
    """(result, name in the archive → text)."""
    directory = tmp_path / "swarm"
    (directory / "swop/swop-1").mkdir(parents=True)
    (directory / "swop/swop-1/profile.yml").write_text("envvars: [{API_TOKEN: profile-secret}]\nnetwork: swarm\n", encoding="utf-8")
    (directory / "spire-server/conf").mkdir(parents=True)
    (directory / "spire-server/conf/server.conf").write_text('password = "conf-secret"\n', encoding="utf-8")
    (directory / "spire-server/data").mkdir()
    (directory / "spire-server/data/keys.json").write_text('{"key": "private-key-of-the-ca"}', encoding="utf-8")
    (directory / "tokens").mkdir()
    (directory / "tokens/host-1.json").write_text(f'"{TOKEN}"', encoding="utf-8")
    options = {
        "path": str(tmp_path / "a.tar.gz"),
        "name": "swarm_logs_host-1",
        "directory": str(directory),
        "since": 60,
        "max_size": 10_000,
    }
    result = support.support(Table(), {**options, "secrets": ["registry-secret"]}, check_mode=False)
    assert (tmp_path / "a.tar.gz").stat().st_mode & 0o777 == 0o600
    with tarfile.open(tmp_path / "a.tar.gz") as tar:
        texts = {entry.name: tar.extractfile(entry).read().decode() for entry in tar}
    return result, texts


def test_the_layout_is_that_of_the_platforms_collector(collected):
    result, texts = collected
    place = "swarm_logs_host-1"
    assert set(texts) == {
        *(f"{place}/{name}" for name in ("out.log", "causes.txt", "user_0.log", "ml_inspect_0.log", "spire_spire-server.log")),
        *(f"{place}/{name}" for name in ("sn_2.3.0_0.log", "sn_inspect_2.3.0_0.log", "sn_2.3.0_1.log", "sn_inspect_2.3.0_1.log")),
        *(f"{place}/{name}" for name in ("spire_server_2.3.0_0.log", "spire_server_inspect_2.3.0_0.log")),
        *(f"{place}/{name}" for name in ("swop/swop-1/profile.yml", "spire-server/conf/server.conf")),
    }
    assert result["containers"] == ["sn-1", "sn-2", "ml-1", "spire-server"]
    assert [one["container"] for one in result["causes"]] == ["sn-1"]
    assert texts[f"{place}/sn_2.3.0_1.log"] == "(the log cannot be read: configured logging driver does not support reading)"
    assert texts[f"{place}/spire_spire-server.log"].count("Found 1 entry") == len(support.SERVER_COMMANDS)
    assert "network: swarm" in texts[f"{place}/swop/swop-1/profile.yml"]
    assert "Linux" in texts[f"{place}/out.log"]


@pytest.mark.parametrize(
    "secret",
    [
        TOKEN,
        "hunter2",
        "token-of-a-node",
        "pass-in-url",
        "MIIabc",
        "dbsecret",
        "proxy-secret",
        "profile-secret",
        "conf-secret",
        "private-key-of",
    ],
)
def test_no_secret_is_in_the_archive(collected, secret):
    _result, texts = collected
    assert [name for name, text in texts.items() if secret in text] == []


def test_check_mode_writes_nothing(tmp_path):
    options = {"path": str(tmp_path / "a"), "name": "n", "directory": str(tmp_path), "since": 60, "max_size": 9, "secrets": []}
    assert support.support(Table(), options, check_mode=True)["containers"] == ["sn-1", "sn-2", "ml-1", "spire-server"]
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize(
    ("blocks", "most", "text"),
    [
        ([b"one\n", b"two\n"], 100, "one\ntwo\n"),
        ([b"one\n", b"two\n", b"three\n"], 8, "(earlier lines left out)\nthree\n"),
        ([b"one\ntwo\nthree\n"], 8, "(earlier lines left out)\nthree\n"),
        ([], 8, ""),
    ],
)
def test_the_end_of_a_long_log(blocks, most, text):
    assert end_of(blocks, most) == text


def test_the_summary_names_causes_and_hosts_that_gave_nothing():
    variables = {
        "host-1": {"support_result": {"containers": ["sn-1"], "causes": [{"container": "sn-1", "cause": "no licence; free one"}]}},
        "host-2": {"support_result": {"containers": [], "causes": []}},
        "host-3": {},
        "host-4": {"support_result": {"failed": True}},
    }
    assert summary(["host-2", "host-1", "host-4", "host-3"], ["host-1", "host-2", "host-3"], variables).splitlines() == [
        "host-1: sn-1",
        "  sn-1: no licence; free one",
        "host-2: no container of the platform",
        "host-3: nothing was collected; the output of the playbook says why",
        "host-4: nothing was collected; the output of the playbook says why",
    ]
    assert summary(["host-2"], ["host-2"], variables).splitlines()[-1] == "No log shows a cause that this collection knows."
