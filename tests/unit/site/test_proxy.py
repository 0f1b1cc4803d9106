# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Proxies of containers, of ML programs and of image builds."""

import hashlib
import json
import os
import sys
from pathlib import Path

import pytest
from ansible_collections.swarm.learning.plugins.filter.files_below import files_below
from ansible_collections.swarm.learning.plugins.filter.proxy_environment import proxy_environment
from ansible_collections.swarm.learning.plugins.plugin_utils._checks import stages
from ansible_collections.swarm.learning.plugins.plugin_utils._files_below import text
from ansible_collections.swarm.learning.plugins.plugin_utils._proxy import build_lines
from ansible_collections.swarm.learning.plugins.plugin_utils._site import model

from tests.support.ansible_programs import ansible
from tests.support.module_runner import run
from tests.support.site_inventory import two_orgs

ROOT = Path(__file__).resolve().parents[3]
ROLES = ("sn", "sl", "swop", "swci")
DIRECT = "example.org,localhost,127.0.0.1"


@pytest.mark.parametrize(
    ("given", "http", "https", "direct"),
    [
        (("http://p",), "http://p", "", "localhost,127.0.0.1"),
        (("", "http://s", "example.org"), "", "http://s", DIRECT),
        (("", "", "example.org"), "", "", "example.org"),
    ],
)
def test_environment(given, http, https, direct):
    lower = {"http_proxy": http, "https_proxy": https, "no_proxy": direct}
    assert proxy_environment(*given) == {**lower, **{name.upper(): value for name, value in lower.items()}}


def test_without_a_proxy_nothing_is_set():
    assert proxy_environment("") == {}


PROXY = {"swarm_http_proxy": "http://p:3128", "swarm_https_proxy": "http://p:3128", "swarm_no_proxy": ".example.org,10.0.0.0/8,*.lab"}
EXCEPT = "no_proxy=.example.org,10.0.0.0/8,*.lab,localhost,127.0.0.1"


def ml_environment(model, host="host-1"):
    """variable → value, of the ML program of a host's first pair."""
    [profile] = model[host]["swop_profiles"].values()
    return {name: value for one in profile["nodes"][0]["slnodedef"]["usrenvvars"] or [] for name, value in one.items()}


def test_ml_programs_get_the_proxies_of_their_host():
    found = ml_environment(model.derive(two_orgs(PROXY)))
    assert found["https_proxy"] == found["HTTPS_PROXY"] == "http://p:3128"
    assert found["no_proxy"] == ".example.org,10.0.0.0/8,*.lab,localhost,127.0.0.1,172.1.1.1,172.2.2.2"
    assert ml_environment(model.derive(two_orgs())) == {}


@pytest.mark.parametrize("own", [{"env": {"https_proxy": "http://mine"}}, {"node_env": {"HTTPS_PROXY": "http://mine"}}])
def test_an_ml_programs_own_proxy_wins(own):
    found = ml_environment(model.derive(two_orgs(PROXY, training=own)))
    assert {value for name, value in found.items() if name.lower() == "https_proxy"} <= {"http://mine"}
    assert found["http_proxy"] == "http://p:3128"


def test_ml_programs_that_no_swop_starts_get_the_proxies_too():
    by_hand = two_orgs(PROXY, groups={"swarm_sl": ["host-1", "host-2"]}, without=["swarm_swop", "swarm_swci"])
    found = model.derive(by_hand)["host-1"]["sl_nodes"][0]["ml"]["env"]
    assert (found["http_proxy"], found["MAX_EPOCHS"]) == ("http://p:3128", "2")


def build_steps(inventory):
    return model.derive(inventory)["host-1"]["swci_tasks"]["image-task.yml"]["Body"]["BuildSteps"]


def test_builds_of_swops_go_through_the_proxies():
    """ARG leaves nothing in the image, and stands in every stage."""
    steps = build_steps(two_orgs(PROXY, training={"build": ["FROM a AS one", "RUN x", "from b", "RUN y"]}))
    names = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")
    lines = [*(f"ARG {name}=http://p:3128" for name in names), f"ARG {EXCEPT}", f"ARG NO_PROXY={EXCEPT.partition('=')[2]}"]
    assert steps[:16] == ["FROM a AS one", *lines, "RUN x", "from b", *lines, "RUN y"]


OTHER = {"swarm_http_proxy": "http://q"}
SECRET = {"swarm_http_proxy": "http://u:pw@p"}


@pytest.mark.parametrize("inventory", [two_orgs(), two_orgs(PROXY, host_2=OTHER), two_orgs(SECRET)], ids=["none", "two", "password"])
def test_builds_of_swops_have_no_proxies_that_do_not_serve_all(inventory):
    """All SWOPs build by the same lines, and everybody reads them."""
    assert build_steps(inventory)[:2] == ["FROM tensorflow/tensorflow:2.7.0", "RUN mkdir -p /tmp/hpe-swarmcli-pkg"]


JOINED = {"host_3": {"ansible_host": "172.3.3.3", "swarm_trust_domain": "org1.swarm.learning"}}
ALL_THREE = {group: ["host-1", "host-2", "host-3"] for group in ("swarm_spire_agent", "swarm_sn")}
MORE = {**PROXY, "swarm_no_proxy": f"'*.first', {PROXY['swarm_no_proxy']}, " + ", ".join(f"more-{n}.example.org" for n in range(9))}


@pytest.mark.parametrize("later", [two_orgs(MORE), two_orgs(PROXY, groups=ALL_THREE, **JOINED)], ids=["told", "a host that joins"])
def test_more_exceptions_restart_no_swop_and_run_no_training_again(later, tmp_path):
    before, after = model.derive(two_orgs(PROXY))["host-1"], model.derive(later)["host-1"]
    [old], [new] = ([text(one) for one in found["swop_profiles"].values()] for found in (before, after))
    path = tmp_path / "profile.yml"
    path.write_text(old, encoding="utf-8")
    os.utime(path, (1, 1))
    files = [{"path": str(path), "content": new, "mode": "0600"}]
    for check in (True, False):
        result = run("swarm_files", check=check, files=files)
        assert (result["paths"], result["newer"]) == ([str(path)], [])
    assert (path.read_text(encoding="utf-8"), path.stat().st_mtime) == (new, 1)
    assert before["swci_digest"] == after["swci_digest"]


@pytest.mark.parametrize(
    "change", [{"swarm_no_proxy": "10.0.0.0/8,*.lab"}, {"swarm_https_proxy": "http://q"}, {"swarm_apls_ip": "172.9.9.9"}]
)
def test_any_other_change_of_a_profile_restarts_its_swop(change, tmp_path):
    path = tmp_path / "profile.yml"
    for variables, newer in ((PROXY, [str(path)]), (PROXY, []), ({**PROXY, **change}, [str(path)])):
        [profile] = model.derive(two_orgs(variables))["host-1"]["swop_profiles"].values()
        result = run("swarm_files", files=[{"path": str(path), "content": text(profile), "mode": "0600"}])
        assert result["newer"] == newer


def test_a_digest_without_proxies_is_that_of_the_files():
    """So that a record which a host has stays the one of its training."""
    found = model.derive(two_orgs())["host-1"]
    files = files_below({**found["swci_tasks"], "swci-init": found["swci_script"]}, "/swci")["files"]
    assert found["swci_digest"] == hashlib.sha256("\n".join(one["content"] for one in files).encode()).hexdigest()
    assert found["swci_digest"] != model.derive(two_orgs(PROXY))["host-1"]["swci_digest"]


def test_many_exceptions_are_several_build_lines():
    lines = build_lines({"http_proxy": "p", "no_proxy": ",".join(f"host-{n}.example.org" for n in range(20))}, 160)
    assert lines[0] == "ARG http_proxy=p"
    assert max(map(len, lines)) <= 160
    joined = lines[1].removeprefix("ARG no_proxy=") + "".join(line.removeprefix("ARG no_proxy=$no_proxy") for line in lines[2:])
    assert joined.split(",") == [f"host-{n}.example.org" for n in range(20)]


def test_sixty_hosts_behind_a_proxy_have_no_problems():
    hosts = {f"host_{n}": {"ansible_host": f"192.168.100.{n}", "swarm_trust_domain": "org1.swarm.learning"} for n in range(3, 61)}
    names = ["host-1", "host-2", *(name.replace("_", "-") for name in hosts)]
    everywhere = dict.fromkeys(("swarm_spire_agent", "swarm_sn", "swarm_swop"), names)
    inventory = two_orgs({**PROXY, "swarm_no_proxy": ",".join(f"service-{n}.example.org" for n in range(60))}, groups=everywhere, **hosts)
    assert stages.problems(inventory, lambda path: True) == []
    assert len(ml_environment(model.derive(inventory), "host-60")["no_proxy"].split(",")) == 60 + 2 + 60


def test_containers_of_a_role_alone_use_the_proxies(tmp_path):
    """Evaluates what the roles hand to their modules, with their own defaults and without a site's model."""
    files = [str(ROOT / "roles" / role / f"{kind}/main.yml") for role in ("swarm", "node_agent", *ROLES) for kind in ("defaults", "vars")]
    environments = {role: f"{{{{ (__{role}_containers.values() | first).env }}}}" for role in ROLES}
    variables = {"swarm_http_proxy": "http://p", "swarm_no_proxy": "example.org"}
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars_files": files,
        "tasks": [{"ansible.builtin.copy": {"content": environments, "dest": str(tmp_path / "out"), "mode": "0600"}, "vars": variables}],
    }
    (tmp_path / "play.json").write_text(json.dumps([play]), encoding="utf-8")
    words = ("-i", "localhost,", "-c", "local", "-e", f"ansible_python_interpreter={sys.executable}", tmp_path / "play.json")
    ansible(tmp_path, "ansible-playbook", *words, ANSIBLE_COLLECTIONS_PATH=str(ROOT / ".collections"))
    found = json.loads((tmp_path / "out").read_text(encoding="utf-8"))
    expected = proxy_environment("http://p", "", "example.org")
    shown = {
        role: {name: value for name, value in environment.items() if not name.startswith("SWCI_")} for role, environment in found.items()
    }
    assert shown == {role: {**expected, "swarm_node_type": role} for role in ROLES}
    assert found["swci"]["SWCI_RUN_TASK_MAX_WAIT_TIME"] == str(7 * 24 * 60)
