# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results of the connections between hosts (private, pure)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .plan import Link

# The worst first: what of two views counts.
_WORST = ("timeout", "unreachable", "refused", "unresolved", "open")
UNSEEN = "unseen"


class Links:
    """Every link of the site, with what was seen of it.

    links     all of them
    examined  host → what swarm_reach returned there: {listening, busy, refused, connections, inside}, as far as it came
    """

    def __init__(self, links: Sequence[Link], examined: Mapping[str, Mapping[str, Any]]) -> None:
        self._links = list(links)
        self._of: dict[str, list[Link]] = {}
        self._to: dict[str, list[Link]] = {}
        for link in links:
            self._of.setdefault(link.source, []).append(link)
            self._to.setdefault(link.target, []).append(link)
        self._examined = examined
        self._seen = {
            (host, kind, one["address"], one["port"]): one
            for host, answer in examined.items()
            for kind, connections in (("host", answer.get("connections")), ("inside", (answer.get("inside") or {}).get("connections")))
            for one in connections or ()
        }

    def __iter__(self) -> Iterator[Link]:
        return iter(self._links)

    def of(self, source: str) -> list[Link]:
        """The links that begin at a host."""
        return self._of.get(source, [])

    def _results(self, link: Link) -> list[Mapping[str, Any]]:
        kinds = ("host", "inside") if link.from_container else ("host",)
        found = [self._seen.get((link.source, kind, link.address, link.port)) for kind in kinds]
        return [one for one in found if one]

    def result(self, link: Link) -> Mapping[str, Any]:
        """The worse of what was seen from the host and from inside the swarm's network; empty where nothing was."""
        return min(self._results(link), key=lambda one: (_WORST.index(one["state"]), one.get("large") is not False), default={})

    def state(self, link: Link) -> str:
        """open, timeout, unreachable, refused or unresolved, or UNSEEN where nothing can be said.

        A refusal says nothing if no listener was known, nor silence where the host itself could not be examined.
        """
        state: str = self.result(link).get("state", UNSEEN)
        if link.target and state != "open" and not self._listened(link):
            return UNSEEN
        return state

    def _listened(self, link: Link) -> bool:
        answer = self._examined.get(link.target) or {}
        return link.port in (*(answer.get("listening") or ()), *(answer.get("busy") or ()))

    def seen_from(self, link: Link) -> str:
        """From where: the container whose network it was, or the host."""
        inside = (self._examined.get(link.source) or {}).get("inside") or {}
        return str(inside.get("container") or "") if link.from_container else ""

    def refused(self, host: str) -> list[int]:
        """Ports of a host on which no listener could be started."""
        return list((self._examined.get(host) or {}).get("refused") or ())

    def blocked(self, target: str) -> dict[tuple[str, int], list[Link]]:
        """(address, port) of a host → the links to it that do not work."""
        found: dict[tuple[str, int], list[Link]] = {}
        for link in self._to.get(target, ()):
            if self.state(link) in ("timeout", "unreachable", "refused"):
                found.setdefault((link.address, link.port), []).append(link)
        return found
