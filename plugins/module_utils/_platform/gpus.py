# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the engine gives a container the GPUs that nodes ask for, by starting one with them (private to the collection)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._container.engine import EngineError
from .._container.parse import parse_device, parse_gpus
from .._container.spec import ContainerSpec

if TYPE_CHECKING:
    from .._container.engine import Engine

NAME = "swarm-gpus-tried"
_AMD = ("/dev/kfd", "/dev/dri")
_SECONDS = 60
_OUT = "or remove the GPUs from the inventory"
_TOOLKIT = "install NVIDIA's driver and container toolkit there (nvidia-ctk runtime configure), restart the engine"
# What engines say, and what it means: sign, cause, remedy. The first that fits counts.
_CAUSES = (
    (
        'device driver "cdi"',
        "the engine knows no CDI",
        'set "features": {"cdi": true} in its daemon.json (Docker 25 or newer), or ask by numbers',
    ),
    ("could not select device driver", "the engine gives containers no NVIDIA GPUs", f"{_TOOLKIT}, {_OUT}"),
    (
        "unresolvable CDI devices",
        "the engine has no such GPU",
        "make the specification (nvidia-ctk cdi generate); nvidia-ctk cdi list has the names",
    ),
    ("unknown device", "the host has no such GPU", "ask for those that nvidia-smi -L lists there"),
    ("nvidia-container-cli", "NVIDIA's driver does not work there", f"make nvidia-smi work on the host, {_OUT}"),
    ("gathering device information", "the host does not have these devices", f"install AMD's driver there (amdgpu-dkms), {_OUT}"),
    ("/dev/kfd", "the host does not have these devices", f"install AMD's driver there (amdgpu-dkms), {_OUT}"),
)
# The container has got its GPUs; only the program that lists them is not in the image, and the driver did not bring it.
_NO_PROGRAM = "executable file"


def try_all(engine: Engine, params: dict[str, Any], _check_mode: bool) -> dict[str, Any]:
    """swarm_gpus: {changed}. Raises EngineError, which names nodes and GPUs."""
    wanted: dict[str, list[str]] = {}
    for node in params["nodes"]:
        wanted.setdefault(node["gpus"], []).append(node["name"])
    tried = {gpus: problem(engine, params["image"], gpus) for gpus in wanted}
    found = [f"{', '.join(names)}: gpus {gpus}: {tried[gpus]}" for gpus, names in wanted.items() if tried[gpus]]
    if found:
        raise EngineError("; ".join(found))
    return {"changed": False}


def problem(engine: Engine, image: str, gpus: str) -> str:
    """Why a container cannot have these GPUs; empty if it can."""
    wanted = spec(image, gpus)
    engine.remove(NAME)  # of a run that was cut off
    try:
        engine.create(wanted)
        engine.start(NAME)
        code = engine.wait(NAME, _SECONDS)
        return of_exit(code, engine.log_tail(NAME, 3))
    except EngineError as error:
        return of_words(str(error))
    finally:
        engine.remove(NAME)


def spec(image: str, gpus: str) -> ContainerSpec:
    """The container that is started. Raises ValueError for an invalid request."""
    if gpus.partition("=")[0] == "amd":
        return ContainerSpec(name=NAME, image=image, entrypoint=("true",), network="none", devices=tuple(map(parse_device, _AMD)))
    return ContainerSpec(name=NAME, image=image, entrypoint=("nvidia-smi", "-L"), network="none", gpus=parse_gpus(gpus))


def of_exit(code: int, said: str) -> str:
    """The problem that the end of the container shows."""
    last = said.strip().splitlines()[-1:] or ["nothing"]
    return f"nvidia-smi -L ends with {code} in a container and says: {last[0]}; make nvidia-smi work on the host, {_OUT}" if code else ""


def of_words(text: str) -> str:
    """The problem that an engine's refusal tells."""
    if _NO_PROGRAM in text:
        return ""
    known = next(((cause, remedy) for sign, cause, remedy in _CAUSES if sign in text), None)
    return f"{known[0]} ({text.partition(';')[0]}); {known[1]}" if known else text
