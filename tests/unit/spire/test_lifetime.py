# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which CA is signing, and what expires before the training ends."""

import queue

import pytest
from ansible_collections.swarm.learning.plugins.module_utils._spire.absent_server import NoServerYet
from ansible_collections.swarm.learning.plugins.module_utils._spire.info import info, synchronized
from ansible_collections.swarm.learning.plugins.module_utils._spire.lifetime import DAY, held, lingering, problems, signing, span

NOW = 1000 * DAY
END = NOW + 7 * DAY


def authority(begun, life):
    """A CA that began so many days ago and lives so many days in all."""
    return {"not_before": NOW - begun * DAY, "expires_at": NOW + (life - begun) * DAY}


@pytest.mark.parametrize(
    ("authorities", "signs"),
    [
        ([], None),
        ([(31, 30)], None),
        ([(1, 30)], 0),
        ([(16, 30), (1, 30)], 0),  # the newer one is prepared at half of the older one's life
        ([(24, 30), (9, 30)], 0),
        ([(26, 30), (11, 30)], 1),  # … and takes over at five sixths
        ([(70, 100), (20, 100)], 0),
        ([(94, 100), (44, 100)], 1),  # … or a week before the end
        ([(92, 100), (42, 100)], 0),
        ([(11, 30), (26, 30)], 0),  # in whatever order they are listed
        ([(31, 30), (16, 30), (1, 30)], 1),
    ],
)
def test_which_authority_signs(authorities, signs):
    there = [authority(*one) for one in authorities]
    assert signing(there, NOW) == (None if signs is None else there[signs])


@pytest.mark.parametrize(
    ("authorities", "ends"),
    [
        ([(16, 30), (1, 30)], None),
        ([(26, 30), (11, 30)], 4),  # it gave way a day ago, when it had five left; until half of these are over
        ([(28, 30), (13, 30)], None),
        ([(94, 100), (44, 100)], 6),
        ([(97, 100), (47, 100)], None),
        ([(31, 30), (16, 30)], None),
    ],
)
def test_svids_signed_by_the_previous_authority(authorities, ends):
    answer = lingering([authority(*one) for one in authorities], NOW)
    assert (answer and (answer[0] - NOW) / DAY) == ends


def entry(name, ttl, parent="swarm/agent/host-1"):
    return {"spiffe_id": f"spiffe://a/{name}", "parent_id": f"spiffe://a/{parent}", "x509_svid_ttl": ttl}


def agent(expires, banned=False):
    return {"spiffe_id": "spiffe://a/spire/agent/x", "expires_at": NOW + expires, "banned": banned}


GOOD = {
    "trust_domain": "a",
    "authorities": [authority(0, 50)],
    "entries": [entry("sn", 0), entry("sl", 14 * DAY), entry("alias", 60, "spire/agent/join_token/x")],
    "agents": [agent(60)],
    "bundles": [{"trust_domain": "b", "expires_at": END}],
    "tokens": [],
}


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, []),
        ({"authorities": [authority(44, 50)]}, [("authority", "a")]),
        ({"authorities": []}, [("authority", "a")]),
        ({"authorities": [authority(94, 100), authority(44, 100)]}, [("authority", "a")]),  # the agents' SVIDs end with the one before
        ({"authorities": [authority(97, 100), authority(47, 100)]}, []),
        ({"entries": [entry("sn", 0), entry("sl", DAY), entry("sl", DAY, "swarm/agent/host-2")]}, [("svid", "spiffe://a/sl")]),
        ({"entries": [entry("sl", 14 * DAY - 2)]}, [("svid", "spiffe://a/sl")]),  # half of its life may be over when it is taken
        ({"bundles": [{"trust_domain": "b", "expires_at": END - 1}]}, [("bundle", "b")]),
        ({"bundles": [{"trust_domain": "b", "expires_at": 0}]}, [("bundle", "b")]),
        ({"agents": [agent(0)]}, [("agent", "spiffe://a/spire/agent/x")]),
        ({"agents": [agent(60, banned=True)]}, [("agent", "spiffe://a/spire/agent/x")]),
    ],
)
def test_certificates_that_expire_too_early(change, found):
    said = problems({**GOOD, **change}, 14 * DAY, END, NOW)
    assert [(one["what"], one["name"]) for one in said] == found
    assert all(one["problem"] and one["remedy"] for one in said)


HOST = "spiffe://a/swarm/agent/host-1"
ALIAS = {"spiffe_id": HOST, "parent_id": "spiffe://a/spire/agent/x", "x509_svid_ttl": 0}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({}, "was never used, and expires at 1972-09-27 00:01 UTC"),
        ({"tokens": [{"spiffe_id": HOST, "expires_at": NOW}]}, "was never used, and expired at 1972-09-27 00:00 UTC"),
        ({"entries": [entry("sn", 0), ALIAS]}, ""),  # the agent is attested with another one
        ({"entries": [entry("sn", 0), ALIAS], "agents": [agent(60, banned=True)]}, "was never used"),
        ({"entries": [entry("sn", 0, "swarm/agent/host-2")]}, ""),  # a host that has left
    ],
)
def test_unused_token_is_reported(change, says):
    facts = {**GOOD, "tokens": [{"spiffe_id": HOST, "expires_at": NOW + 60}], **change}
    answer = [one for one in problems(facts, 14 * DAY, END, NOW) if one["what"] == "token"]
    assert [says in one["problem"] for one in answer] == [True] * bool(says)
    assert [one["name"] for one in answer] == [HOST] * bool(says)


@pytest.mark.parametrize(("left", "how"), [(1, "run `site`, which uses it;"), (0, "run `site`, which creates and uses another one;")])
def test_token_decisions(left, how):
    [answer] = problems({**GOOD, "tokens": [{"spiffe_id": HOST, "expires_at": NOW + left}]}, 14 * DAY, END, NOW)
    assert answer["remedy"].startswith(how)


def test_an_entry_without_a_lifetime_has_that_of_the_server():
    [said] = problems(GOOD, 3600, END, NOW)
    assert (said["what"], said["name"], said["expires_at"]) == ("svid", "spiffe://a/sn", NOW + 1800)
    assert said["problem"].startswith("an SVID is valid for 1 h, ")
    assert said["problem"].endswith("so one that is fetched now may last 0.5 h, but the training lasts another 7 d")


def node(component="sn", uptime=0, state="running", **identity):
    return {"name": f"{component}-1", "component": component, "state": state, "uptime": uptime, "identity": identity}


@pytest.mark.parametrize(
    ("container", "ends"),
    [
        (node(spiffe_id="spiffe://a/swarm/sn", expires_at=END), []),
        (node(spiffe_id="spiffe://a/swarm/sn", expires_at=END - 1), [END - 1]),
        (node(spiffe_id="", expires_at=END - 1), [END - 1]),
        (node("swop"), []),
        (node("swop", uptime=DAY), [NOW + 6 * DAY]),  # taken a day ago, from an agent that may have had it for a week
        (node("swop", uptime=DAY, state="exited"), []),
        (node("apls", uptime=100 * DAY), []),
    ],
)
def test_credentials_of_a_node(container, ends):
    assert [one["expires_at"] for one in held([container], 14 * DAY, END, NOW)] == ends


def test_how_an_expiring_credential_is_renewed():
    answer = [held([node(spiffe_id=name, expires_at=NOW)], None, END, NOW)[0] for name in ("spiffe://a/swarm/sn", "")]
    assert [one["remedy"].split("`")[0] for one in answer] == [
        "restart it (",
        "renew the certificate (swarm_certificates), then restart it (",
    ]
    assert held([node("swop", uptime=DAY)], None, END, NOW) == [], "nobody knows"


ASKED = {"days": 7, "default_x509_svid_ttl": "1h", "token_dir": None, "synchronized": ["spiffe://td/agent"]}


def test_server_that_has_not_started_has_nothing():
    answer = info(NoServerYet(), ASKED, True)
    assert {name for name, value in answer.items() if value} == {"problems"}
    assert [one["what"] for one in answer["problems"]] == ["authority"]


@pytest.mark.parametrize(("seconds", "text"), [(90, "0.025 h"), (3600, "1 h"), (DAY, "1 d"), (36 * 3600, "1.5 d"), (400 * DAY, "400 d")])
def test_span(seconds, text):
    assert span(seconds) == text


AUDIT = (
    'time="2026-11-22T06:14:23Z" level=info msg="API accessed" authorized_as={who} authorized_via= {caller} method={method} '
    "request_id=4f52ec83-1bc8-4d68-ba3a-732c1b6269a9 service=bundle.v1.Bundle status=success subsystem_name=api type=audit"
)
AGENTS = [f"spiffe://org1.example/spire/agent/join_token/{number}" for number in (1, 2)]


def log_of(*answer):
    """A server's log as a queue, which ends: one line for each (agent, method); the server's own command line has no SPIFFE ID."""
    lines = queue.Queue()
    for agent, method in answer:
        lines.put(AUDIT.format(who="nobody", caller=f'caller_id="{agent}"' if agent else "caller_uid=1000", method=method))
    lines.put(None)
    return lines


def whole(agent):
    return [(agent, "SyncAuthorizedEntries"), (agent, "GetBundle")]


@pytest.mark.parametrize(
    ("answer", "heard"),
    [
        (whole(AGENTS[0]) + whole(AGENTS[1]), AGENTS),
        ([(one, method) for method in ("GetAuthorizedEntries", "GetBundle") for one in AGENTS], AGENTS),
        (whole(AGENTS[1]) * 2, AGENTS[1:]),
        (whole(AGENTS[0])[:1], []),
        (whole(AGENTS[0])[1:], []),
        ([("", "GetBundle"), *whole(AGENTS[0] + "0")], []),
    ],
    ids=["all", "at the same time", "one of two", "entries alone, the bundles come after them", "bundles of a fetch before", "others"],
)
def test_agents_that_have_synchronised(answer, heard):
    assert synchronized(log_of(*answer), AGENTS, 5, reload=0) == heard


def test_what_agents_fetch_while_the_server_answers_from_its_old_cache_does_not_count():
    assert synchronized(log_of(*whole(AGENTS[0]), *whole(AGENTS[1])), AGENTS, 5) == []


def test_wait_for_silent_agents_has_a_limit():
    assert synchronized(queue.Queue(), AGENTS, 0.01) == []


class Silent(NoServerYet):
    """A server whose log says nothing."""

    def new_lines(self):
        return queue.Queue()


def test_an_agent_that_does_not_synchronise_in_time_is_warned_of():
    answer = info(Silent(), {**ASKED, "days": None, "synchronized": AGENTS[:1], "wait_timeout": 0.01}, False)
    assert answer["synchronized"] == []
    [said] = answer["warnings"]
    assert said.startswith(f"{AGENTS[0]} has not asked for its entries and bundles within 0.01 s: ")
    assert said.endswith("See the log of its SPIRE Agent, then run the playbook again")
