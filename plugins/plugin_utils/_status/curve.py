# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws the loss of a node over its last rounds (private, pure). All numbers are units of the SVG, which are pixels there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

WIDTH, HEIGHT = 120, 28
_EDGE = 2  # so that the line is not cut


def curve(losses: Sequence[float]) -> dict[str, Any]:
    """{width, height, points, text}: the line from the first loss to the last one, and the same in words; empty for fewer than two."""
    if len(losses) < 2:
        return {}
    lowest, highest = min(losses), max(losses)
    across, down = (WIDTH - 2 * _EDGE) / (len(losses) - 1), (HEIGHT - 2 * _EDGE) / ((highest - lowest) or 1)
    points = " ".join(f"{_EDGE + across * at:.1f},{HEIGHT - _EDGE - down * (loss - lowest):.1f}" for at, loss in enumerate(losses))
    text = f"Loss of the last {len(losses)} rounds: from {losses[0]:.4g} to {losses[-1]:.4g}, the lowest {lowest:.4g}, the highest {highest:.4g}"
    return {"width": WIDTH, "height": HEIGHT, "points": points, "text": text}
