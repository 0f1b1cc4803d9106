# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Organisations that exchange one public file each: what is accepted, what is refused, and what is derived from it."""

import base64
import dataclasses
import hashlib
import json

import pytest
from ansible_collections.swarm.learning.plugins.module_utils._spire import peers as _peers
from ansible_collections.swarm.learning.plugins.module_utils._spire.bundles import bundle as spire_bundle
from ansible_collections.swarm.learning.plugins.plugin_utils._checks import stages
from ansible_collections.swarm.learning.plugins.plugin_utils._site import model
from cryptography.hazmat.primitives.serialization import Encoding

from tests.support.pki import NOW, Authority
from tests.support.site_inventory import two_orgs

DOMAIN = "org3.swarm.learning"
OWN = {"trust_domain": DOMAIN, "address": "192.0.2.3", "port": 8443}
NODES = {"swops": 1, "pairs": 3}
SERVICES = {
    "routes": {"api.sn-1.org3.example": "192.0.2.3:443", "fs.sl-1.org3.example": "192.0.2.4:443"},
    "p2p_hosts": {"p2p.sn-1.org3.example": "192.0.2.3"},
}


def key(authority):
    return {"use": "x509-svid", "kty": "EC", "x5c": [base64.b64encode(authority.certificate.public_bytes(Encoding.DER)).decode()]}


def spiffe(*authorities):
    """SPIFFE JSON of some CAs, with a key for JWTs too, as SPIRE's have."""
    return json.dumps({"keys": [*map(key, authorities), {"use": "jwt-svid", "kid": "a", "kty": "EC"}], "spiffe_sequence": 1})


@pytest.fixture
def bundle(tmp_path):
    return spiffe(Authority(tmp_path, f"spiffe://{DOMAIN}"))


@pytest.fixture
def text(bundle):
    return _peers.written(bundle, OWN, NODES)


def answer(text):
    return json.loads(text)["fingerprint"]


def changed(text, **changes):
    return json.dumps({**json.loads(text), **changes})


def refusal(text, fingerprint=None):
    with pytest.raises(_peers.InvalidPeerFile) as error:
        _peers.taken(text, answer(text) if fingerprint is None else fingerprint, NOW)
    return str(error.value)


def test_exchange_file_of_one_is_accepted_by_the_other(text, bundle):
    peer = _peers.taken(text, answer(text).upper().replace(" ", ":"), NOW)
    assert json.loads(peer.pop("bundle")) == {"keys": json.loads(bundle)["keys"][:1]}, "keys for JWTs come by the federation"
    assert peer == {**OWN, **NODES, "services": {}}
    assert len(answer(text).split()) == 16
    assert _peers.written(bundle, OWN, NODES) == text, "the same bundle gives the same file"


def test_the_order_of_keys_does_not_matter(tmp_path):
    one, two = (Authority(tmp_path, f"spiffe://{DOMAIN}") for _again in range(2))
    assert _peers.written(spiffe(one, two), OWN, NODES) == _peers.written(spiffe(two, one), OWN, NODES)
    assert answer(_peers.written(spiffe(one, two), OWN, NODES)) != answer(_peers.written(spiffe(one), OWN, NODES))


@pytest.mark.parametrize(
    "change",
    [
        {"endpoint": {"address": "198.51.100.9", "port": 8443, "spiffe_id": f"spiffe://{DOMAIN}/spire/server"}},
        {"endpoint": {"address": OWN["address"], "port": 9443, "spiffe_id": f"spiffe://{DOMAIN}/spire/server"}},
        {"nodes": {"swops": 7, "pairs": 7}},
    ],
    ids=["address", "port", "nodes"],
)
def test_the_fingerprint_covers_all_that_is_taken(text, change):
    assert "was changed or damaged on its way" in refusal(changed(text, **change))


def test_the_fingerprint_covers_every_key(text):
    bundle = json.loads(text)["bundle"]
    assert "was changed or damaged on its way" in refusal(
        changed(text, bundle={"keys": [*bundle["keys"], {"use": "jwt-svid", "kid": "b"}]})
    )


def test_file_of_an_earlier_version_is_named(text):
    der = base64.b64decode(json.loads(text)["bundle"]["keys"][0]["x5c"][0])
    assert "was written by an earlier version" in refusal(changed(text, fingerprint=hashlib.sha256(der).hexdigest()))


def test_invalid_file_is_refused():
    assert "it is an HTML page, such as a login page," in refusal("<!DOCTYPE html>\n<html>", "")
    assert "is not JSON" in refusal("-----BEGIN CERTIFICATE-----", "")
    assert "it has no trust_domain, bundle, endpoint, fingerprint, nodes" in refusal("[]", "")


def test_wrong_fingerprint_is_refused(text, tmp_path):
    other = spiffe(Authority(tmp_path, f"spiffe://{DOMAIN}"))
    assert "was changed or damaged on its way" in refusal(changed(text, bundle=json.loads(other)))
    assert "swarm_peers says 1234" in (said := refusal(text, "1234"))
    assert "do not use the file until org3.swarm.learning has confirmed" in said
    assert f"has the fingerprint {answer(text)}: ask org3.swarm.learning to read out theirs" in refusal(text, "")


def test_invalid_trust_domain_is_refused(text):
    assert "says that its bundle is that of org4.example, but its CA is that of spiffe://org3" in refusal(
        changed(text, trust_domain="org4.example")
    )
    assert "has the invalid trust domain 'Org 3'" in refusal(changed(text, trust_domain="Org 3"))


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://192.0.2.3:8443",
        {"address": "", "port": 8443},
        {"address": "192.0.2.3", "port": "8443"},
        {"address": "192.0.2.3", "port": True},
        {"address": "192.0.2.3", "port": -5},
        {"address": "192.0.2.3/x y", "port": 8443},
        {"spiffe_id": "spiffe://other/spire/server"},
    ],
)
def test_invalid_endpoint_is_refused(text, endpoint):
    there = json.loads(text)["endpoint"]
    assert "has an invalid endpoint; expected address, port and the spiffe_id spiffe://org3" in refusal(
        changed(text, endpoint={**there, **endpoint} if isinstance(endpoint, dict) else endpoint)
    )


def test_invalid_bundle_is_refused(text, tmp_path):
    late = Authority(tmp_path, f"spiffe://{DOMAIN}", days=0)
    assert "has a bundle that expired at 2027-01-15 08:00 UTC: ask org3.swarm.learning" in refusal(_peers.written(spiffe(late), OWN, NODES))
    assert "has a bundle without a CA certificate" in refusal(changed(text, bundle=json.loads(spiffe())))
    assert "its bundle is not a SPIFFE bundle" in refusal(changed(text, bundle={"keys": [{"use": "x509-svid"}]}))
    assert "its bundle is not a SPIFFE bundle" in refusal(changed(text, bundle="<html>"))
    assert "does not say how many SWOPs" in refusal(changed(text, nodes={"swops": 1}))


@pytest.mark.parametrize(
    "services",
    [
        ["api.sn-1.org3.example"],
        {"routes": "api.sn-1.org3.example"},
        {"routes": {"api": "192.0.2.3:443"}},
        {"routes": {"api.sn-1.org3.example": "192.0.2.3"}},
        {"routes": {"api.sn-1.org3.example": "192.0.2.3:443; }"}},
        {"p2p_hosts": {"p2p.sn-1.org3.example": "192.0.2.3\n192.0.2.4 other"}},
        {"p2p_hosts": {"p2p sn-1": "192.0.2.3"}},
    ],
)
def test_invalid_services_are_refused(bundle, services):
    text = _peers.written(bundle, OWN, NODES, SERVICES)
    assert _peers.taken(text, answer(text), NOW)["services"] == SERVICES
    assert "has invalid services; expected routes" in refusal(changed(text, services=services))


def test_the_fingerprint_covers_services(bundle):
    text = _peers.written(bundle, OWN, NODES, SERVICES)
    elsewhere = {**SERVICES, "routes": {"api.sn-1.org3.example": "198.51.100.9:443"}}
    assert "was changed or damaged on its way" in refusal(changed(text, services=elsewhere))


# --- the inventory --------------------------------------------------------------------------------------------------------


def loaded(files, given, **changes):
    def read(path):
        if path not in files:
            raise FileNotFoundError(2, "No such file or directory")
        return files[path]

    inventory = two_orgs({"swarm_peers": given}, **changes)
    problems, peers = _peers.load(inventory, read, NOW)
    return problems, dataclasses.replace(inventory, peers=tuple(peers))


def test_problems_name_the_file(text):
    item = {"file": "org3.json", "fingerprint": answer(text)}
    assert loaded({"org3.json": text}, [item])[0] == []
    for given, words in (
        ("org3.json", "swarm_peers must be a list of mappings"),
        (["org3.json"], "swarm_peers: org3.json must be a mapping with file, on the controller, and fingerprint"),
        ([{"file": "org4.json"}], "swarm_peers: org4.json cannot be read on the controller: No such file"),
        ([item, item], "swarm_peers: org3.json is a second file from org3.swarm.learning"),
    ):
        [problem] = loaded({"org3.json": text}, given)[0]
        assert words in problem
    [problem] = loaded({"org3.json": text}, [item], host_2={"swarm_trust_domain": DOMAIN})[0]
    assert "is from org3.swarm.learning, a trust domain of this inventory" in problem
    [problem] = loaded({"org3.json": text}, [item], without=("swarm_spire_server", "swarm_spire_agent"))[0]
    assert "no host is in swarm_spire_server to federate with them" in problem


def test_what_follows_from_a_peer(text):
    _none, inventory = loaded({"org3.json": text}, [{"file": "org3.json", "fingerprint": answer(text)}])
    assert stages.problems(inventory, lambda path: True) == []
    here = model.derive(inventory)["host-1"]
    assert [one["trust_domain"] for one in here["federates_with"]] == ["org2.swarm.learning", DOMAIN]
    assert (here["federates_with"][1]["address"], here["federates_with"][1]["port"]) == ("192.0.2.3", 8443)
    assert "x5c" in here["federates_with"][1]["bundle"]
    assert all(one["federates_with"] == ["org2.swarm.learning", DOMAIN] for one in here["entries"])
    assert "TO defaulttaskbb.taskdb.sml.hpe WITH 3 PEERS" in here["swci_script"], "SWOPs that build"
    assert "TO defaulttaskbb.taskdb.sml.hpe WITH 7 PEERS" in here["swci_script"], "pairs that train"
    own = {"trust_domain": "org1.swarm.learning", "address": "172.1.1.1", "port": 8443, "swops": 1, "pairs": 2}
    assert here["exchange"] == {**own, "services": {}}


BEHIND_PROXIES = {"swarm_reverse_proxy": ["host-1", "host-2"]}


def test_services_of_another_organisation_are_reached_at_its_proxy(bundle):
    text = _peers.written(bundle, OWN, NODES, SERVICES)
    own_domain = {"swarm_service_domain": "ours.example"}
    given = [{"file": "org3.json", "fingerprint": answer(text)}]
    _none, inventory = loaded({"org3.json": text}, given, groups=BEHIND_PROXIES, host_1=own_domain, host_2=own_domain)
    assert stages.problems(inventory, lambda path: True) == []
    for here in model.derive(inventory).values():
        assert SERVICES["routes"].items() <= here["routes"].items()
        assert all(SERVICES["p2p_hosts"].items() <= node["extra_hosts"].items() for node in here["sn_nodes"])
    assert model.derive(inventory)["host-1"]["exchange"]["services"] == {
        "routes": dict.fromkeys(("api.sn-1.ours.example", "fs.sl-1.ours.example", "fs.sl-2.ours.example"), "172.1.1.1:443"),
        "p2p_hosts": {"p2p.sn-1.ours.example": "172.1.1.1"},
    }


def test_a_service_that_another_organisation_has_too_is_refused(bundle):
    text = _peers.written(bundle, OWN, NODES, {"routes": {"api.sn-1.swarm": "192.0.2.3:443"}})
    _none, inventory = loaded({"org3.json": text}, [{"file": "org3.json", "fingerprint": answer(text)}], groups=BEHIND_PROXIES)
    [problem] = stages.problems(inventory, lambda path: True)
    assert problem == (
        "sn_api_service of sn-1 on host-1 is 'api.sn-1.swarm', a service of another organisation too, by its exchange file: "
        "set swarm_service_domain to a domain of your own"
    )


@pytest.mark.parametrize(("own", "names"), [("org2.swarm.learning", ["sl-1", "sl-2"]), ("org4.swarm.learning", ["sl-4", "sl-5"])])
def test_pairs_are_counted_the_same_everywhere(text, own, names):
    """One host a side; the other side has three pairs, and counts by the same order of the trust domains."""
    only = {f"swarm_{one}": ["host-1"] for one in ("spire_server", "spire_agent", "sn", "swop")}
    given = [{"file": "3", "fingerprint": answer(text)}]
    _none, inventory = loaded({"3": text}, given, groups=only, host_1={"swarm_trust_domain": own})
    nodes = [node["slnodedef"] for node in model.derive(inventory)["host-1"]["swop_profiles"]["swop-1"]["nodes"]]
    assert [node["slhostname"] for node in nodes] == names
    assert [node["slport"] for node in nodes] == [16000, 17000]


# --- the server's copy ----------------------------------------------------------------------------------------------------


class Server:
    def __init__(self, there):
        self.there = there

    def federated_bundles(self):
        return {DOMAIN: self.there}

    def set_bundle(self, _domain, text):
        self.there = text


def given(bundle, bootstrap):
    options = {"state": "present", "bundles": None, "only": None, "record_dir": None}
    return {**options, "trust_domain": DOMAIN, "bundle": bundle, "bootstrap": bootstrap}


@pytest.mark.parametrize(("bootstrap", "kept"), [(True, "fetched"), (False, "sent")])
def test_a_bundle_that_was_fetched_since_is_left_alone(tmp_path, bootstrap, kept):
    sent, fetched = (spiffe(Authority(tmp_path, f"spiffe://{DOMAIN}", begins=begins)) for begins in (-90, -2))
    server = Server(fetched)
    result = spire_bundle(server, given(sent, bootstrap=bootstrap), False)
    assert server.there == {"sent": sent, "fetched": fetched}[kept]
    assert result["changed"] == (kept == "sent")


def test_trust_domain_that_started_over_is_accepted(tmp_path):
    sent, there = (spiffe(Authority(tmp_path, f"spiffe://{DOMAIN}", begins=begins)) for begins in (-2, -90))
    server = Server(there)
    assert spire_bundle(server, given(sent, bootstrap=True), False)["changed"]
    assert server.there == sent
