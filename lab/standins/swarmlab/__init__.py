# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stand-ins for the platform's closed images: the same environment, ports, mounts, log lines and ways to fail."""
