# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What comes of starting a container with GPUs."""

import pytest
from ansible_collections.swarm.learning.plugins.module_utils._container.engine import EngineError
from ansible_collections.swarm.learning.plugins.module_utils._container.spec import to_api
from ansible_collections.swarm.learning.plugins.module_utils._platform import gpus

NO_DRIVER = 'starting container x: could not select device driver "" with capabilities: [[gpu]]'
NO_CDI = 'starting container x: could not select device driver "cdi" with capabilities: []'
NO_PROGRAM = 'starting container x: exec: "nvidia-smi": executable file not found in $PATH'


class Given:
    """An engine that answers as it is told, and keeps what it is asked."""

    def __init__(self, refusal="", code=0, said=""):
        self.refusal, self.code, self.said, self.asked = refusal, code, said, []

    def create(self, spec):
        self.asked.append(("create", to_api(spec)["HostConfig"]))

    def start(self, name):
        self.asked.append(("start", name))
        if self.refusal:
            raise EngineError(self.refusal)

    def wait(self, _name, _seconds):
        return self.code

    def log_tail(self, _name, _lines):
        return self.said

    def remove(self, name):
        self.asked.append(("remove", name))


@pytest.mark.parametrize(
    ("engine", "expected"),
    [
        (Given(said="GPU 0: one (UUID: GPU-1)"), ""),
        (Given(refusal=NO_PROGRAM), ""),
        (Given(refusal=NO_DRIVER), "the engine gives containers no NVIDIA GPUs ("),
        (Given(refusal=NO_CDI), "the engine knows no CDI ("),
        (
            Given(refusal="creating x: unresolvable CDI devices nvidia.com/gpu=7; make"),
            "the engine has no such GPU (creating x: unresolvable",
        ),
        (Given(refusal="nvidia-container-cli: device error: 7: unknown device"), "the host has no such GPU ("),
        (Given(refusal="nvidia-container-cli: initialization error: nvml error"), "NVIDIA's driver does not work there ("),
        (Given(refusal="error gathering device information while adding /dev/kfd"), "the host does not have these devices ("),
        (Given(refusal="no space left"), "no space left"),
        (
            Given(code=9, said="first\nNVIDIA-SMI has failed\n"),
            "nvidia-smi -L ends with 9 in a container and says: NVIDIA-SMI has failed; make",
        ),
    ],
)
def test_problem(engine, expected):
    said = gpus.problem(engine, "image", "all")
    assert said.startswith(expected)
    assert bool(said) is bool(expected)
    assert engine.asked[-1] == ("remove", gpus.NAME)


@pytest.mark.parametrize(
    ("wanted", "fact", "value"),
    [
        ("all", "DeviceRequests", [{"Driver": "", "Count": -1, "DeviceIDs": None, "Capabilities": [["gpu"]], "Options": {}}]),
        (
            "nvidia.com/gpu=0",
            "DeviceRequests",
            [{"Driver": "cdi", "Count": 0, "DeviceIDs": ["nvidia.com/gpu=0"], "Capabilities": None, "Options": None}],
        ),
        ("amd=0,1", "DeviceRequests", None),
    ],
)
def test_what_the_engine_is_asked_for(wanted, fact, value):
    engine = Given()
    gpus.problem(engine, "image", wanted)
    host = next(what for word, what in engine.asked if word == "create")
    assert host[fact] == value
    assert [device["PathOnHost"] for device in host["Devices"]] == (["/dev/kfd", "/dev/dri"] if wanted.startswith("amd") else [])
    assert host["NetworkMode"] == "none"


def test_all_nodes_of_a_request_are_named_once():
    nodes = [{"name": "ml-1", "gpus": "all"}, {"name": "ml-2", "gpus": "all"}, {"name": "ml-3", "gpus": "amd"}]
    engine = Given(refusal=NO_DRIVER)
    with pytest.raises(EngineError, match=r"^ml-1, ml-2: gpus all: the engine .*; ml-3: gpus amd: "):
        gpus.try_all(engine, {"nodes": nodes, "image": "image"}, False)
    assert len([word for word, _what in engine.asked if word == "create"]) == 2
    assert gpus.try_all(Given(), {"nodes": nodes, "image": "image"}, False) == {"changed": False}
