# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a SPIRE Server that is not there has: nothing (private to the collection)."""

from __future__ import annotations


class NoServerYet:
    """In check mode: a server that an earlier task would have started. It has nothing yet."""

    def own_bundle(self):
        """Nothing to tell."""
        return {}

    def bundles(self):
        """No bundles."""
        return []

    def told_agents(self):
        """No agents."""
        return []

    def entries(self, *_filters):
        """No entries."""
        return []

    def agents(self):
        """No agents."""
        return []

    def bundle(self):
        """No bundle."""
        return ""

    def federated_bundle(self, trust_domain):
        """No copy of any domain's bundle."""
        return ""
