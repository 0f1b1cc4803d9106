# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes of documents made of mappings and lists."""

from __future__ import annotations

import copy
from typing import Any


def changed(document: Any, path: str, new: Any) -> Any:
    """A copy with one value changed, or removed when `new` is `...`; `path` is the keys and numbers on the way, with dots between."""
    result = copy.deepcopy(document)
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    place = result
    for part in way:
        place = place[part]
    if new is ...:
        del place[last]
    else:
        place[last] = new
    return result
