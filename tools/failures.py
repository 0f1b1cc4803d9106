# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make docs`: write docs/failures.md, the texts of logs that are known as a page for people."""

from __future__ import annotations

from ansible_collections.swarm.learning.plugins.module_utils._container.log_signatures import SIGNATURES

from lab.playbook_runner import ROOT

PAGE = ROOT / "docs/failures.md"
HEAD = """<!-- SPDX-FileCopyrightText: The swarm.learning authors -->
<!-- SPDX-License-Identifier: GPL-3.0-or-later -->
<!-- Written by `make docs` from plugins/module_utils/_container/log_signatures.py; a test keeps it so. -->
# What failures mean

Messages in logs, in alphabetical order. Search this page for the message in your log. When a container does not become ready, the modules look
for these messages themselves, and report the same.
"""


def page() -> str:
    """The page's text: an entry for each text."""
    by_text = sorted(((text, signature) for signature in SIGNATURES for text in signature.texts), key=lambda pair: pair[0].lower())
    return HEAD + "".join(
        f"\n## `{text}`\n\n**It means:** {signature.cause}.\n\n**What helps:** {signature.remedy}.\n" for text, signature in by_text
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)} written")
