# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""After any earlier runs, with --limit, with --tags or interrupted, the next complete run of site has the result of a first one."""

from ansible_collections.swarm.learning.plugins.plugin_utils import _agent_steps, _script_run
from ansible_collections.swarm.learning.plugins.plugin_utils._site import numbers
from hypothesis import given
from hypothesis import strategies as st

HOSTS = ("a", "b", "c", "d")


class Hosts:
    """Hosts whose containers are a table, and runs of site on them as roles/swarm/tasks/numbers.yml does it."""

    def __init__(self):
        self.containers = {host: [] for host in HOSTS}

    def numbers(self):
        return {host: numbers.running(found)["sn"] for host, found in self.containers.items()}

    def run(self, inventory, limit=HOSTS, most=99):
        """One run of an inventory, host → how many nodes, on the hosts of `limit`; it is interrupted after `most` new nodes."""
        names = {host: [""] * count for host, count in inventory.items()}
        # A run that would number a new node asks the hosts outside its limit, whether they are in the inventory or not.
        given = numbers.assign({host: own for host, own in names.items() if host in limit}, self.numbers())
        for host, own in given.items():
            for number in own:
                if number not in self.numbers()[host] and most > 0:
                    most -= 1
                    self.containers[host].append({"Names": [f"/sn-{number}"], "Labels": {"learning.swarm.component": "sn"}})
        return given


def inventories():
    """An inventory of some hosts in some order, each with one to three nodes."""
    some = st.lists(st.sampled_from(HOSTS), min_size=1, unique=True)
    return some.flatmap(lambda hosts: st.fixed_dictionaries({host: st.integers(1, 3) for host in hosts}))


RUNS = st.lists(st.tuples(inventories(), st.sets(st.sampled_from(HOSTS), min_size=1), st.integers(0, 4)), max_size=6)


@given(RUNS, inventories())
def test_numbers_stay_and_are_unique(runs, last):
    hosts = Hosts()
    for inventory, limit, most in runs:
        before = hosts.numbers()
        hosts.run(inventory, limit, most)
        assert all(set(before[host]) <= set(found) for host, found in hosts.numbers().items())
    there = hosts.numbers()
    given_numbers = hosts.run(last)
    every = [number for found in hosts.numbers().values() for number in found]
    assert len(every) == len(set(every))
    for host, own in given_numbers.items():
        assert len(own) == last[host]
        assert set(own) <= set(there[host]) or set(there[host]) <= set(own)
    assert hosts.run(last) == given_numbers
    assert hosts.run(dict(reversed(last.items()))) == given_numbers


class Swci:
    """A host with a SWCI, and its runs in the order of roles/swci/tasks/main.yml."""

    STEPS = ("write", "look", "create", "record", "start")

    def __init__(self):
        self.written = self.recorded = self.inside = None
        self.state, self.ran = {}, []

    def run(self, script, until="start", again=False):
        """One run, interrupted after the step `until`."""
        done = self.STEPS[: self.STEPS.index(until) + 1]
        rewritten, self.written = self.written != script, script
        if "look" not in done:
            return
        decided = _script_run.decide(self.recorded == script, self.recorded is not None, rewritten, self.state, again)
        if "create" in done and decided["run"]:
            self.state, self.inside = {"Status": "created"}, script
        if "record" in done and (decided["run"] or decided["record"]):
            self.recorded = script
        if "start" in done and decided["run"]:
            self.state = {"Status": "running"}
            self.ran.append(self.inside)

    def end(self, code):
        """The script ends, well or not, or a reboot stops it."""
        if self.state.get("Status") == "running":
            self.state = {"Status": "exited", "ExitCode": code}


SWCI_EVENTS = st.one_of(
    st.tuples(st.just("run"), st.sampled_from("xyz"), st.sampled_from(Swci.STEPS)),
    st.tuples(st.just("end"), st.sampled_from([0, 1, 137])),
)


@given(st.lists(SWCI_EVENTS, max_size=10), st.sampled_from("xyz"))
def test_a_script_runs_once_and_the_last_one_runs(events, last):
    swci = Swci()
    for event, *details in events:
        ran, state = len(swci.ran), dict(swci.state)
        getattr(swci, event)(*details)
        if len(swci.ran) > ran >= 1 and swci.ran[-2] == swci.ran[-1]:
            # The same script twice in a row: only where it had failed, or its container was made again and not started.
            assert state.get("ExitCode") == 1 or state["Status"] == "created"
    swci.run(last)
    assert swci.ran[-1] == last
    ran = list(swci.ran)
    swci.end(0)
    swci.run(last)
    swci.run(last, "look")
    assert swci.ran == ran


class Agent:
    """A SPIRE Agent and what its server has, as roles/spire_agent goes through them; a token is good for one attestation."""

    def __init__(self):
        self.container = self.attested = self.known = False
        self.token, self.spent = None, 0

    def facts(self):
        attested = self.attested and self.container
        return {
            "attested": attested,
            "changed": not self.container or not attested,
            "needs_join_token": not self.attested,
            "container": {"State": {"Running": self.container}},
        }

    def run(self, steps=9):
        """One run, interrupted after so many steps; what it decides from is looked at each time."""
        situation = {"has_server": True, "unknown": self.attested and not self.known}
        token_needed = False
        decided = _agent_steps.decide(self.facts(), token_needed, situation)
        todo = [name for name in ("stop", "bootstrap") if decided[name]]
        for name in todo[:steps]:
            if name == "stop":
                self.container = False
            else:
                assert not self.container or situation["unknown"], "a token is made while an agent that could spend it runs"
                self.token, token_needed, self.attested = "token", True, False
        if len(todo) >= steps:
            return
        if _agent_steps.decide(self.facts(), token_needed, situation)["start"]:
            self.container = True
            if not self.attested:
                assert self.token, "an agent is started that cannot attest itself"
                self.attested, self.known, self.token, self.spent = True, True, None, self.spent + 1

    def forget(self):
        """The server is replaced."""
        self.known = False

    def remove(self):
        """Somebody removes the container; its data stays."""
        self.container = False

    def lose(self):
        """Its data directory is emptied while it runs."""
        self.attested = False


AGENT_EVENTS = st.one_of(
    st.tuples(st.just("run"), st.integers(0, 9)), st.tuples(st.just("forget")), st.tuples(st.just("remove")), st.tuples(st.just("lose"))
)


@given(st.lists(AGENT_EVENTS, max_size=10))
def test_an_agent_is_attested_after_whatever_came_before(events):
    agent = Agent()
    for event, *details in events:
        getattr(agent, event)(*details)
    agent.run()
    assert agent.container
    assert agent.attested
    assert agent.known
    spent = agent.spent
    agent.run()
    assert agent.spent == spent
