# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make docs`: build the site in docs/_build/html. Fails on a warning, and on a link within the site that leads nowhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from lab.playbook_runner import BIN, ROOT
from tools.docsite import pages
from tools.docsite.links import broken_links

HERE = Path(__file__).parent
BUILD = ROOT / "docs/_build"
SOURCE = BUILD / "source"
HTML = BUILD / "html"
COPIED = ("docs/*", "*.md")


def copied() -> list[str]:
    """The tracked files that the site has, as paths from the repository's root."""
    listed = subprocess.run(["git", "ls-files", "-z", "--", *COPIED], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    return [name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def write_source(files: list[str]) -> None:
    """Write the pages that are Markdown in the repository, and what they show or offer."""
    for name in files:
        target = SOURCE / pages.PLACES.get(name, name)
        target.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".md"):
            target.write_text(pages.site_text(name, (ROOT / name).read_text(encoding="utf-8"), files), encoding="utf-8")
        else:
            shutil.copyfile(ROOT / name, target)
    with (SOURCE / "index.md").open("a", encoding="utf-8") as index:
        index.write((HERE / "menu.txt").read_text(encoding="utf-8"))
    texts = {path.stem: path.read_text(encoding="utf-8") for path in sorted((ROOT / "playbooks").glob("*.yml"))}
    page = pages.playbooks_page({name: (text, yaml.safe_load(text)) for name, text in texts.items()})
    (SOURCE / pages.PLAYBOOKS).write_text(page, encoding="utf-8")


def write_reference() -> None:
    """Write the pages of modules, roles and filters from their documentation."""
    index = SOURCE / pages.REFERENCE
    index.parent.mkdir(mode=0o755, parents=True)
    command = [BIN / "antsibull-docs", "collection", "--use-current", "--squash-hierarchy", "--fail-on-error"]
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections"), "PATH": f"{BIN}:{os.environ['PATH']}"}
    subprocess.run([*command, "--dest-dir", index.parent, "swarm.learning"], cwd=ROOT, env=environment, check=True)
    for page in index.parent.glob("*.rst"):
        page.write_text(pages.reference_text(page.read_text(encoding="utf-8")), encoding="utf-8")
    (index.parent / "environment_variables.rst").unlink()  # the collection has none


def main() -> int:
    """Return 0 for a site without a fault."""
    shutil.rmtree(BUILD, ignore_errors=True)
    write_source(copied())
    write_reference()
    sphinx = [sys.executable, "-m", "sphinx", "-b", "html", "-c", HERE, "-W", "--keep-going", "-q", "-j", "auto"]
    status = subprocess.run([*sphinx, "-d", BUILD / "doctrees", SOURCE, HTML], check=False).returncode
    broken = broken_links(HTML)
    print("\n".join([*broken, f"{HTML.relative_to(ROOT)}/index.html written"]))
    return status or bool(broken)


if __name__ == "__main__":
    sys.exit(main())
