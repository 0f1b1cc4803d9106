# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make docs-site`: build the documentation site into tests/output/site/html; a warning is a failure.

Its pages are the repository's Markdown pages as they are, and what antsibull-docs writes of modules, roles and filters. A link to a file that is not
a page becomes the file's name.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zlib
from pathlib import Path

from lab.playbook_runner import BIN, ROOT

SITE = ROOT / "tests/output/site"
PAGES = (
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "docs/*.md",
    "docs/guides/*.md",
    "docs/ci/*.md",
    "examples/*/*.md",
    "roles/*/README.md",
)
FILES = ("docs/*.svg", "docs/*.png")
_HOST_INFO = "collections/community/docker/docker_host_info_module.html"
# Where the labels that the generated pages refer to are in the documentation of Ansible: label → page and anchor.
LABELS = {
    "action_plugins": "plugins/action.html#action-plugins",
    "ansible_configuration_settings": "reference_appendices/config.html#ansible-configuration-settings",
    "common_return_values": "reference_appendices/common_return_values.html#common-return-values",
    **{
        f"ansible_collections.community.docker.docker_host_info_module{suffix}": _HOST_INFO + (f"#{suffix[2:]}" if suffix else "")
        for suffix in ("", "__parameter-images", "__parameter-verbose_output", "__return-containers", "__return-host_info")
    },
}
LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)\s#]+)(#[^)\s]*)?\)")


def found(patterns: tuple[str, ...]) -> list[Path]:
    """Files of the repository, relative to its root."""
    return sorted(path.relative_to(ROOT) for pattern in patterns for path in ROOT.glob(pattern))


def page(path: Path, pages: set[Path]) -> str:
    """The text of a page for the site."""

    def link(match: re.Match[str]) -> str:
        text, target, anchor = match[1], match[2], match[3] or ""
        if "://" in target:
            return match[0]
        to = Path(os.path.normpath(path.parent / target))
        for candidate in (to, to / "README.md"):
            if candidate in pages:
                return f"[{text}]({os.path.relpath(candidate, path.parent)}{anchor})"
        return text if text.startswith("`") else f"`{text.rstrip('/')}`" if "/" in text or "." in text else text

    return LINK.sub(link, (ROOT / path).read_text(encoding="utf-8"))


def inventory() -> bytes:
    """LABELS as Sphinx's intersphinx reads them."""
    head = "# Sphinx inventory version 2\n# Project: ansible\n# Version: \n# The remainder of this file is compressed using zlib.\n"
    lines = "".join(f"{label} std:label -1 {target} {label}\n" for label, target in LABELS.items())
    return head.encode() + zlib.compress(lines.encode())


def build() -> int:
    """Build the site and return Sphinx's exit status."""
    source = SITE / "source"
    shutil.rmtree(SITE, ignore_errors=True)
    (source / "collection").mkdir(parents=True, mode=0o755)
    pages = set(found(PAGES))
    for path in sorted(pages):
        (source / path).parent.mkdir(parents=True, exist_ok=True)
        (source / path).write_text(page(path, pages), encoding="utf-8")
    for path in found(FILES):
        shutil.copyfile(ROOT / path, source / path)
    for name in ("conf.py", "index.md"):
        shutil.copyfile(ROOT / "docs/site" / name, source / name)
    (source / "ansible.inv").write_bytes(inventory())
    environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections")}
    options = ["--use-current", "--squash-hierarchy", "--fail-on-error", "--dest-dir", str(source / "collection")]
    subprocess.run([BIN / "antsibull-docs", "collection", *options, "swarm.learning"], env=environment, check=True)
    command = [BIN / "sphinx-build", "-M", "html", source, SITE, "--fail-on-warning", "--keep-going", "--quiet", "--jobs", "2"]
    return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    status = build()
    print(f"{SITE.relative_to(ROOT)}/html/index.html written" if status == 0 else "the site has warnings, see above")
    sys.exit(status)
