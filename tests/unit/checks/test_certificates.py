# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inventories that give their hosts certificates in a way that cannot work."""

import pytest
from ansible_collections.swarm.learning.plugins.plugin_utils._checks import certificates, stages

from tests.support.site_inventory import two_orgs

WITHOUT_SPIRE = ("swarm_spire_server", "swarm_spire_agent")
FILES = {"key": "/pki/key.pem", "cert": "/pki/cert.pem", "cacert": "/pki/ca.pem"}


def certified(everywhere=None, without=WITHOUT_SPIRE, **hosts):
    return two_orgs({"swarm_certificates": FILES, **(everywhere or {})}, without=without, **hosts)


def found(inventory):
    return stages.problems(inventory, lambda path: True)


def test_certificates_for_all_components_have_no_problems():
    assert found(certified()) == []
    assert found(certified({"swarm_certificates": {**FILES, "cacert": ["/pki/a.pem", "/pki/b.pem"]}})) == []


def test_names_the_components_whose_files_are_missing():
    inventory = certified(
        {"swarm_certificates": {"capath": "/pki/ca", "sn": {"key": "/a", "cert": "/b"}, "swop": {"key": "/c", "cert": "/d"}}}
    )
    assert found(inventory) == [
        f"swarm_certificates of {host}: {kind!r} is missing for {who}"
        for host, who in (("host-1", "sl, swci"), ("host-2", "sl"))
        for kind in ("key", "cert")
    ]


def of_host_1(**certificates):
    return {"swarm_certificates": certificates}


BAD = {
    "not a mapping": ({"swarm_certificates": "/pki"}, "swarm_certificates of host-1: expected a mapping, got text"),
    "unknown key": (of_host_1(**FILES, ca_cert="/x"), "swarm_certificates of host-1: unknown key 'ca_cert': did you mean 'cacert'?"),
    "unknown key of a component": (of_host_1(**FILES, sn={"file": "/x"}), "swarm_certificates.sn of host-1: unknown key 'file'"),
    "component that is not a mapping": (of_host_1(**FILES, sn="/x"), "swarm_certificates.sn of host-1: expected a mapping, got text"),
    "invalid path": (
        of_host_1(**{**FILES, "key": 7}),
        "swarm_certificates.key of host-1: expected a path on the controller, got a number",
    ),
    "invalid list of paths": (
        of_host_1(**{**FILES, "cacert": [7]}),
        "swarm_certificates.cacert of host-1: expected a file on the controller, or a list of them, got a list",
    ),
    "no CA": (of_host_1(key="/k", cert="/c"), "'cacert' or 'capath', the CA certificates to trust, is missing for sn, sl, swop, swci"),
    "invalid trial": (
        {"swarm_certificates_trial": "maybe"},
        "swarm_certificates_trial of host-1: invalid value 'maybe'; expected true or false",
    ),
    "no days": ({"swarm_training_days": 0}, "swarm_training_days of host-1: invalid value 0; expected a whole number of days"),
}


@pytest.mark.parametrize(("everywhere", "sentence"), BAD.values(), ids=BAD)
def test_problems_are_reported(everywhere, sentence):
    assert sentence in "\n".join(found(certified(everywhere)))


def test_key_that_was_pasted_instead_of_its_path_is_not_shown():
    pasted = "-----BEGIN PRIVATE KEY-----"
    assert pasted not in "\n".join(found(certified(of_host_1(**FILES, sn=[pasted]))))


def test_certificates_and_spire_do_not_mix():
    assert "host-1 has swarm_certificates and is in swarm_spire_agent: remove one of the two" in found(certified(without=()))
    mixed = two_orgs(host_1={"swarm_certificates": FILES}, groups={"swarm_spire_agent": ["host-2"], "swarm_spire_server": ["host-2"]})
    assert found(mixed)[0].startswith("host-1 have certificates, but host-2 have none")


def test_release_0_3_0_has_no_such_options():
    everywhere = {"swarm_release": "0.3.0", "swarm_certificates": FILES}
    said = certificates.identities(two_orgs(everywhere, without=(*WITHOUT_SPIRE, "swarm_swop")))
    assert "swarm_certificates of host-1 cannot be used with release 0.3.0; available in: 2.0.0, 2.1.0, 2.2.0, 2.3.0" in said
