# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which agents need a join token, which token is handed out again, and what is removed once the agent is attested."""

import base64
import json
import stat
import string

import pytest
from ansible_collections.swarm.learning.plugins.module_utils._spire import agent, join_tokens, x509
from ansible_collections.swarm.learning.plugins.module_utils._spire.join_tokens import (
    AgentState,
    Decision,
    IssuedToken,
    Leftovers,
    Record,
    decide,
    leftovers,
)

NOW = 1_000_000
DOMAIN = "org1.example"
OLD, NEW = (join_tokens.agent_of(DOMAIN, token) for token in ("old", "new"))
OTHER = join_tokens.agent_of(DOMAIN, "of-another-host")
LIVE = Record(OLD, NOW + 3600)
FRESH = IssuedToken("new", NOW + 600)

NONE, KEEPS = AgentState(), AgentState(OLD)
DISTRUSTS = AgentState(OLD, distrusts_server=True)

NEEDS = [
    # what is known of the agent, records, handed out → needed, the reason has, handed out again
    (NONE, [], None, True, "keeps no identity", None),
    (NONE, [LIVE], None, True, "keeps no identity", None),
    (KEEPS, [LIVE], None, False, f"knows agent {OLD}", None),
    (DISTRUSTS, [LIVE], None, True, "does not trust this server", None),
    (KEEPS, [], None, True, f"does not know agent {OLD}", None),
    (KEEPS, [Record(NEW, NOW + 3600)], None, True, f"does not know agent {OLD}", None),
    (KEEPS, [Record(OLD, NOW + 3600, banned=True)], None, True, f"{OLD} is banned", None),
    (KEEPS, [Record(OLD, NOW)], None, True, f"{OLD} has expired", None),
    (NONE, [], FRESH, True, "", FRESH),
    (DISTRUSTS, [LIVE], FRESH, True, "", FRESH),
    (KEEPS, [LIVE], FRESH, False, "", None),
    (AgentState(refused_token=join_tokens.digest("new")), [], FRESH, True, "", None),
    (AgentState(refused_token=join_tokens.digest("old")), [], FRESH, True, "", FRESH),
    (NONE, [Record(NEW, NOW + 3600)], FRESH, True, "", None),
    (NONE, [], IssuedToken("new", NOW + join_tokens.LEAST_LIFE), True, "", IssuedToken("new", NOW + join_tokens.LEAST_LIFE)),
    (NONE, [], IssuedToken("new", NOW + join_tokens.LEAST_LIFE - 1), True, "", None),
    (NONE, [], IssuedToken("new", NOW - 1), True, "", None),
]


@pytest.mark.parametrize(("keeps", "records", "handed_out", "needed", "reason", "again"), NEEDS)
def test_who_needs_a_token(keeps, records, handed_out, needed, reason, again):
    decision = decide(keeps, records, handed_out and (DOMAIN, handed_out), NOW)
    assert decision == Decision(needed, decision.reason, again)
    assert reason in decision.reason


def live(spiffe_id, seconds=3600):
    return Record(spiffe_id, NOW + seconds)


LEFT = [
    # aliases, records, the last token's agent, the agent that was replaced → what is removed
    ({}, [], "", "", Leftovers()),
    ({"1": NEW}, [live(NEW)], NEW, "", Leftovers()),
    ({"1": OLD, "2": NEW}, [live(OLD), live(NEW)], NEW, OLD, Leftovers((OLD,), ("1",))),
    ({"1": OLD, "2": NEW}, [live(OLD, 9999), live(NEW)], NEW, OLD, Leftovers((OLD,), ("1",))),
    ({"1": OLD, "2": NEW}, [live(OLD), live(NEW, 9999)], "", "", Leftovers((OLD,), ("1",))),
    ({"1": OLD, "2": NEW}, [Record(OLD, NOW + 9999, banned=True), live(NEW)], "", "", Leftovers((OLD,), ("1",))),
    ({"1": OLD, "2": NEW}, [Record(OLD, NOW - 5), live(NEW)], "", "", Leftovers((OLD,), ("1",))),
    # an agent that is gone has left its alias (SPIRE before 1.15.2)
    ({"1": OLD, "2": NEW}, [live(NEW)], NEW, "", Leftovers((), ("1",))),
    # the alias was deleted by hand, or died with an agent that its server does not know
    ({"2": NEW}, [live(OLD), live(NEW)], NEW, OLD, Leftovers((OLD,), ())),
    # nothing has replaced them: nobody is attested
    ({"1": OLD}, [Record(OLD, NOW - 5)], NEW, OLD, Leftovers()),
    ({"1": OLD, "2": NEW}, [], NEW, OLD, Leftovers()),
    # agents of other hosts stay
    ({"1": OLD, "2": NEW}, [live(OTHER, 9999), live(OLD), live(NEW)], NEW, OLD, Leftovers((OLD,), ("1",))),
]


@pytest.mark.parametrize(("aliases", "records", "latest", "kept", "left"), LEFT)
def test_leftovers_of_earlier_tokens(aliases, records, latest, kept, left):
    assert leftovers(aliases, records, latest, kept, NOW) == left


def test_removed_agent_leaves_nothing():
    records = [LIVE, Record(NEW, NOW), Record(OTHER, NOW + 3600)]
    assert leftovers({"1": OLD, "2": NEW, "3": "spiffe://gone"}, records, NEW, "", NOW, gone=True) == Leftovers((NEW, OLD), ("1", "2", "3"))


def test_kept_token_is_readable_by_its_owner_only(tmp_path):
    directory, alias = tmp_path / "a/tokens", f"spiffe://{DOMAIN}/swarm/agent/host-1"
    assert join_tokens.read(directory, alias) is None
    join_tokens.keep(directory, alias, FRESH)
    [file] = directory.iterdir()
    assert (stat.S_IMODE(directory.stat().st_mode), stat.S_IMODE(file.stat().st_mode)) == (0o700, 0o600)
    assert join_tokens.read(directory, alias) == FRESH
    assert join_tokens.read(directory, alias + "0") is None
    join_tokens.forget(directory, alias)
    join_tokens.forget(directory, alias)
    assert list(directory.iterdir()) == []


def test_a_directory_that_others_may_read_gets_no_token(tmp_path):
    tmp_path.chmod(0o755)
    with pytest.raises(PermissionError, match="0700"):
        join_tokens.keep(tmp_path, "spiffe://a/b", FRESH)
    assert list(tmp_path.iterdir()) == []


UNKNOWN = (
    'level=error msg="Agent crashed" error="x509svid: could not verify leaf certificate: x509: certificate signed by unknown authority"'
)
SPENT = (
    'level=warning msg="Failed to retrieve attestation result" error="failed to attest: join token does not exist or has already been used"'
)
ATTESTED = 'level=info msg="Node attestation was successful" reattestable=false'


@pytest.mark.parametrize(
    ("log", "refusal"),
    [
        ([], ""),
        (["level=info msg=x"], ""),
        ([UNKNOWN, "level=info msg=x"], "server"),
        ([UNKNOWN, SPENT], "token"),
        (["desc = failed to attest: join token expired"], "token"),
        ([SPENT, ATTESTED], ""),
        ([ATTESTED, UNKNOWN], "server"),
    ],
)
def test_who_refused_whom(log, refusal):
    assert agent.refusal_of("\n".join(log)) == refusal


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (OLD, OLD),
        (NEW, join_tokens.agent_of(DOMAIN, "unused")),
        (f"spiffe_id:{OLD}", f"spiffe_id:{OLD}"),
        (f"spiffe_id:{NEW}", f"spiffe_id:{join_tokens.agent_of(DOMAIN, 'unused')}"),
        ("spiffe://org1.example/swarm/agent/host-1", "spiffe://org1.example/swarm/agent/host-1"),
        ("spiffe://org1.example/spire/server", "spiffe://org1.example/spire/server"),
    ],
)
def test_no_entry_shows_a_token(text, shown):
    assert join_tokens.shown(text, {OLD}) == shown


def test_unused_tokens(tmp_path):
    directory = str(tmp_path / "tokens")
    assert join_tokens.unspent(directory, "a", set()) == {}
    mine, spent, theirs = (IssuedToken(name, 7) for name in ("mine", "spent", "theirs"))
    for alias, made in (("spiffe://a/x/1", mine), ("spiffe://a/x/2", spent), ("spiffe://b/x/1", theirs)):
        join_tokens.keep(directory, alias, made)
    (tmp_path / "tokens/spiffe%3A%2F%2Fa%2Fx%2F3.json").write_text("half wri", encoding="utf-8")
    (tmp_path / "tokens/tmp123").write_text("", encoding="utf-8")
    assert join_tokens.unspent(directory, "a", {join_tokens.agent_of("a", "spent")}) == {"spiffe://a/x/1": mine}


def certificate(spiffe_id, expires):
    """What of a certificate's DER is looked at, in PEM: a validity and a URI."""
    times = b"\x17\x0d261121235916Z" + (b"\x17\x0d" if len(expires) == 13 else b"\x18\x0f") + expires.encode()
    uri = b"\x86" + bytes([len(spiffe_id)]) + spiffe_id.encode()
    body = base64.b64encode(b"\x30\x82\x01" + b"\x30" + bytes([len(times)]) + times + b"\x30\x59" + uri + b"\x0a").decode()
    return f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n".encode()


SVID = certificate(OLD, "261128235926Z")
EXPIRES = 1795910366


def test_certificates():
    assert (x509.expiry(SVID), x509.spiffe_id(SVID)) == (EXPIRES, OLD)
    assert (x509.expiry(x509.der(SVID)), x509.spiffe_id(x509.der(SVID))) == (EXPIRES, OLD)
    assert x509.expiry(certificate(OLD, "20501128235926Z")) == 2553292766
    assert (x509.expiry(b"no certificate"), x509.spiffe_id(b"no certificate")) == (0, "")


def data(svid):
    return json.dumps({"svid": svid, "bundle": ["x"], "reattestable": False})


def b64(raw):
    return base64.b64encode(raw).decode()


KEPT = {"spiffe_id": OLD, "expires_at": EXPIRES}


@pytest.mark.parametrize(
    ("files", "now", "kept"),
    [
        ({}, 0, {}),
        ({"agent-data.json": data([b64(SVID)])}, 0, {}),  # without its key it is of no use
        ({"keys.json": "{}"}, 0, {}),
        ({"keys.json": "{}", "agent-data.json": data([b64(SVID)])}, EXPIRES - 1, KEPT),
        ({"keys.json": "{}", "agent-data.json": data([b64(x509.der(SVID))])}, EXPIRES - 1, KEPT),
        ({"keys.json": "{}", "agent-data.json": data([b64(SVID)])}, EXPIRES, {}),
        ({"keys.json": "{}", "agent-data.json": data(None)}, 0, {}),
        ({"keys.json": "{}", "agent-data.json": data([])}, 0, {}),
        ({"svid.key": b"x", "agent_svid.der": x509.der(SVID) + b"\x30"}, EXPIRES - 1, KEPT),  # before SPIRE 1.0
        ({"agent_svid.der": x509.der(SVID)}, 0, {}),
        *(({"keys.json": "{}", "agent-data.json": text}, 0, {}) for text in ("", "{", "[]", '{"svid": ["*"]}', string.printable)),
    ],
)
def test_stored_identity_of_an_agent(tmp_path, files, now, kept):
    for name, content in files.items():
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    volumes = ["a-volume:/x", "/nowhere:/y", f"{tmp_path}:/opt/spire/data/agent"]
    assert agent.kept_identity(volumes, now) == kept


OTHER_CA = certificate("spiffe://org1.example/spire/server", "20501128235926Z")


@pytest.mark.parametrize(
    ("file", "wanted", "does"),
    [
        ({"bundle": [b64(SVID)]}, [SVID], True),
        ({"bundle": [b64(SVID), b64(OTHER_CA)]}, [OTHER_CA], True),
        ({"bundle": [b64(SVID)]}, [SVID, OTHER_CA], False),
        ({"bundle": [b64(SVID)]}, [], True),
        ({"bundle": None}, [SVID], True),  # it keeps none
        ([], [SVID], True),
    ],
)
def test_whether_an_agent_knows_its_server(tmp_path, file, wanted, does):
    (tmp_path / "agent-data.json").write_text(json.dumps(file), encoding="utf-8")
    volumes = ["a-volume:/x", f"{tmp_path}:/opt/spire/data/agent"]
    assert agent.knows(volumes, {x509.der(one) for one in wanted}) == does
