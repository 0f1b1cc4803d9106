# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation as a web site: `python -m tools.docsite` builds it."""
