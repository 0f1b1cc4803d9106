# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The repository's Markdown as pages of the site: same paths, links that lead to what the site has."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Mapping
from typing import Any

START = "README.md"  # the site's first page, index.md there
REFERENCE = "reference/index.rst"  # the modules, roles and filters, as antsibull-docs writes them
PLAYBOOKS = "playbooks.md"
PLACES = {
    START: "index.md",
    "playbooks": PLAYBOOKS,
    "plugins/filter": REFERENCE,
    "plugins/modules": REFERENCE,
    "roles": REFERENCE,
}
LINK = re.compile(r"(?<!!)\[(?P<text>[^\]]+)\]\((?P<target>[^)\s]+)\)")
ANSIBLE_DOC = re.compile(r"`ansible-doc (?P<role>-t role )?swarm\.learning\.(?P<name>[a-z_]+)`")
ENTRY = re.compile(r"^    (?P<name>[a-z_]+)_(?P<kind>module|filter|role)$", re.MULTILINE)
CONTENTS = re.compile(r"^\.\. contents::\n(?:   :.*\n)*", re.MULTILINE)
PLAYBOOK_HEAD = """# Playbooks

Each is run with `ansible-playbook -i INVENTORY swarm.learning.NAME`, and most with `--become`. [Day to day](index.md#day-to-day) says which
to run when. The plays of each are listed in their order, with their hosts.
"""


def place(path: str, files: Collection[str]) -> str | None:
    """Where the site has what the repository has at a path, both from their roots: a page, a file to download, or None for neither."""
    if path in PLACES:
        return PLACES[path]
    if found := re.fullmatch(r"plugins/(module|filter)s?/([a-z_]+)\.py", path):
        return f"reference/{found[2]}_{found[1]}.rst"
    if re.fullmatch(r"playbooks/[a-z_]+\.yml", path):
        return PLAYBOOKS
    readme = posixpath.join(path, START)
    return path if path in files else readme if readme in files else None


def site_link(page: str, target: str, files: Collection[str]) -> str | None:
    """A link's target as the site needs it; None if the site has nothing there. `page` and `files` are paths from the repository's root."""
    path, hash_sign, fragment = target.partition("#")
    if "://" in path or not path:
        return target
    directory = posixpath.dirname(page)
    found = place(posixpath.normpath(posixpath.join(directory, path)), files)
    return found and posixpath.relpath(found, directory or ".") + hash_sign + fragment


def site_text(page: str, text: str, files: Collection[str]) -> str:
    """A page's text for the site: a link that the site has no target for becomes plain text, `ansible-doc …` leads to what that shows."""

    def link(found: re.Match[str]) -> str:
        target = site_link(page, found["target"], files)
        return f"[{found['text']}]({target})" if target else found["text"]

    def documented(found: re.Match[str]) -> str:
        reference = f"reference/{found['name']}_{'role' if found['role'] else 'module'}.rst"
        return f"[{found[0]}]({posixpath.relpath(reference, posixpath.dirname(page) or '.')})"

    return ANSIBLE_DOC.sub(documented, LINK.sub(link, text))


def reference_text(text: str) -> str:
    """A page as antsibull-docs writes it, without the table of contents that the theme has, with a title and short names in the menu."""
    titled = re.sub(r"^Swarm\.Learning\n=+$", "Modules, roles and filters\n==========================", text, flags=re.MULTILINE)
    named = ENTRY.sub(lambda entry: f"    {entry['name']} {entry['kind']} <{entry[0].strip()}>", titled)
    return CONTENTS.sub("", named)


def _comment(text: str) -> str:
    """The comment at the head of a playbook, below `---`; its indented lines are commands."""
    found = re.search(r"^---\n((?:#.*\n)*)", text, re.MULTILINE)
    lines = [line.removeprefix("#").removeprefix(" ") for line in (found[1] if found else "").splitlines()]
    shown = "\n".join(f"\n```\n{line.strip()}\n```\n" if line.startswith(" ") else line for line in lines)
    return shown.replace("\n\n\n", "\n\n")


def playbooks_page(playbooks: Mapping[str, tuple[str, list[dict[str, Any]]]]) -> str:
    """A page of the playbooks: {name: (text, plays)}."""
    parts = [PLAYBOOK_HEAD]
    for name, (text, plays) in playbooks.items():
        rows = [f"| {play.get('name', '')} | `{play['hosts']}` |" for play in plays if "hosts" in play]
        parts.append("\n".join([f"## {name}\n", _comment(text), "", "| play | hosts |", "|---|---|", *rows]) + "\n")
    return "\n".join(parts)
