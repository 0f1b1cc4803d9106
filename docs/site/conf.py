# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sphinx settings of the documentation site, which `make docs-site` builds."""

project = "swarm.learning"
copyright = "The swarm.learning authors"  # noqa: A001 (the name that Sphinx reads)
title = html_short_title = "swarm.learning"
root_doc = "index"
extensions = ["myst_parser", "sphinx.ext.intersphinx", "sphinx_antsibull_ext"]
# Labels of the documentation of Ansible: tools/docs_site.py writes the inventory, so that no network is needed.
intersphinx_mapping = {"ansible": ("https://docs.ansible.com/projects/ansible/latest/", "ansible.inv")}
source_suffix = {".rst": "restructuredtext", ".md": "markdown"}
# Headings get the anchors that the pages' links use, which are those of GitHub and Galaxy.
myst_heading_anchors = 4
suppress_warnings = ["myst.header"]  # pages begin below their SPDX header, README with a first-level title
pygments_style = "ansible"
highlight_language = "YAML+Jinja"
html_theme = "sphinx_ansible_theme"
html_theme_options = {"documentation_home_url": "index.html", "topbar_links": {}, "vcs_pageview_mode": ""}
html_show_sphinx = False
html_copy_source = False
html_use_smartypants = False
