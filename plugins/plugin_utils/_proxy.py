# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The environment that sends a container's outward connections through proxies (private, pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._site.model import Inventory

VARIABLES = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
LOOPBACK = ("localhost", "127.0.0.1")


def environment(http_proxy: str, https_proxy: str, no_proxy: str, addresses: Iterable[str] = ()) -> dict[str, str]:
    """All six proxy variables, in lower and upper case. With a proxy, loopback and `addresses` are reached without it."""
    direct = [str(no_proxy)] if no_proxy else []
    if http_proxy or https_proxy:
        direct += [*LOOPBACK, *filter(None, addresses)]
    lower = {"http_proxy": http_proxy, "https_proxy": https_proxy, "no_proxy": ",".join(direct)}
    return {name: lower[name.lower()] for name in VARIABLES}


def of_host(inventory: Inventory, host: str) -> dict[str, str]:
    """All six of a host's containers, so that what an engine hands to its containers never reaches ours by accident."""
    http, https, direct = (inventory.get(host, f"swarm_{kind}") for kind in ("http_proxy", "https_proxy", "no_proxy"))
    names = [f".{inventory.get(host, 'swarm_service_domain')}"] if inventory.members("reverse_proxy") else []
    return environment(http, https, direct, [*map(inventory.address, inventory.hosts), *names])


def of_program(proxy: Mapping[str, str], own: Iterable[str]) -> dict[str, str]:
    """The proxy variables of an ML program: none without a proxy, and none of those that its `own` environment names in any case."""
    if not (proxy.get("http_proxy") or proxy.get("https_proxy")):
        return {}
    named = {name.lower() for name in own}
    return {name: value for name, value in proxy.items() if value and name.lower() not in named}


def has_password(proxy: Mapping[str, str]) -> bool:
    """Whether one of the proxies' URLs has a user in it, and with it most often a password."""
    return any("@" in str(proxy.get(name) or "") for name in ("http_proxy", "https_proxy"))


def without_exceptions(proxy: Mapping[str, str]) -> dict[str, str]:
    """The proxies alone: which addresses are reached without them says nothing about what is built or trained."""
    return {name: value for name, value in proxy.items() if name.lower() != "no_proxy"}


def build_lines(proxy: Mapping[str, str], limit: int) -> list[str]:
    """Dockerfile lines, of at most `limit` bytes, that send a build's downloads through the proxies and leave nothing of them in the image."""
    lines = [f"ARG {name}={value}" for name, value in proxy.items() if value and name.lower() != "no_proxy"]
    return lines + [line for name in ("no_proxy", "NO_PROXY") for line in _exceptions(name, proxy.get(name) or "", limit)] if lines else []


def _exceptions(name: str, value: str, limit: int) -> list[str]:
    """The list in as many lines as it takes, each of which goes on where the one before it ended."""
    lines: list[str] = []
    for item in filter(None, value.split(",")):
        if lines and len(f"{lines[-1]},{item}".encode()) <= limit:
            lines[-1] += f",{item}"
        else:
            lines.append(f"ARG {name}=${name},{item}" if lines else f"ARG {name}={item}")
    return lines
