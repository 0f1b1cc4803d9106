# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands for PyTorch: an ML program that imports it runs in this image, and in the other kind's it does not."""

__version__ = "0 (the lab's)"


class Tensor:
    """scipy asks every torch for it, to know its arrays from others."""
