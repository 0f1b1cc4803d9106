# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A variable of several hosts."""

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.swarm.learning.plugins.filter.by_host import by_host

VARIABLES = {"b": {"x": 1}, "a": {"x": None}, "c": {}}


@pytest.mark.parametrize(
    ("hosts", "default", "found"),
    [([], None, {}), (["b", "a"], None, {"b": 1, "a": None}), (["c", "b"], {}, {"c": {}, "b": 1}), (["c"], "", {"c": ""})],
    ids=["no host", "all have it", "one has not", "an empty default"],
)
def test_values_in_the_order_of_the_hosts(hosts, default, found):
    gathered = by_host(hosts, VARIABLES, "x", default)
    assert (gathered, list(gathered)) == (found, hosts)


def test_hosts_without_the_variable_are_named():
    with pytest.raises(AnsibleFilterError, match="by_host: c has no variable x"):
        by_host(["a", "c"], VARIABLES, "x")
