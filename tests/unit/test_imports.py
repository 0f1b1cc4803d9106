# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible sends a module with everything that it imports, and the host compiles that in each call: what is not used is not imported."""

import subprocess
import sys

import pytest

PACKAGE = "ansible_collections.swarm.learning.plugins"
ENGINE = {"_container.engine", "_container.spec"}
# Module → parts of the collection that it has no use for.
UNUSED = {
    "apls_info": {*ENGINE, "_container.podman", "_releases", "_spire.server"},
    "swarm_files": {*ENGINE, "_container.podman", "_releases"},
    "sn": {"_spire.peers", "_spire.lifetime", "_spire.config", "_spire.server"},
    "spire_agent": {"_spire.peers", "_spire.lifetime", "_spire.config", "_spire.server"},
    "spire_server": {"_spire.peers", "_spire.lifetime", "_spire.join_tokens", "_spire.tokens", "_spire.bundles", "_spire.entries"},
    "spire_bundle": {"_spire.peers", "_spire.lifetime", "_spire.join_tokens", "_spire.entries", "_spire.config", "_component.converge"},
    "spire_entry": {"_spire.peers", "_spire.lifetime", "_spire.join_tokens", "_spire.bundles", "_spire.config", "_component.converge"},
    "spire_token": {"_spire.peers", "_spire.lifetime", "_spire.entries", "_spire.bundles", "_spire.config", "_component.converge"},
}


@pytest.mark.parametrize("module", UNUSED)
def test_module_imports_nothing_that_it_does_not_use(module):
    program = f"import sys, {PACKAGE}.modules.{module}; print('\\n'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": ":".join(sys.path)}
    )
    loaded = {name.removeprefix(f"{PACKAGE}.module_utils.") for name in done.stdout.split()}
    assert loaded & UNUSED[module] == set()
    assert f"{PACKAGE}.modules.{module}" in loaded
    if UNUSED[module] > ENGINE:
        assert "docker" not in loaded


def test_a_site_is_derived_without_the_docker_sdk():
    """The controller need not have it, and it takes longer to load than the site to derive."""
    program = (
        f"import sys; from {PACKAGE}.filter.site import site; print(site({{'a': {{}}}}, {{'all': ['a'], 'swarm_sn': ['a']}})['problems'],"
        " 'docker' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": ":".join(sys.path)}
    )
    assert done.stdout.endswith(" False\n")
