# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates of roles that work alone, without a site: created for a trial, checked, and copied. Hosts are directories of this machine."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = Path(sys.executable).parent / "ansible-playbook"


def play(directory, component, hosts, *arguments):
    """Install the certificates of one component on hosts; (exit status, output, host → its options).

    hosts: name → variables, which are given to the role, as a user's playbook does it.
    """
    tree = {host: {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, "mine": own} for host, own in hosts.items()}
    names = sorted({name for own in hosts.values() for name in own})
    role = {"name": "swarm.learning.host", "tasks_from": "certificates"}
    variables = {"host_component": component, **{name: f"{{{{ mine.{name} }}}}" for name in names}}
    show = {"content": "{{ swarm_node_facts.certificates }}", "dest": f"{directory}/{{{{ inventory_hostname }}}}.out", "mode": "0600"}
    tasks = [
        {"ansible.builtin.import_role": role, "vars": variables},
        {"ansible.builtin.copy": show, "changed_when": False, "check_mode": False, "diff": False},
    ]
    (directory / "hosts.json").write_text(json.dumps({"all": {"hosts": tree}}), encoding="utf-8")
    (directory / "play.json").write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": tasks}]), encoding="utf-8")
    command = [PROGRAM, "-i", "hosts.json", "play.json", *arguments]
    environment = {
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections"),
        "PATH": "/usr/bin:/bin",
        "HOME": str(directory),
        "LC_ALL": "C.UTF-8",
    }
    done = subprocess.run(command, cwd=directory, env=environment, check=False, capture_output=True, text=True)
    found = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in directory.glob("*.out")}
    return done.returncode, done.stdout + done.stderr, found


@pytest.fixture(scope="module")
def trial(tmp_path_factory):
    """(directory, hosts) of two organisations whose SN and SWOP have certificates for a trial."""
    directory = tmp_path_factory.mktemp("trial")
    hosts = {
        name: {
            "swarm_dir": str(directory / name),
            "swarm_certificates_trial": True,
            "swarm_certificates_dir": str(directory / "made"),
            "swarm_trust_domain": f"org.{name}",
            "swarm_host_ip": f"192.0.2.{number}",
        }
        for number, name in enumerate(("host-1", "host-2"), 1)
    }
    status, output, found = play(directory, "sn", hosts)
    assert status == 0, output
    return directory, hosts, found


def test_certificates_are_created_and_copied(trial):
    directory, hosts, found = trial
    for host in hosts:
        place = directory / host / "certificates/nodes"
        assert found[host] == {"sn": {kind: str(place / f"{kind}.pem") for kind in ("key", "cert", "cacert")}}
        assert (place / "cert.pem").read_text(encoding="utf-8") == (directory / f"made/org.{host}/{host}.pem").read_text(encoding="utf-8")
        assert (place / "key.pem").stat().st_mode & 0o777 == 0o600
        assert (place / "cacert.pem").read_text(encoding="utf-8").count("BEGIN CERTIFICATE") == len(hosts)


def test_another_role_changes_nothing(trial):
    directory, hosts, _found = trial
    status, output, found = play(directory, "swop", hosts, "--diff")
    assert status == 0, output
    assert output.count("changed=0") == len(hosts), output
    assert found["host-1"]["swop"]["key"] == str(directory / "host-1/certificates/nodes/key.pem")


def test_own_certificates_are_checked_and_copied(trial, tmp_path):
    directory, _hosts, _found = trial
    made = {host: directory / f"made/org.{host}" for host in ("host-1", "host-2")}
    authorities = [str(place / "ca.pem") for place in made.values()]

    def own(host, cert, address):
        files = {"key": str(made[host] / f"{host}-key.pem"), "cert": str(made[cert] / f"{cert}.pem"), "cacert": authorities}
        # What only an SN has is in a directory of its own, whichever role works alone.
        return {host: {"swarm_dir": str(tmp_path / host), "swarm_certificates": {"sn": files}, "sn_host_ip": address}}

    status, output, found = play(tmp_path, "sn", own("host-1", "host-1", "192.0.2.1"))
    assert status == 0, output
    assert found["host-1"]["sn"]["cert"] == str(tmp_path / "host-1/certificates/sn/cert.pem")
    assert (tmp_path / "host-1/certificates/sn/cert.pem").exists()

    status, output, _found = play(tmp_path, "sn", own("host-2", "host-1", "192.0.2.9"))
    assert status != 0
    assert "host-2-key.pem is not the key of " in output
    assert "host-1.pem is for 192.0.2.1, not for 192.0.2.9" in output
    assert not (tmp_path / "host-2").exists()
