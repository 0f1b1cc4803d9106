# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Identity without SPIRE: what is derived, and the problems of unusable certificates."""

import pytest
from ansible_collections.swarm.learning.plugins.plugin_utils._checks import stages
from ansible_collections.swarm.learning.plugins.plugin_utils._site import certificate_files
from ansible_collections.swarm.learning.plugins.plugin_utils._site import model as _site
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.support.pki import DAY, NOW, Authority
from tests.support.site_inventory import two_orgs

WITHOUT_SPIRE = ("swarm_spire_server", "swarm_spire_agent")
FILES = {"key": "/pki/key.pem", "cert": "/pki/cert.pem", "cacert": "/pki/ca.pem"}
PLACE = "/var/lib/swarm-learning/certificates"


def certified(everywhere=None, without=WITHOUT_SPIRE, **hosts):
    return two_orgs({"swarm_certificates": FILES, **(everywhere or {})}, without=without, **hosts)


def said(inventory):
    return "\n".join(stages.problems(inventory, lambda path: True))


# --- what is derived ------------------------------------------------------------------------------------------------------


def test_nodes_share_their_files_on_the_host():
    model = _site.derive(certified())
    assert said(certified()) == ""
    assert list(model["host-1"]["identity"]) == ["sn", "sl", "swop", "swci"]
    assert list(model["host-2"]["identity"]) == ["sn", "sl", "swop"]
    assert model["host-2"]["identity"]["swop"] == {kind: f"{PLACE}/nodes/{kind}.pem" for kind in ("key", "cert", "cacert")}


def test_profile_passes_certificates_to_the_sl_nodes():
    [node, _other] = _site.derive(certified({"swarm_certificates": {**FILES, "capath": "/pki/ca"}}))["host-1"]["swop_profiles"]["swop-1"][
        "nodes"
    ]
    found = {one["attribute"]["aType"]: one["attribute"] for one in node["slnodedef"]["identity"]}
    assert list(found) == ["KEY", "CERT", "CACERT", "CAPATH"]
    assert found["CAPATH"] == {"aType": "CAPATH", "mType": "BIND", "src": f"{PLACE}/nodes/capath", "tgt": f"{PLACE}/nodes/capath"}


def test_components_with_other_files_have_directories_of_their_own():
    answer = {**FILES, "sn": {"key": "/a", "cert": "/b"}}
    model = _site.derive(certified({"swarm_certificates": answer}))
    assert model["host-2"]["identity"]["sn"]["key"] == f"{PLACE}/sn/key.pem"
    assert model["host-2"]["identity"]["swop"]["cacert"] == f"{PLACE}/swop/cacert.pem"


# --- what is said of the files --------------------------------------------------------------------------------------------


@pytest.fixture
def ca(tmp_path):
    return Authority(tmp_path, "ca")


def judged(files, address="172.1.1.1", days=7):
    return "; ".join(certificate_files.judge("host-1", address, files, NOW, NOW + days * DAY)[1])


def test_good_certificates(ca, tmp_path):
    assert judged(ca.issue("a")) == ""
    assert judged(ca.issue("gen-cert", names=("SN-1",), uses=())) == "", "as the platform's own tool makes them"
    assert judged(ca.issue("named", names=("node.example.org",)), "node.example.org") == ""
    assert judged(ca.issue("wild", names=("*.example.org",)), "node.example.org") == ""
    between = Authority(tmp_path, "between", issuer=ca)
    through = between.issue("c", between=[between.certificate])
    assert judged({**through, "cacert": [ca.path]}) == ""
    assert judged({**through, "cacert": [between.path]}) == "", "an authority need not be self-signed"
    (tmp_path / "capath").mkdir()
    ca.write(str(tmp_path / "capath/1.pem"), ca.certificate)
    del through["cacert"]
    assert judged({**through, "capath": str(tmp_path / "capath")}) == ""


BAD = {
    "expired": ({"ends": 0}, "a.pem expired 2027-01-15"),
    "not yet": ({"begins": 1}, "a.pem is not valid before 2027-01-16"),
    "ends too early": (
        {"ends": 6},
        "a.pem expires at 2027-01-21 08:00 UTC, before the training ends (2027-01-22 08:00 UTC, swarm_training_days)",
    ),
    "no name": ({"names": None}, "a.pem has no subject alternative name"),
    "another host's": ({"names": ("172.2.2.2",)}, "a.pem is for 172.2.2.2, not for 172.1.1.1"),
    "server only": ({"uses": (ExtendedKeyUsageOID.SERVER_AUTH,)}, "a.pem may not be used for clientAuth"),
    "passphrase": ({"passphrase": b"secret"}, "a-key.pem has a passphrase"),
}


@pytest.mark.parametrize("name", BAD)
def test_unusable_certificate_is_refused(ca, name):
    settings, sentence = BAD[name]
    assert sentence in judged(ca.issue("a", **settings))


def test_unusable_files_are_refused(ca, tmp_path):
    good, other = ca.issue("a"), Authority(tmp_path, "other")
    (tmp_path / "text").write_text("<html>", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    text = str(tmp_path / "text")
    (tmp_path / "vaulted").write_text("$ANSIBLE_VAULT;1.1;AES256\n3031", encoding="utf-8")
    assert "vaulted is encrypted with ansible-vault" in judged({**good, "key": str(tmp_path / "vaulted")})
    assert "b-key.pem is not the key of" in judged({**good, "key": ca.issue("b")["key"]})
    assert "text is not a private key in PEM form" in judged({**good, "key": text})
    assert "text has no certificate in PEM form" in judged({**good, "cacert": [text]})
    assert "nowhere cannot be read on the controller: No such file" in judged({**good, "key": "/nowhere"})
    assert "empty has no file" in judged({**good, "capath": str(tmp_path / "empty")})
    assert "is not signed by a CA that host-1 trusts" in judged({**good, "cacert": [other.path]})


def test_unusable_authorities_are_refused(tmp_path):
    late = Authority(tmp_path, "late", days=3)
    assert "the CA CN=late of" in (answer := judged(late.issue("a")))
    assert "expires at 2027-01-18 08:00 UTC, before the training ends" in answer
    no_ca = Authority(tmp_path, "no-ca", is_ca=False)
    assert "is not signed by a CA" in judged(no_ca.issue("b"))
    same_name = Authority(tmp_path, "late")
    assert "is not signed by a CA" in judged({**late.issue("c"), "cacert": [same_name.path]}), "another key behind the same name"


# --- the site -------------------------------------------------------------------------------------------------------------


def site(one, two):
    hosts = {"host_1": {"swarm_certificates": one}, "host_2": {"swarm_certificates": two}}
    return two_orgs(without=WITHOUT_SPIRE, **hosts)


def test_each_host_must_trust_the_others(tmp_path):
    mine, theirs = Authority(tmp_path, "ca-1"), Authority(tmp_path, "ca-2")
    one, two = mine.issue("one"), theirs.issue("two", names=("172.2.2.2",))
    both = [mine.path, theirs.path]
    assert certificate_files.review(site({**one, "cacert": both}, {**two, "cacert": both}), NOW) == ([], [])
    [problem], _requests = certificate_files.review(site(one, {**two, "cacert": both}), NOW)
    assert problem.startswith(f"swarm_certificates: {two['cert']} is not signed by a CA that host-1 trusts")
    assert problem.endswith("none of them is CN=ca-2")


def test_problems_name_the_host_once(ca):
    problems, _requests = certificate_files.review(site(ca.issue("a", ends=0), ca.issue("b", names=("172.2.2.2",))), NOW)
    assert len(problems) == 1
    assert problems[0].startswith("swarm_certificates of host-1: ")


def trial(tmp_path):
    settings = {"swarm_certificates_trial": True, "swarm_certificates_dir": str(tmp_path)}
    return two_orgs(settings, without=WITHOUT_SPIRE)


def issue_all(tmp_path, requests, ends=100):
    for one in requests:
        directory = tmp_path / one["organisation"]
        directory.mkdir(exist_ok=True)
        ca = Authority(directory, "ca")
        (directory / "ca-key.pem").write_bytes(_pem(ca.key))
        names = [name.partition(":")[2] for name in one["subject_alt_name"]]
        ca.issue(one["name"], names=names, ends=ends)


def _pem(key):
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def test_trial_requests_missing_certificates(tmp_path):
    inventory = trial(tmp_path)
    assert said(inventory) == ""
    problems, requests = certificate_files.review(inventory, NOW)
    assert problems == []
    assert [(one["name"], one["organisation"], one["new_authority"]) for one in requests] == [
        ("host-1", "org1.swarm.learning", True),
        ("host-2", "org2.swarm.learning", True),
    ]
    assert requests[1]["subject_alt_name"] == ["DNS:host-2", "IP:172.2.2.2"]
    assert [one["path"] for one in certificate_files.laid(inventory, "host-1")["directories"]][:2] == [PLACE, f"{PLACE}/nodes"]
    assert certificate_files.laid(inventory, "host-1")["files"] == []

    issue_all(tmp_path, requests)
    assert certificate_files.review(inventory, NOW) == ([], [])
    laid = certificate_files.laid(inventory, "host-1")
    assert [one["path"] for one in laid["keys"]] == [f"{PLACE}/nodes/key.pem"]
    authorities = next(one["content"] for one in laid["files"] if one["path"] == f"{PLACE}/nodes/cacert.pem")
    assert authorities.count("BEGIN CERTIFICATE") == 2
    assert not [one for one in laid["files"] if "PRIVATE" in one["content"]], "a key would be seen in a diff"


def test_trial_renews_certificates_that_expire_too_early(tmp_path):
    inventory = trial(tmp_path)
    _none, requests = certificate_files.review(inventory, NOW)
    issue_all(tmp_path, requests[:1], ends=3)
    issue_all(tmp_path, requests[1:])
    _none, requests = certificate_files.review(inventory, NOW)
    assert [(one["name"], one["new_authority"]) for one in requests] == [("host-1", False)]
