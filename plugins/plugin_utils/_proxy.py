# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The environment that sends a container's outward connections through proxies (private, pure)."""

from __future__ import annotations

from collections.abc import Iterable

VARIABLES = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
LOOPBACK = ("localhost", "127.0.0.1")


def environment(http_proxy: str, https_proxy: str, no_proxy: str, addresses: Iterable[str] = ()) -> dict[str, str]:
    """All six proxy variables, in lower and upper case. With a proxy, loopback and `addresses` are reached without it."""
    direct = [str(no_proxy)] if no_proxy else []
    if http_proxy or https_proxy:
        direct += [*LOOPBACK, *filter(None, addresses)]
    lower = {"http_proxy": http_proxy, "https_proxy": https_proxy, "no_proxy": ",".join(direct)}
    return {name: lower[name.lower()] for name in VARIABLES}
