# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration of Sphinx, for `python -m tools.docsite`."""

from pathlib import Path

import yaml
from docutils import nodes

ROOT = Path(__file__).resolve().parents[2]
ANSIBLE = "https://docs.ansible.com/projects/ansible/latest"
PAGES = {"action_plugins": "plugins/action", "common_return_values": "reference_appendices/common_return_values"}

project = "swarm.learning"
author = project_copyright = "The swarm.learning authors"
release = version = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["version"]
html_title = f"{project} {release}"
extensions = ["myst_parser", "sphinx_antsibull_ext", "sphinx_copybutton"]
myst_heading_anchors = 4
suppress_warnings = ["myst.header"]  # tables of the failures' page stand below a heading of the third level
highlight_language = "none"
nitpicky = True
html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_use_index = False


def ansible_page(label: str) -> str | None:
    """The address in Ansible's documentation of what a page of antsibull-docs refers to by a label."""
    if label in PAGES:
        return f"{ANSIBLE}/{PAGES[label]}.html"
    if label.startswith("ansible_collections."):
        return f"{ANSIBLE}/{'/'.join(label.replace('ansible_collections', 'collections').split('.', 3))}.html"
    return None


def ansible_reference(_app, _env, node, content):
    """Resolve a reference without Ansible's inventory of labels, so that the site is built without a network."""
    address = ansible_page(node.get("reftarget", ""))
    return address and nodes.reference("", "", content, refuri=address, internal=False)


def setup(app):
    """Sphinx calls this."""
    app.connect("missing-reference", ansible_reference)
