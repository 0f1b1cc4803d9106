# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated world: hosts that are containers, a registry, real SPIRE and stand-ins for the closed images."""
