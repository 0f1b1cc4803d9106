# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds credentials that expire before the training ends, and how to renew them (private to the collection).

The platform fetches its SVID only once. It comes from the agent, which keeps one for each entry and renews it when
half of its life is over (pkg/common/rotationutil), so what counts on is half a life. SPIRE cuts it where the authority that signs it
ends (pkg/server/ca of 1.15.3, as are the rules of rotation below). All times are seconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .._names import NODE_TYPES, utc

DAY = 86400
# An authority is replaced when a sixth of its life is left, or a week, whichever is less.
_ACTIVATION_PART, _ACTIVATION_CAP = 6, 7 * DAY


def signing(authorities: Iterable[dict[str, Any]], now: float) -> dict[str, Any] | None:
    """The authority that signs now, of {not_before, expires_at} as in a bundle: the newest that has taken over; None for none.

    A new one is in the bundle long before it signs.
    """
    signers = _signers(authorities, now)
    return signers[-1] if signers else None


def _signers(authorities: Iterable[dict[str, Any]], now: float) -> list[dict[str, Any]]:
    """Those of the authorities that have taken over and are still valid, one after the other."""
    valid = sorted((a for a in authorities if a["expires_at"] > now), key=lambda a: a["not_before"])
    signers = valid[:1]
    for following in valid[1:]:
        if now > _gives_way(signers[-1]):
            signers.append(following)
    return signers


def _gives_way(authority: dict[str, Any]) -> float:
    end: float = authority["expires_at"] - min((authority["expires_at"] - authority["not_before"]) / _ACTIVATION_PART, _ACTIVATION_CAP)
    return end


def lingering(authorities: Iterable[dict[str, Any]], now: float) -> tuple[int, float] | None:
    """(end of the authority before the present one, until when agents may hand out what it has signed last); None when they do not.

    Its last SVIDs end with it, however long their lives should be, and an agent takes new ones when half of what they have is over.
    """
    for before in _signers(authorities, now)[-2:-1]:
        until = (_gives_way(before) + before["expires_at"]) / 2
        if now < until:
            return before["expires_at"], until
    return None


def problems(facts: dict[str, Any], default_ttl: int, until: int, now: int) -> list[dict[str, Any]]:
    """What ends before `until`, as a list of {what, name, expires_at, problem, remedy}.

    facts        authorities, agents, entries, bundles, tokens as spire_info returns them
    default_ttl  life of the SVID of an entry that says nothing, in seconds
    """
    signer = signing(facts["authorities"], now)
    found = [_authority(facts["trust_domain"], signer, until)] if signer is None or signer["expires_at"] < until else []
    found += _cut_short(facts, default_ttl, until, now)
    found += _svids(facts, default_ttl, until, now)
    found += [_bundle(bundle, until) for bundle in facts["bundles"] if bundle["expires_at"] < until]
    found += [_agent(agent, now) for agent in facts["agents"] if not _is_live(agent, now)]
    waiting = _waiting(facts, now)
    return found + [_token(token, now) for token in facts["tokens"] if token["spiffe_id"] in waiting]


def _is_live(agent: dict[str, Any], now: int) -> bool:
    return not agent["banned"] and agent["expires_at"] > now


def _waiting(facts: dict[str, Any], now: int) -> set[str]:
    """The IDs that entries hang below, and that no agent goes by which is attested: nothing is issued there."""
    live = {agent["spiffe_id"] for agent in facts["agents"] if _is_live(agent, now)}
    reached = {entry["spiffe_id"] for entry in facts["entries"] if entry["parent_id"] in live}
    return {entry["parent_id"] for entry in facts["entries"]} - reached


def held(containers: Iterable[dict[str, Any]], svid_ttl: int | None, until: int, now: int) -> list[dict[str, Any]]:
    """What the running nodes of a host hold that ends before `until`, in the same form.

    containers  as swarm_info returns them; `identity` is what a node shows, empty if it shows none
    svid_ttl    life of their SVIDs in seconds, None if not known: from it follows the least life of an identity that is not shown
    """
    found = []
    for one in containers:
        end = end_of(one, svid_ttl, now)
        if end is not None and end < until:
            found.append(_node(one, end, until))
    return found


def end_of(container: dict[str, Any], svid_ttl: int | None, now: int) -> int | None:
    """When the identity of a container ends, as `held` knows it; None if it has none, or nothing is known of it."""
    if container["identity"]:
        end: int = container["identity"]["expires_at"]
        return end
    if svid_ttl and container["component"] in NODE_TYPES and container["state"] == "running":
        return int(now - container["uptime"] + svid_ttl / 2)
    return None


def _node(container: dict[str, Any], end: int, until: int) -> dict[str, Any]:
    name, identity = container["name"], container["identity"]
    if not identity:
        problem = f"the SVID that {name} fetched at its start may expire at {date(end)}, before the training ends at {date(until)}"
    else:
        problem = f"{name} has a certificate that expires at {date(end)}, before the training ends at {date(until)}"
    how = "" if not identity or identity["spiffe_id"] else "renew the certificate (swarm_certificates), then "
    return _problem(
        "node",
        name,
        end,
        problem,
        f"{how}restart it (`docker restart {name}` on its host), as a node fetches its identity only at its start",
    )


def _problem(what: str, name: str, expires_at: int, problem: str, remedy: str) -> dict[str, Any]:
    return {"what": what, "name": name, "expires_at": expires_at, "problem": problem, "remedy": remedy}


def _authority(trust_domain: str, signer: dict[str, Any] | None, until: int) -> dict[str, Any]:
    end = signer["expires_at"] if signer else 0
    problem = f"the current signing CA of {trust_domain} expires at {date(end)}, before the training ends at {date(until)}"
    return _problem(
        "authority",
        trust_domain,
        end,
        problem if signer else f"{trust_domain} has no valid CA",
        "raise ca_ttl (spire_server_ca_ttl) to more than six times the length of the training, and "
        "rotate the CA: `spire-server localauthority x509 "
        "prepare`, then `activate`. Or start the training after the next CA has become active",
    )


def _cut_short(facts: dict[str, Any], default_ttl: int, until: int, now: int) -> list[dict[str, Any]]:
    end, handed_out = lingering(facts["authorities"], now) or (until, 0)
    if end >= until or not any(life / 2 > end - handed_out for _entry, life in _lives(facts, default_ttl)):
        return []
    domain = facts["trust_domain"]
    problem = (
        f"{domain} has a new CA, but agents may still hand out SVIDs of the old one, which expire at "
        f"{date(end)}, before the training ends at {date(until)}"
    )
    return [_problem("authority", domain, end, problem, f"start the training after {date(handed_out)}, when all agents have new SVIDs")]


def _lives(facts: dict[str, Any], default_ttl: int) -> list[tuple[dict[str, Any], int]]:
    """(entry, life of its SVIDs) of the entries that are not agents' own."""
    return [(entry, entry["x509_svid_ttl"] or default_ttl) for entry in facts["entries"] if "/spire/" not in entry["parent_id"]]


def _svids(facts: dict[str, Any], default_ttl: int, until: int, now: int) -> list[dict[str, Any]]:
    found, seen = [], set()
    for entry, life in _lives(facts, default_ttl):
        if (entry["spiffe_id"], life) in seen or now + life / 2 >= until:
            continue
        seen.add((entry["spiffe_id"], life))
        found.append(
            _problem(
                "svid",
                entry["spiffe_id"],
                int(now + life / 2),
                f"an SVID is valid for {span(life)}, and an agent hands it out until half of that time is over, "
                "so one that is fetched now may last"
                f" {span(life / 2)}, but the training lasts another {span(until - now)}",
                "set x509_svid_ttl of the entry (spire_entry) or of the server (spire_server_x509_svid_ttl) to "
                "twice the length of the training, "
                "then restart the container",
            )
        )
    return found


def _bundle(bundle: dict[str, Any], until: int) -> dict[str, Any]:
    domain = bundle["trust_domain"]
    return _problem(
        "bundle",
        domain,
        bundle["expires_at"],
        f"this server's bundle of {domain} expires at {date(bundle['expires_at'])}, before the training ends at {date(until)}",
        f"ask {domain} to rotate to a CA that lasts longer, then fetch its bundle again (with spire_bundle, or from its bundle endpoint)",
    )


def _agent(agent: dict[str, Any], now: int) -> dict[str, Any]:
    why = "is banned" if agent["banned"] else f"has an identity that expired at {date(agent['expires_at'])}"
    return _problem(
        "agent",
        agent["spiffe_id"],
        agent["expires_at"],
        f"agent {agent['spiffe_id']} {why}",
        "evict it, or run the role spire_agent for its host again, which evicts and attests it",
    )


def _token(token: dict[str, Any], now: int) -> dict[str, Any]:
    """A token need not outlast the training. It must be used before it expires; if it was not, an agent is missing."""
    agent, end = token["spiffe_id"], token["expires_at"]
    ends, how = ("expires", "uses it") if end > now else ("expired", "creates and uses another one")
    return _problem(
        "token",
        agent,
        end,
        f"agent {agent} is not attested: the join token that was created for it was never used, and {ends} at {date(end)}",
        f"run `site`, which {how}; without the agent, no container on its host gets an identity",
    )


def date(seconds: float) -> str:
    """A time as people read it, in UTC."""
    return utc(seconds)


def span(seconds: float) -> str:
    """A length of time as people read it."""
    return f"{seconds / DAY:.3g} d" if seconds >= DAY else f"{seconds / 3600:.3g} h"
