# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One host as a check sees it, and what checks share (private, pure)."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...module_utils._names import is_ip
from . import reached
from .plan import Host, registry

GIB = 1024**3
STATES = {
    "timeout": "no answer, as if a firewall drops packets",
    "unreachable": "no route to it, or a firewall rejects the connection",
    "refused": "the connection is refused",
    "unresolved": "its name cannot be resolved",
}

Words = dict[str, Any]


class Unseen(Exception):
    """A fact that a check needs was not seen on the host; the check then does not pass."""


@dataclass(frozen=True)
class Look:
    """One host as a check sees it.

    A check is a function of its name that takes a Look and yields the words of each finding: what its sentences have in braces.

    name      the host's
    host      what the inventory says of it
    seen      what was measured on it; empty if it could not be examined
    problem   {kind, text}: why it could not be examined; empty if it could
    site      every host's Host
    measured  every host's `seen`
    links     every connection, and what came of it
    """

    name: str
    host: Host
    seen: Mapping[str, Any]
    problem: Mapping[str, str]
    site: Mapping[str, Host]
    measured: Mapping[str, Mapping[str, Any]]
    links: reached.Links

    def fact(self, *path: str) -> Any:
        """A measured fact by its path. Raises Unseen if it does not exist."""
        value: Any = self.seen
        for step in path:
            if not isinstance(value, Mapping) or step not in value:
                raise Unseen(".".join(path))
            value = value[step]
        return value

    def has(self, *components: str) -> bool:
        return bool(set(components) & set(self.host.components))

    def setting(self, name: str) -> Any:
        return self.host.settings[name]

    @property
    def engine(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.fact("engine")
        return found


Finder = Callable[[Look], Iterator[Words]]


def size(number: float) -> str:
    """Bytes as people read them."""
    return f"{number / GIB:.1f} GiB" if number < 10 * GIB else f"{number / GIB:.0f} GiB"


def one_line(text: str) -> str:
    """What a program says, in one line and without its full stop."""
    return " ".join(text.split()).removeprefix("Task failed: ").rstrip(".")


def sentences(texts: list[str]) -> Iterator[Words]:
    """Cause and remedy of the sentences `cause: remedy` that other parts of the collection make."""
    for text in texts:
        cause, _colon, remedy = text.partition(": ")
        yield {"cause": cause[:1].upper() + cause[1:], "remedy": remedy[:1].upper() + remedy[1:]}


def is_loopback(address: str) -> bool:
    return is_ip(address) and ipaddress.ip_address(address).is_loopback


def idle_registries(look: Look) -> set[str]:
    """Addresses of registries that the host itself need not reach: its engine gets their images by a mirror or proxy, or has them already."""
    answers, here = look.seen.get("registry") or {}, look.seen.get("images_here") or {}
    wanted = {image: here.get(image) or "digest" in (answers.get(image) or {}) for image in look.host.model["images"]}
    return {registry(image)[0] for image in wanted} - {registry(image)[0] for image, is_got in wanted.items() if not is_got}


def away(look: Look, service: str) -> Iterator[Words]:
    """What of a kind of service was tried from this host, and is not open."""
    for link in look.links.of(look.name):
        state = look.links.state(link)
        if link.service == service and state in ("timeout", "unreachable", "refused"):
            yield {"address": link.address, "port": link.port, "why": link.why, "state": STATES[state]}
