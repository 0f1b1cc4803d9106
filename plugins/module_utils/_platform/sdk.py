# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A virtual environment with the Docker SDK, made of wheels without pip, ensurepip or a network (private to the collection)."""

from __future__ import annotations

import glob
import os
import subprocess
import sys
import venv
from typing import TYPE_CHECKING, Any

from .._container.requirements import LEAST_SDK, is_older

if TYPE_CHECKING:
    from collections.abc import Mapping

_EXAMPLE = "/opt/swarm-learning/bin/python3"


def install(params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    """swarm_sdk: install the SDK for the Python `python`, in whose virtual environment it is made if it is not there.

    Raises ValueError if that Python is the system's.
    """
    python = params["python"]
    version = sdk_of(python)
    if version and not is_older(version, LEAST_SDK):
        return {"changed": False, "version": version}
    directory = environment_of(python)
    if not check_mode:
        if not os.path.exists(python):
            venv.create(directory, system_site_packages=True, symlinks=True)  # modules may need packages of the distribution
        _run_pip(python, params["wheels"])
        version = sdk_of(python)
    return {"changed": True, "version": version}


def environment_of(python: str) -> str:
    """The virtual environment of a Python that is in one, or can be. Raises ValueError otherwise."""
    directory = os.path.dirname(os.path.dirname(python))
    has_place = (
        os.path.isabs(python) and os.path.basename(os.path.dirname(python)) == "bin" and os.path.basename(python).startswith("python")
    )
    is_own = os.path.exists(os.path.join(directory, "pyvenv.cfg")) or (has_place and not os.path.exists(directory))
    if has_place and is_own:
        return directory
    raise ValueError(
        f"{python or sys.executable} lacks the Docker SDK for Python {LEAST_SDK} or newer, and is not in a virtual environment, so nothing is "
        f"installed for it: set ansible_python_interpreter of this host to a path in a directory that does not exist yet, such as {_EXAMPLE}, "
        "and the SDK is installed there"
    )


def sdk_of(python: str) -> str:
    """The version of the SDK that a Python has; empty if it has none or is not there."""
    try:
        done = subprocess.run(
            [python or sys.executable, "-c", "import docker; print(docker.__version__)"], check=False, capture_output=True, text=True
        )
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _run_pip(python: str, wheels: str) -> None:
    """Install from a directory of wheels; pip itself is one of them, and runs without being installed."""
    pip = next(iter(sorted(glob.glob(os.path.join(wheels, "pip-*.whl")))), "")
    if not pip:
        raise ValueError(f"{wheels} has no wheel of pip: write the bundle again with the playbook swarm.learning.bundle")
    words = ["install", "--quiet", "--no-index", "--disable-pip-version-check", "--find-links", wheels, "--upgrade", f"docker>={LEAST_SDK}"]
    done = subprocess.run([python, os.path.join(pip, "pip"), *words], check=False, capture_output=True, text=True)
    if done.returncode:
        raise ValueError(f"the Docker SDK cannot be installed for {python}: {done.stderr.strip()[-500:]}")
