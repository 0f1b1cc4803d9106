# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine that is a table, and parameters as Ansible hands them to a module: what the pure parts are tested with."""

from __future__ import annotations

from ansible_collections.swarm.learning.plugins.module_utils import _releases
from ansible_collections.swarm.learning.plugins.module_utils._component import arguments as _arguments
from ansible_collections.swarm.learning.plugins.module_utils._component.check import check, component_of
from ansible_collections.swarm.learning.plugins.module_utils._component.check_container import OptionError
from ansible_collections.swarm.learning.plugins.module_utils._component.specifications import SPECIFICATIONS
from ansible_collections.swarm.learning.plugins.module_utils._component.translate import translate

CLASSIC = "0.3.0"
CURRENT = ("2.0.0", "2.1.0", "2.2.0", "2.3.0")
ALL = (CLASSIC, *CURRENT)
NEWEST = _releases.NEWEST
COMPONENTS = ("apls", "spire_server", "spire_agent", "sn", "sl", "swop", "swci")
OTHER_ID = "f" * 64


class Machine:
    """Stands in for `_host.Host` and `_lookup.Lookup`: answers from tables."""

    def __init__(self, **others):
        self.paths = {
            "/var/run/docker.sock": "socket",
            "/run/podman.sock": "socket",
            "/run/spire/api.sock": "socket",
            "/etc/swarm/agent.conf": "file",
            "/etc/swarm/a.conf": "file",
            "/etc/swarm/with-address.conf": "file",
            "/etc/swarm/key.pem": "file",
            "/etc/swarm/cert.pem": "file",
            "/etc/swarm/ca.pem": "file",
            "/etc/swarm/ca": "directory",
            "/etc/swarm/link.pem": "file",
            "/etc/swarm/seccomp.json": "file",
            "/etc/swarm": "directory",
            "/srv/data": "directory",
            "/srv/model": "directory",
            "/srv/model/train.py": "file",
            "/srv/usr": "directory",
            "/srv/usr/profile.yaml": "file",
            "/srv/usr/init": "file",
            "/dev/kfd": "other",
        }
        self.texts = {
            "/etc/swarm/agent.conf": 'agent {\n  data_dir = "/spire/data/agent"\n}\n',
            "/etc/swarm/with-address.conf": 'agent {\n  server_address = "192.0.2.8"\n}\n',
            "/etc/swarm/seccomp.json": '{ "defaultAction": "SCMP_ACT_ALLOW" }\n',
        }
        self.links = {"/etc/swarm/link.pem": "/etc/swarm/real.pem"}
        self.users = {"1000": (1000, 1000), "alice": (1001, 2001), "1001": (1001, 2001)}
        self.running = {"sn-9": "172.17.0.9", "apls-9": "172.17.0.8", "spire-9": "172.17.0.7"}
        self.of_component = {"apls": "apls-9", "spire_server": "spire-9"}
        self.own = ("192.0.2.1", "this-host")
        self.caller_ids = (1000, 1000)
        self.socket_group = 998
        self.engine = "/var/run/docker.sock"
        vars(self).update(others)

    def kind(self, path):
        return self.paths.get(path.rstrip("/"), "missing")

    def real_path(self, path):
        return self.links.get(path, path)

    def read(self, path):
        if path not in self.texts:
            raise FileNotFoundError(path)
        return self.texts[path]

    def owns(self, address):
        return address in self.own

    def caller(self):
        return self.caller_ids

    def user(self, name):
        return self.users.get(str(name))

    def group_of(self, path):
        assert self.kind(path) == "socket"
        return self.socket_group

    def address(self, name, component, option, needed=True):
        address = self.running.get(name or self.of_component.get(component), "")
        if not address and needed:
            raise OptionError(option, name, "is not a running container")
        return address

    def engine_socket(self):
        return self.engine

    def container_id(self, name):
        return OTHER_ID if name in self.running else name

    def socket_volume(self, name):
        return f"{name}-volume", "public/api.sock"


MINIMAL = {
    "apls": {},
    "spire_server": {},
    "spire_agent": {"config_dir": "/etc/swarm"},
    "sn": {"host_ip": "203.0.113.5", "apls_ip": "203.0.113.9", "sentinel_ip": "203.0.113.4"},
    "sl": {"host_ip": "203.0.113.5", "apls_ip": "203.0.113.9", "sn_ip": "203.0.113.4"},
    "swop": {"usr_dir": "/srv/usr", "profile_file_name": "profile.yaml"},
    "swci": {},
}


def minimal(component, release):
    """The options without which the component cannot be; in 0.3.0 a local SPIRE Server is never looked for here."""
    given = dict(MINIMAL[component])
    if component == "sl" and release == CLASSIC:
        given["ml_cmd"] = "run nothing"
    if component in ("sn", "sl", "swci") and release == CLASSIC:
        given["server_address"] = "203.0.113.7"
    return given


def parameters(component, release=NEWEST, **given):
    """Parameters as AnsibleModule makes them: every option there, None where it is not given and has no default."""
    params = {name: argument.get("default") for name, argument in SPECIFICATIONS[component].items()}
    unknown = set(given) - set(params)
    assert not unknown, f"{component} has no option {unknown}"
    params.update({"name": f"{component.replace('_', '-')}-1", "release": release, **given})
    if isinstance(params.get("ml"), dict):
        params["ml"] = {**dict.fromkeys(_arguments.SIDECAR), **params["ml"]}
    return params


def checked(component, release=NEWEST, machine=None, **given):
    """Check parameters as the module does before it asks the engine anything. Raises OptionError."""
    params = parameters(component, release, **given)
    check(
        component,
        component_of(release, component),
        params,
        set(params) - {*_arguments.CONTAINER, *_arguments.RESULT, *_arguments.COMPARED, *_arguments.SCRIPT},
        machine or Machine(),
    )
    return params


def specs(component, release=NEWEST, machine=None, **given):
    """The ContainerSpecs of an option set that has passed the checks."""
    machine = machine or Machine()
    params = checked(component, release, machine, **given)
    return translate(component, component_of(release, component), params, machine, machine)


def spec(component, release=NEWEST, machine=None, **given):
    """The component's own ContainerSpec, with its minimal options below the given ones; None takes one of them away."""
    whole = {**minimal(component, release), **given}
    return specs(component, release, machine, **{name: value for name, value in whole.items() if value is not None})[0]
