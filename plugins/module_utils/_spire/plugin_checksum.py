# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checksum of the workload attestor plugin in an image, which an agent's configuration must name (private to the collection)."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule

from .._container.engine import Engine, EngineError
from .._container.requirements import check_sdk
from .._container.spec import ContainerSpec

CLASSIC_PLUGIN = "/spire/bin/spire-swarm-plugin"


def run(module: AnsibleModule) -> None:
    """Run the module spire_plugin: `checksums`, image → SHA-256 in hex, and end it."""
    check_sdk(module)
    engine, path, images = Engine(module.params), module.params["path"], module.params["images"]
    try:
        missing = [image for image in images if engine.image(image) is None]
        if not module.check_mode:
            for image in missing:
                engine.pull(image)
        checksums = {image: checksum(engine, image, path) for image in images}
    except EngineError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=bool(missing), checksums=checksums)


def checksum(engine: Engine, image: str, path: str) -> str:
    """The SHA-256 of a file in an image; empty if the image does not exist. Raises EngineError if it has no such file.

    It is read out of a container that has the image, running or not. Where there is none, one is made for it, never started.
    """
    known = engine.image(image)
    if known is None:
        return ""
    having = [one["Id"] for one in engine.containers({"ancestor": [known["Id"]]}) if one["ImageID"] == known["Id"]]
    found = engine.checksum(having[0], path) if having else _of_new_container(engine, image, known["Id"], path)
    if not found:
        raise EngineError(
            f"path: image {image} has no file {path}; the images of SN, SL and SWCI of release 0.3.0 have it at {CLASSIC_PLUGIN}"
        )
    return found


def _of_new_container(engine: Engine, image: str, image_id: str, path: str) -> str:
    name = f"swarm-plugin-{image_id.rpartition(':')[2][:12]}"
    engine.remove(name)  # one that an interrupted run has left
    engine.create(ContainerSpec(name, image))
    try:
        return engine.checksum(name, path)
    finally:
        engine.remove(name)
