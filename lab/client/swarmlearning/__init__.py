# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client side of Swarm Learning, as the lab has it: `swarmlearning.tf` and `swarmlearning.pyt` have a SwarmCallback each."""
