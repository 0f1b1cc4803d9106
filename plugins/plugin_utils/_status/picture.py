# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lays out the picture of a site: organisations, hosts and containers, and a lane for each kind of link (private, pure).

It is narrow, so that a phone shows it without scrolling to the side. All numbers are units of the SVG, which are pixels there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .site import ENDED, READY, worst

TITLES = {
    "apls": "License Server",
    "spire_server": "SPIRE Server",
    "spire_agent": "SPIRE Agent",
    "reverse_proxy": "Reverse proxy",
    "sn": "SN",
    "sl": "SL",
    "ml": "ML",
    "swop": "SWOP",
    "swci": "SWCI",
}
MARKS = {READY: "✓", ENDED: "■", "starting": "…", "stopped": "□", "failed": "✗"}
WIDTH = 343
_LANE, _FIRST_LANE, _TOP = 15, 9, 22
_ORGANISATION, _NAME, _CHIP, _GAP, _PAD = 26, 24, 22, 5, 6
_CAPITAL, _SMALL = 9, 7  # widths of letters at most, on the average of a word
_LONGEST = 30  # letters of a host's name


def picture(site: Mapping[str, Any]) -> dict[str, Any]:
    """{width, height, numbers, lines, dots, organisations, hosts, summary}, in the units of the SVG.

    site           what `site.site` returned
    numbers        [{x, text}] above the lanes
    lines          [{x, y1, y2, broken}]: a link between two hosts
    dots           [{x, y, condition}]: a host's end of a link
    organisations  [{x, y, name}]
    hosts          [{x, y, width, height, name, full, silent, chips: [{x, y, width, text, condition}]}]
    summary        the same in sentences
    """
    lanes = list(dict.fromkeys(link["name"] for link in site["links"]))
    left = _FIRST_LANE + _LANE * len(lanes)
    organisations, hosts, y = [], [], float(_TOP)
    for organisation, members in site["organisations"].items():
        organisations.append({"x": left, "y": y + 17, "name": _short(organisation, _LONGEST + 4)})
        y += _ORGANISATION
        for name in members:
            box = _box(name, site["hosts"][name], left, y)
            hosts.append(box)
            y += box["height"] + _PAD
    middles = {box["full"]: box["y"] + _NAME / 2 for box in hosts}
    lines, dots = _lanes(site["links"], lanes, middles)
    return {
        "width": WIDTH,
        "height": y,
        "numbers": [{"x": _x(lane), "text": str(lane + 1)} for lane in range(len(lanes))],
        "lines": lines,
        "dots": dots,
        "organisations": organisations,
        "hosts": hosts,
        "summary": _summary(site),
    }


def _x(lane: int) -> int:
    return _FIRST_LANE + _LANE * lane


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _box(name: str, host: Mapping[str, Any], x: float, y: float) -> dict[str, Any]:
    width = WIDTH - x - 1
    chips, column, row = [], x + _PAD, y + _NAME
    for words, condition in _words(host):
        wide = sum(_CAPITAL if letter.isupper() else _SMALL for letter in words) + 8
        if column + wide > x + width - _PAD and column > x + _PAD:
            column, row = x + _PAD, row + _CHIP + _GAP
        chips.append({"x": column, "y": row, "width": wide, "text": words, "condition": condition})
        column += wide + _GAP
    height = (row + _CHIP if chips else y + _NAME) + _PAD - y
    box = {"x": x, "y": y, "width": width, "height": height, "name": _short(name, _LONGEST), "full": name, "chips": chips}
    return {**box, "silent": bool(host["silence"])}


def _words(host: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(text, condition) of each chip of a host: containers that are alike share one."""
    if host["silence"]:
        return [(f"✗ {host['silence']}", "failed")]
    counts: dict[tuple[str, str], int] = {}
    for container in host["containers"]:
        key = (container["component"], container["condition"])
        counts[key] = counts.get(key, 0) + 1
    texts = {key: f"{MARKS[key[1]]} {f'{count} ' if count > 1 else ''}{TITLES[key[0]]}" for key, count in counts.items()}
    return [(text, key[1]) for key, text in texts.items()] or [("no container", ENDED)]


def _lanes(
    links: Iterable[Mapping[str, Any]], lanes: Sequence[str], middles: Mapping[str, float]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    lines, dots = [], []
    for link in links:
        x = _x(lanes.index(link["name"]))
        conditions: dict[str, list[str]] = {}
        for end in link["ends"]:
            conditions.setdefault(end["host"], []).append(end["condition"])
        ends = sorted((middles[host], worst(there)) for host, there in conditions.items())
        dots += [{"x": x, "y": y, "condition": condition} for y, condition in ends]
        lines += [
            {"x": x, "y1": one, "y2": two, "broken": {first, second} != {READY}} for (one, first), (two, second) in zip(ends, ends[1:])
        ]
    return lines, dots


def _summary(site: Mapping[str, Any]) -> str:
    summary = site["summary"]
    parts = [
        f"{len(site['organisations'])} organisations with {summary['hosts']} hosts",
        f"{summary['ready']} of {summary['containers']} containers are ready, {summary['ended']} have done their work",
        *(f"{name}: {host['silence']}" for name, host in site["hosts"].items() if host["silence"]),
        *(f"{link['what']}{' in ' + link['organisation'] if link['organisation'] else ''}: {link['state']}" for link in site["links"]),
    ]
    return ". ".join(parts) + ". The tables below say the same."
