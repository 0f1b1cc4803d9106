# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The external workload attestor `swarm` under the real agent: it identifies a container, and only the expected file is run."""

import hashlib
import io
import shutil
import tarfile
from pathlib import Path

import pytest

from lab import binaries, settings
from tests.integration.spire.spire_pair import ALIAS, DOMAIN

AGENT = "swarm.learning.spire_agent"
ID = f"spiffe://{DOMAIN}/swarm/sl"
PATH = "/opt/spire/bin/spire-swarm-plugin"
WRONG = "0" * 64


@pytest.fixture(name="plugin", scope="module")
def _plugin(tmp_path_factory):
    """The plugin as a file of the host."""
    built = binaries.build_plugin(settings.SPIRE_VERSION).path / "spire-swarm-plugin"
    return shutil.copy(built, tmp_path_factory.mktemp("plugin"))


@pytest.fixture(name="image_with_plugin")
def _image_with_plugin(docker_client, spire_images, plugin):
    """The agent's image with the plugin in it."""
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as tar:
        dockerfile = f"FROM {spire_images['spire-agent']}\nCOPY plugin {PATH}\n".encode()
        entry = tarfile.TarInfo("Dockerfile")
        entry.size = len(dockerfile)
        tar.addfile(entry, io.BytesIO(dockerfile))
        tar.add(plugin, "plugin")
    context.seek(0)
    docker_client.images.build(fileobj=context, custom_context=True, tag="swarm-lab/agent-with-plugin", rm=True)
    yield "swarm-lab/agent-with-plugin"
    docker_client.images.remove("swarm-lab/agent-with-plugin", force=True)


def started(spire):
    container = spire.client.containers.get(spire.agent)
    return container.id, container.attrs["State"]["StartedAt"]


def test_a_container_is_attested_by_its_kind(spire, plugin):
    spire.spire("entry", "create", "-parentID", ALIAS, "-spiffeID", ID, "-selector", "swarm:node-type:sl")
    spire.roles(AGENT, spire_agent_swarm_plugin={"plugin_file": plugin})
    assert ID in spire.fetched(swarm_node_type="sl")
    assert "no identity issued" in spire.fetched(swarm_node_type="sn")
    assert spire.roles(AGENT, spire_agent_swarm_plugin={"plugin_file": plugin}).stats["localhost"]["changed"] == 0


def test_wrong_file_is_refused_before_anything_is_touched(spire, plugin, image_with_plugin):
    before, found = started(spire), hashlib.sha256(Path(plugin).read_bytes()).hexdigest()
    with pytest.raises(AssertionError, match=rf"plugin_checksum is {WRONG}, but {plugin} on localhost has {found}"):
        spire.roles(AGENT, spire_agent_swarm_plugin={"plugin_file": plugin, "plugin_checksum": WRONG})
    with pytest.raises(
        AssertionError, match=rf"plugin_checksum is {WRONG}, but {PATH} in image {image_with_plugin} on localhost has {found}"
    ):
        spire.roles(AGENT, spire_agent_image=image_with_plugin, spire_agent_swarm_plugin={"plugin_cmd": PATH, "plugin_checksum": WRONG})
    with pytest.raises(AssertionError, match="/no/such/plugin is not an executable file on localhost"):
        spire.roles(AGENT, spire_agent_swarm_plugin={"plugin_file": "/no/such/plugin"})
    assert started(spire) == before
