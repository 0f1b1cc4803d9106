# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the metrics of each host are about."""

import pytest
from ansible_collections.swarm.learning.plugins.plugin_utils._site import model

from tests.support.site_inventory import two_orgs

EVERYWHERE = {"swarm_monitoring": True}
LICENSES = {"swarm_licenses": {"sl": 3}}


def derived(**changes):
    return {host: of_host["monitoring"] for host, of_host in model.derive(two_orgs(**changes)).items()}


def test_it_is_off_by_default():
    assert set(map(str, derived().values())) == {"{}"}


def test_only_hosts_that_want_it_have_it():
    assert {host: bool(found) for host, found in derived(host_2=EVERYWHERE).items()} == {"host-1": False, "host-2": True}


def test_a_host_with_everything():
    found = derived(host_1={**EVERYWHERE, **LICENSES}, host_2=EVERYWHERE)["host-1"]
    assert found == {
        "trust_domain": "org1.swarm.learning",
        "release": "2.3.0",
        "containers": {"apls": "apls", "spire-server": "spire_server", "spire-agent": "spire_agent", "sn-1": "sn", "swop-1": "swop"},
        "spire_server": "spire-server",
        "token_dir": "/var/lib/swarm-learning/tokens",
        "x509_svid_ttl": "672h",
        "license_server": "172.1.1.1:5814",
        "license": {"apls_ip": "172.1.1.1", "apls_port": 5814, "secondary_apls_ip": "", "secondary_apls_port": 5814},
        "licenses": {"sn": {"wanted": 1}, "sl": {"wanted": 2, "capacity": 3}},
        "peers": 4,
        "ports": [9988, 9990, 9989, 9991],
    }


@pytest.mark.parametrize("name", ["sn", "swop"])
def test_nodes_by_other_names(name):
    changes = {f"{name}_nodes": [{"name": "one"}, {"name": "two"}], **EVERYWHERE}
    found = derived(host_2=changes)["host-2"]["containers"]
    assert [one for one, component in found.items() if component == name] == ["one", "two"]
