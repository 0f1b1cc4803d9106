# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host gets an image that no registry has, and the Docker SDK that its Python lacks, from a bundle that was written by an installed collection."""

from __future__ import annotations

import subprocess

import pytest
import yaml

from lab import playbook_runner
from tests.integration.site import lab_platform as world
from tests.support.module_runner import IMAGE

NAME = "bundle-test"
ENVIRONMENT = f"/opt/{NAME}"
PYTHON = f"{ENVIRONMENT}/bin/python3"
REMAINS = "find /var/tmp -mindepth 1 -maxdepth 1 -name 'swarm-bundle.*'"


@pytest.fixture
def bundle(lab, stub_images, tmp_path, monkeypatch):
    """The arguments of an inventory whose only host runs an image of this machine's engine, and the bundle for it."""
    galaxy = [playbook_runner.BIN / "ansible-galaxy", "collection"]
    subprocess.run([*galaxy, "build", "--output-path", tmp_path, world.ROOT], check=True, capture_output=True)
    monkeypatch.setenv("ANSIBLE_COLLECTIONS_PATH", str(tmp_path))
    [archive] = tmp_path.glob("*.tar.gz")
    subprocess.run([*galaxy, "install", "--offline", "--no-deps", "-p", tmp_path, archive], check=True, capture_output=True)

    connection = yaml.safe_load((world.LAB / "group_vars/all/connection.yml").read_text(encoding="utf-8"))
    own = {"apls_image": IMAGE, "swarm_network": NAME, "swarm_dir": f"{ENVIRONMENT}/files", "ansible_python_interpreter": PYTHON}
    host = {"ansible_host": "172.30.0.11"}
    tree = {"all": {"vars": {**connection, **own}, "children": {"swarm_apls": {"hosts": {"host-1": host}}}}}
    (tmp_path / "hosts.yml").write_text(yaml.safe_dump(tree), encoding="utf-8")
    return ["-i", str(tmp_path / "hosts.yml")], tmp_path / "swarm-bundle.tar"


def test_a_host_without_a_way_out_is_prepared_from_a_bundle(bundle, log):
    inventory, path = bundle
    host = world.HOSTS[0]
    # Nothing but the first steps, which prepare the host.
    prepare = [*inventory, "--tags", "none", "-e", f"swarm_bundle={path}"]
    try:
        world.worked(world.play(log, *inventory, "-e", f"bundle_file={path}", book="swarm.learning.bundle"))
        whole = path.read_bytes()
        path.write_bytes(whole[:-3000] + bytes([whole[-3000] ^ 1]) + whole[-2999:])
        refused = world.play(log, *prepare)
        assert f"{path} was changed after it was written" in refused.said
        assert set(refused.changed.values()) == {0}
        path.write_bytes(whole)

        done = world.worked(world.play(log, *prepare))
        assert [task for _host, task in done.changes()] == [
            "Install the Docker SDK",
            "Load the image",
            "Create the network of the Swarm containers",
        ]
        assert host.run("docker", "image", "inspect", "--format", "{{.Id}}", IMAGE).strip()
        assert host.run("sh", "-c", REMAINS) == ""

        path.unlink()  # where nothing is missing it is not read
        again = world.worked(world.play(log, *prepare))
        assert set(again.changed.values()) == {0}
    finally:
        host.run("sh", "-c", f"rm -rf {ENVIRONMENT}; docker image rm {IMAGE}; docker network rm {NAME}; true")
