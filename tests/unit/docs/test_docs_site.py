# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the documentation site makes of the repository's pages; `make docs-site` builds it, and fails on a warning."""

import zlib
from pathlib import Path

import pytest

from tests.unit.test_house import ROOT
from tools import docs_site

PAGES = {Path("README.md"), Path("docs/identity.md"), Path("roles/swarm/README.md")}


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("[identity](../docs/identity.md#one)", "[identity](identity.md#one)"),
        ("[role swarm](../roles/swarm)", "[role swarm](../roles/swarm/README.md)"),
        ("[two-orgs](../inventories/two-orgs)", "two-orgs"),
        ("[playbooks/](../playbooks)", "`playbooks`"),
        ("[here](#below)", "[here](#below)"),
        ("[SPIRE](https://spiffe.io/x)", "[SPIRE](https://spiffe.io/x)"),
        ("![a picture](docs/platform.svg)", "![a picture](docs/platform.svg)"),
    ],
)
def test_links(monkeypatch, tmp_path, written, shown):
    monkeypatch.setattr(docs_site, "ROOT", tmp_path)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/x.md").write_text(written, encoding="utf-8")
    assert docs_site.page(Path("docs/x.md"), PAGES) == shown


def test_every_page_is_in_the_index():
    index = (ROOT / "docs/site/index.md").read_text(encoding="utf-8")
    missing = [str(page.with_suffix("")) for page in docs_site.found(docs_site.PAGES) if page.parts[0] != "roles"]
    assert [page for page in missing if page not in index] == []


def test_labels_of_ansible():
    head, _newline, packed = docs_site.inventory().partition(b"using zlib.\n")
    assert head.startswith(b"# Sphinx inventory version 2\n")
    assert b"common_return_values std:label -1 reference_appendices/common_return_values.html#common-return-values" in zlib.decompress(
        packed
    )
