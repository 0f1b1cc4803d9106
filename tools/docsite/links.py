# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Links within a directory of HTML pages lead to files and places that exist."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class _Page(HTMLParser):
    """The places of a page that links can name, and the links that it has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.places: set[str] = {"", "top"}
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.places.add(value)
            elif name in ("href", "src") and value:
                self.links.append(value)


def broken_links(directory: Path) -> list[str]:
    """`PAGE: LINK` of each link that leads nowhere. Links to other servers are not followed."""
    read = {path: _Page(path.read_text(encoding="utf-8")) for path in sorted(directory.resolve().rglob("*.html"))}
    found = []
    for path, page in read.items():
        for link in dict.fromkeys(page.links):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.exists() or (target in read and unquote(parts.fragment) not in read[target].places):
                found.append(f"{path.relative_to(directory.resolve())}: {link}")
    return found
