# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands for a SPIRE Server that does not exist yet (private to the collection)."""

from __future__ import annotations

from typing import Any


class NoServerYet:
    """In check mode, a server that an earlier task would have started. It has nothing yet."""

    def own_bundle(self) -> dict[str, Any]:
        """No bundle."""
        return {}

    def bundles(self) -> list[dict[str, Any]]:
        """No bundles."""
        return []

    def agents(self) -> list[dict[str, Any]]:
        """No agents."""
        return []

    def entries(self, *_filters: str) -> list[dict[str, Any]]:
        """No entries."""
        return []

    def bundle(self) -> str:
        """No bundle."""
        return ""

    def federated_bundles(self) -> dict[str, str]:
        """No copy of any domain's bundle."""
        return {}
