# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The site that `make docs` builds: each page is in its menu, and links lead to what the site has."""

import posixpath
import re
import runpy
from fnmatch import fnmatch

import pytest

from tests.unit.test_house import ROOT, tracked
from tools.docsite import pages
from tools.docsite.links import broken_links

FILES = {name for name in tracked() if name.endswith(".md") or name.startswith("docs/")}
MARKDOWN = sorted(name for name in FILES if name.endswith(".md"))
MENU = re.findall(r"^(?:.*<)?([\w/*-]+)>?$", (ROOT / "tools/docsite/menu.txt").read_text(encoding="utf-8"), re.MULTILINE)


def on_site():
    """What the site has, as paths from the root of its source."""
    plugins = {f"reference/{path.stem}_{kind}.rst" for kind in ("module", "filter") for path in (ROOT / "plugins").glob(f"{kind}*/*.py")}
    roles = {f"reference/{path.name}_role.rst" for path in (ROOT / "roles").iterdir()}
    return {pages.PLACES.get(name, name) for name in FILES} | plugins | roles | {pages.PLAYBOOKS, pages.REFERENCE}


def test_each_page_is_in_the_menu_once():
    wanted = {name.removesuffix(".md") for name in MARKDOWN if name != pages.START} | {"playbooks", "reference/index"}
    found = [name for entry in MENU for name in wanted if fnmatch(name, entry)]
    assert sorted(found) == sorted(wanted)
    assert [entry for entry in MENU if not any(fnmatch(name, entry) for name in wanted)] == []


@pytest.mark.parametrize("name", MARKDOWN)
def test_links_lead_to_what_the_site_has(name):
    text = pages.site_text(name, (ROOT / name).read_text(encoding="utf-8"), FILES)
    directory = posixpath.dirname(name)
    paths = [link["target"].partition("#")[0] for link in pages.LINK.finditer(text)]
    inside = {posixpath.normpath(posixpath.join(directory, path)) for path in paths if path and "://" not in path}
    assert inside - on_site() == set()


@pytest.mark.parametrize(
    ("page", "target", "link"),
    [
        ("README.md", "docs/failures.md", "docs/failures.md"),
        ("docs/identity.md", "../README.md#use-it", "../index.md#use-it"),
        ("docs/identity.md", "#below", "#below"),
        ("README.md", "https://spiffe.io/docs#top", "https://spiffe.io/docs#top"),
        ("docs/guides/day-two.md", "../../plugins/modules/swci_command.py", "../../reference/swci_command_module.rst"),
        ("docs/identity.md", "../roles/spire_server", "../roles/spire_server/README.md"),
        ("README.md", "playbooks/site.yml", "playbooks.md"),
        ("README.md", "roles", "reference/index.rst"),
        ("docs/ci/README.md", "github.yml", "github.yml"),
        ("CONTRIBUTING.md", "tests", None),
        ("CONTRIBUTING.md", "plugins/module_utils/_releases.py", None),
    ],
)
def test_a_link_leads_to_the_page_or_nowhere(page, target, link):
    assert pages.site_link(page, target, FILES) == link


def test_text_keeps_its_words():
    text = (
        "See [tests/](tests) and ![the hosts](docs/platform.svg): `ansible-doc swarm.learning.sn`, `ansible-doc -t role swarm.learning.sl`."
    )
    assert pages.site_text("docs/identity.md", text, FILES) == (
        "See tests/ and ![the hosts](docs/platform.svg): [`ansible-doc swarm.learning.sn`](../reference/sn_module.rst), "
        "[`ansible-doc -t role swarm.learning.sl`](../reference/sl_role.rst)."
    )


def test_reference_has_short_names_and_no_contents_of_its_own():
    text = "Swarm.Learning\n==============\n\n.. contents::\n   :local:\n   :depth: 1\n\n.. toctree::\n\n    sn_module\n    sn_role\n"
    assert pages.reference_text(text) == (
        "Modules, roles and filters\n==========================\n\n\n.. toctree::\n\n    sn module <sn_module>\n    sn role <sn_role>\n"
    )


def test_a_playbook_is_described_by_its_comment_and_its_plays():
    text = "# SPDX\n---\n# Writes a file:\n#   ansible-playbook swarm.learning.init\n# and no other.\n- name: Write a file\n  hosts: localhost\n"
    page = pages.playbooks_page({"init": (text, [{"name": "Write a file", "hosts": "localhost"}])})
    assert page == pages.PLAYBOOK_HEAD + (
        "\n## init\n\nWrites a file:\n\n```\nansible-playbook swarm.learning.init\n```\n\nand no other.\n\n"
        "| play | hosts |\n|---|---|\n| Write a file | `localhost` |\n"
    )


def test_ansible_is_linked_without_its_inventory_of_labels():
    ansible_page = runpy.run_path(str(ROOT / "tools/docsite/conf.py"))["ansible_page"]
    latest = "https://docs.ansible.com/projects/ansible/latest/"
    label = "ansible_collections.community.docker.docker_host_info_module"
    assert ansible_page(label) == latest + "collections/community/docker/docker_host_info_module.html"
    assert ansible_page("action_plugins") == latest + "plugins/action.html"
    assert ansible_page("unknown") is None


def test_broken_links_are_found(tmp_path):
    (tmp_path / "a.html").write_text('<p id="here"></p><a href="b/c.html#there"></a><a href="#here"></a><a href="https://x.example/"></a>')
    (tmp_path / "b").mkdir()
    (tmp_path / "b/c.html").write_text('<p id="there"></p><a href="../a.html#gone"></a><img src="gone.svg"><a href="../a.html"></a>')
    assert broken_links(tmp_path) == ["b/c.html: ../a.html#gone", "b/c.html: gone.svg"]
