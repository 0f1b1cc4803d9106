# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Release 0.3.0's images with only `docker run`, as in the platform's scripts: real SPIRE 0.12 inside, a training, refusals."""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from pathlib import Path

import pytest

from lab import binaries, images, settings, wheel

ROOT = Path(__file__).parents[3]
DOMAIN = "swarm.learning"
SERVER = "/spire/bin/spire-server"
LAST_LINE = "All peers and Swarm training rounds finished. Final Swarm model was loaded."
SPENT = "join token does not exist or has already been used"


class Classic:
    """A network of one License Server, one SPIRE Server and nodes. `references` are the images by their lab's names."""

    def __init__(self, client, references, directory: Path):
        self.client, self.references, self.directory = client, references, directory
        self.name = f"classic-{os.getpid()}"
        self.volumes: list[str] = []

    def up(self) -> None:
        """The License Server runs, and the SPIRE Server with its entries."""
        self.client.networks.create(self.name)
        self.run("apls", "apls")
        server = self.run("spire-server", "spire-server")
        self.wait_for(server, "The registration entries of SN and SL nodes in swarm.learning are there")

    def run(self, image: str, name: str, *arguments: str, volumes=(), **environ: str):
        """`docker run -d`: a container that is called by its name on the network."""
        return self.client.containers.run(
            self.references[image],
            list(arguments),
            name=f"{self.name}-{name}",
            hostname=name,
            environment=environ,
            volumes=list(volumes),
            network=self.name,
            networking_config={self.name: self.client.api.create_endpoint_config(aliases=[name])},
            detach=True,
        )

    def node(self, image: str, name: str, *arguments: str, volumes=(), **environ: str):
        """An SN, SL or SWCI node with the licence and SN that all of these have."""
        kind = image.partition("-")[0]
        common = {"THIS_NODE_IP": name, "SENTINEL_NODE_IP": "sn-1", "SWARM_LICENSE_AUTOPASSJ_SERVER_PRIMARY_IP": "apls"}
        return self.run(image, name, *arguments, volumes=volumes, **{**({} if kind == "swci" else common), **environ})

    def sl(self, image: str, name: str, program: str, *arguments: str, **environ: str):
        """An SL node with a model directory of its own, in which the digits' programs are."""
        model = shutil.copytree(ROOT / "examples/digits/model", self.directory / name)
        environ = {"MLCMD": f"run {program}", "MAX_EPOCHS": "1", "NODES": "2", "OMP_NUM_THREADS": "1", **environ}
        return self.node(image, name, *arguments, volumes=[f"{model}:/platform/swarmml/model"], **environ)

    def spire(self, *words: str) -> str:
        """What the SPIRE Server's command line says."""
        code, output = self.client.containers.get(f"{self.name}-spire-server").exec_run([SERVER, *words])
        assert code == 0, output.decode()
        return output.decode()

    def token(self, kind: str) -> list[str]:
        """The arguments of a node whose agent is to be attested: the server's address and a new join token."""
        said = self.spire("token", "generate", "-spiffeID", f"spiffe://{DOMAIN}/swarm/{kind}-agent")
        return ["-serverAddress", "spire-server", "-joinToken", re.search(r"Token: (\S+)", said)[1]]

    def volume(self) -> str:
        """A volume for an agent's data, as a bind."""
        self.volumes.append(f"{self.name}-{len(self.volumes)}")
        self.client.volumes.create(self.volumes[-1])
        return f"{self.volumes[-1]}:/spire/data/agent"

    def wait_for(self, container, text: str, seconds: float = 120) -> None:
        """Wait until the log has the text."""
        end = time.monotonic() + seconds
        while text not in container.logs().decode():
            container.reload()
            assert container.status == "running" or text in container.logs().decode(), container.logs().decode()
            assert time.monotonic() < end, f"no {text!r} in {seconds} s:\n{container.logs().decode()}"
            time.sleep(0.1)

    def ended(self, container, status: int, *texts: str, seconds: float = 120) -> None:
        """The container ends with the status, and its log has the texts."""
        end = time.monotonic() + seconds
        while container.status not in {"exited", "dead"}:
            assert time.monotonic() < end, f"{container.name} still runs:\n{container.logs().decode()}"
            time.sleep(0.2)
            container.reload()
        log = container.logs().decode()
        assert container.attrs["State"]["ExitCode"] == status, log
        assert [text for text in texts if text not in log] == [], log

    def clean(self) -> None:
        """Nothing is left."""
        for container in self.client.containers.list(all=True, filters={"name": f"^{self.name}-"}):
            container.remove(force=True, v=True)
        for volume in self.volumes:
            self.client.volumes.get(volume).remove()
        for network in self.client.networks.list(names=[f"^{self.name}$"]):
            network.remove()


@pytest.fixture(name="classic", scope="module")
def _classic(docker_client, tmp_path_factory):
    base = images.base(docker_client)
    nodes = images.standins(docker_client, images.numpy(docker_client, base))
    version = settings.CLASSIC_SPIRE_VERSION
    references = images.classic(docker_client, base, nodes, binaries.build(version), binaries.build_plugin(version), wheel.ensure())
    made = Classic(docker_client, references, tmp_path_factory.mktemp("classic"))
    try:
        made.up()
        yield made
    finally:
        made.clean()


def test_nodes_of_both_frameworks_train_one_model(classic: Classic):
    sentinel = classic.node("sn", "sn-1", *classic.token("sn"))
    classic.wait_for(sentinel, "Starting SWARM-API-SERVER on port: 30304")
    member = classic.node("sn", "sn-2", *classic.token("sn"))
    nodes = [
        classic.sl("sl-tf", "sl-1", "digits_tf.py", *classic.token("sl"), NODE_INDEX="0"),
        classic.sl("sl-pyt", "sl-2", "digits_pyt.py", "-logLevel", "DEBUG", *classic.token("sl"), NODE_INDEX="1"),
    ]
    for node in nodes:
        classic.ended(node, 0, LAST_LINE, seconds=300)
    classic.wait_for(member, "Sentinel Node is up")
    results = [json.loads((classic.directory / f"sl-{n + 1}/saved_models/digits-{n}.result.json").read_text()) for n in (0, 1)]
    assert results[0]["accuracy_swarm"] == results[1]["accuracy_swarm"] > max(result["accuracy_alone"] for result in results)


def test_swci_runs_its_script(classic: Classic):
    usr = classic.directory / "usr"
    usr.mkdir()
    (usr / "swci-init").write_text("LIST CONTEXTS\nEXIT\n")
    entry = {"-parentID": "swci-agent", "-spiffeID": "swci"}
    ids = [word for flag, name in entry.items() for word in (flag, f"spiffe://{DOMAIN}/swarm/{name}")]
    classic.spire("entry", "create", *ids, "-selector", "swarm:node-type:swci")
    swci = classic.node("swci", "swci", *classic.token("swci"), volumes=[f"{usr}:/platform/swci/usr"], STARTUP_SCRIPT="swci-init")
    classic.ended(swci, 0, "SWCI:1 > LIST CONTEXTS")


def test_what_is_wrong_is_refused(classic: Classic):
    conf = (ROOT / "lab/dockerfiles/classic/spire-agent.conf").read_text()
    wrong = classic.directory / "wrong.conf"
    wrong.write_text(conf.replace("CHECKSUM", "0" * 64))
    refusals = {
        classic.node("sn", "wrong-sum", "-config", "/c", *classic.token("sn"), volumes=[f"{wrong}:/c:ro"]): ["checksums did not match"],
        classic.node("sn", "no-token", "-serverAddress", "spire-server"): ["spire-agent ended with status 1"],
        classic.node("sn", "no-apls", *classic.token("sn"), SWARM_LICENSE_AUTOPASSJ_SERVER_PRIMARY_IP="nowhere"): ["Error code: 6002"],
        classic.sl("sl-pyt", "wrong-kind", "digits_tf.py", *classic.token("sl"), NODE_INDEX="0"): [
            "No module named 'tensorflow'",
            "the ML program digits_tf.py ended with status 1",
        ],
    }
    for container, texts in refusals.items():
        classic.ended(container, 1, *texts)


@pytest.mark.parametrize("kept", ["volume", "container", "nothing"])
def test_a_second_start_needs_a_token_only_if_the_agents_data_were_lost(classic: Classic, kept: str):
    token = classic.token("sn")
    volumes = [classic.volume()] if kept == "volume" else []
    name = f"again-{kept}"
    first = classic.node("sn", name, *token, volumes=volumes, SENTINEL_NODE_IP=name)
    classic.wait_for(first, "Node attestation was successful")
    classic.wait_for(first, "Starting SWARM-API-SERVER")
    if kept == "container":
        before = len(first.logs())
        first.restart(timeout=5)
        second = first
    else:
        before = 0
        first.stop(timeout=5)
        first.remove()
        second = classic.node("sn", name, *token, volumes=volumes, SENTINEL_NODE_IP=name)
    if kept == "nothing":
        classic.ended(second, 1, SPENT)
        return
    deadline = time.monotonic() + 60
    while "Starting SWARM-API-SERVER" not in (log := second.logs()[before:].decode()):
        assert time.monotonic() < deadline, log
        time.sleep(0.1)
    assert "SVID loaded" in log
    assert "Node attestation was successful" not in log
