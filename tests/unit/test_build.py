# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection as Galaxy would hand it out: built, installed elsewhere, and used from there."""

import re
from pathlib import Path

import pytest

from tests.support.ansible_programs import ansible

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A collections path that holds this collection as built and installed."""
    directory = tmp_path_factory.mktemp("galaxy")
    ansible(directory, "ansible-galaxy", "collection", "build", ROOT)
    [archive] = directory.glob("swarm-learning-*.tar.gz")
    ansible(
        directory, "ansible-galaxy", "collection", "install", "--offline", "--no-deps", "--force", archive, "--collections-path", directory
    )
    return directory


def test_only_what_users_need_is_shipped(installed):
    shipped = {path.name for path in (installed / "ansible_collections/swarm/learning").iterdir()}
    pages = {"CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md", "SECURITY.md"}
    expected = {"bindep.txt", "requirements.txt", "changelogs", "docs", "examples", "inventories", "meta", "playbooks", "plugins", "roles"}
    assert shipped == pages | expected | {"FILES.json", "MANIFEST.json"}
    inventories = installed / "ansible_collections/swarm/learning/inventories"
    assert [path.name for path in sorted(inventories.iterdir()) if not path.name.startswith("example-")] == ["two-orgs"]


def test_links_of_the_readme_lead_to_files_that_are_shipped(installed):
    root = installed / "ansible_collections/swarm/learning"
    links = re.findall(r"\]\(([^)#\s]+)", (root / "README.md").read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (root / link).exists()] == []


def test_installed_playbook_reads_the_example_inventory(installed, tmp_path):
    inventory = installed / "ansible_collections/swarm/learning/inventories/two-orgs"
    arguments = ("-i", inventory, "--syntax-check", "swarm.learning.site")
    ansible(tmp_path, "ansible-playbook", *arguments, ANSIBLE_COLLECTIONS_PATH=str(installed))
