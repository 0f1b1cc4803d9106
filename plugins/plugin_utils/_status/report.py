# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Formats the state of a site for programs and as a page (private, pure)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...module_utils._names import utc
from .._page.render import render
from .._preflight.checks import ERROR, WARNING
from .curve import curve
from .picture import MARKS, TITLES, picture
from .site import READY

TEMPLATE = Path(__file__).with_name("status.html.j2")
_CLASSES = {"ready": "good", "ended": "faint", "starting": "warning", "stopped": "warning", "failed": "error"}
_SHORT = 12  # digits of a digest, as the engine's own commands show it


def as_json(site: Mapping[str, Any]) -> str:
    """The whole state for programs. site: what `site.site` returned."""
    return json.dumps(site, indent=2, ensure_ascii=False) + "\n"


def page(site: Mapping[str, Any]) -> str:
    """The whole state as one HTML page that needs nothing else."""
    return render(
        TEMPLATE,
        **site,
        picture=picture(site),
        lanes=list(dict.fromkeys(link["name"] for link in site["links"])),
        not_ready=[sorted({end["host"] for end in link["ends"] if end["condition"] != READY}) for link in site["links"]],
        curve=curve,
        identities=identities(site),
        versions=versions(site),
        titles=TITLES,
        marks=MARKS,
        classes=_CLASSES,
        utc=utc,
    )


def counted(site: Mapping[str, Any]) -> str:
    """`1 error, 2 warnings`."""
    numbers = {severity: site["summary"][severity] for severity in (ERROR, WARNING)}
    return ", ".join(f"{number} {severity}{'' if number == 1 else 's'}" for severity, number in numbers.items())


def identities(site: Mapping[str, Any]) -> list[dict[str, Any]]:
    """{host, container, spiffe_id, until, days_left} of each certificate that a container shows, the first to expire first."""
    found = [
        {
            "host": host,
            "container": container["name"],
            "spiffe_id": container["identity"]["spiffe_id"],
            "until": utc(container["identity"]["expires_at"]),
            "days_left": container["days_left"],
        }
        for host, one in site["hosts"].items()
        for container in one["containers"]
        if container["identity"]
    ]
    return sorted(found, key=lambda identity: identity["days_left"])


def versions(site: Mapping[str, Any]) -> list[dict[str, Any]]:
    """{component, release, image, digest, local, hosts} of each image that containers were created from.

    digest  the first digits of the digest, or, if `local`, of the ID of an image that no registry has
    """
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for host, one in site["hosts"].items():
        for container in one["containers"]:
            digest = container["digest"] or container["image_id"]
            key = (container["component"], container["release"], container["image"], digest)
            row = found.setdefault(
                key, {**dict(zip(("component", "release", "image"), key)), "local": not container["digest"], "hosts": []}
            )
            row["digest"] = digest.rpartition(":")[2][:_SHORT]
            row["hosts"] += [host] if host not in row["hosts"] else []
    order = list(TITLES)
    return [found[key] for key in sorted(found, key=lambda key: (order.index(key[0]), key[1:]))]
