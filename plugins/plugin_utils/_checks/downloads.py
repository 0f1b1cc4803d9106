# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the files that a training's hosts download, in sentences (private, pure)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .wording import shown, unknown_keys, wrong_type

_FORMS = {
    "url": (re.compile(r"https?://[^/\s]+/\S+"), "an address such as https://data.example.org/train.npz"),
    "path": (re.compile(r"/[^\s:]+[^\s:/]"), "the file's absolute path on the hosts, without colons and spaces"),
    "sha256": (re.compile(r"[0-9a-f]{64}"), "the 64 hexadecimal digits that sha256sum shows"),
}


def problems(items: list[Any]) -> list[str]:
    found = [sentence for index, one in enumerate(items) for sentence in _of(f"swarm_training.downloads[{index}]", one)]
    paths = [one.get("path") for one in items if isinstance(one, dict)]
    repeated = sorted({path for path in paths if isinstance(path, str) and paths.count(path) > 1})
    return found + [f"swarm_training.downloads: {path} is the path of more than one" for path in repeated]


def _of(where: str, one: Any) -> Iterator[str]:
    if not isinstance(one, dict):
        yield wrong_type(where, one, "a mapping with url, path and sha256")
        return
    yield from unknown_keys(where, one, tuple(_FORMS))
    for key, (form, expected) in _FORMS.items():
        value = one.get(key)
        if key not in one:
            yield f"{where}: {key!r} is missing; expected {expected}"
        elif not isinstance(value, str) or not form.fullmatch(value):
            # An address may have a password in it.
            yield f"{where}.{key}: invalid value{'' if key == 'url' else f' {shown(value)}'}; expected {expected}"
