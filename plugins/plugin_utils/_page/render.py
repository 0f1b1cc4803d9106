# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the HTML pages of reports, which all have one frame and one look (private, pure)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

FRAME = Path(__file__).with_name("frame.html.j2")


def render(template: Path, **values: Any) -> str:
    """A page that needs nothing else, from a template that extends `frame.html.j2`. Values are escaped."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([template.parent, FRAME.parent]),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template(template.name).render(**values)
