# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/site-model.md says what the fields of `HostModel` say."""

from dataclasses import fields

from ansible_collections.swarm.learning.plugins.plugin_utils._site import model

from tests.support.site_inventory import two_orgs
from tools.site_model import PAGE, page


def test_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make docs`"


def test_every_host_has_every_field():
    names = [field.name for field in fields(model.HostModel)]
    assert all(list(host) == names for host in model.derive(two_orgs()).values())
    assert all(meaning for _kind, meaning in model.documented().values())
