# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refuses parameters that cannot be, before the engine is asked anything (private to the collection).

Pure: what it needs to know of the machine comes from the `host` that it is given.
"""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass

from ansible_collections.swarm.learning.plugins.module_utils import _parse as parse
from ansible_collections.swarm.learning.plugins.module_utils._releases import RELEASES, Option

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")
SERVICE = re.compile(r"(?P<name>[a-zA-Z0-9]([a-zA-Z0-9.-]{0,251}[a-zA-Z0-9])?)(?::(?P<port>\d+))?")
_IMAGE = re.compile(r"([a-zA-Z0-9.-]+(:\d+)?/)?[a-z0-9]+([._/-]+[a-z0-9]+)*(:\w[\w.-]{0,127})?(@sha256:[0-9a-f]{64})?|sha256:[0-9a-f]{64}")


class OptionError(ValueError):
    """A parameter that cannot be: the message names the option, its value and what would be right."""

    def __init__(self, option, value, right):
        said = f"{option}: {value!r} " if value is not None else f"{option} "
        super().__init__(said + right)


@dataclass(frozen=True)
class _Given:
    """What a check of one value may look at: the option's table row, all parameters, the machine."""

    what: Option
    params: dict
    host: object


def component_of(release, name):
    """The Component of a release. Raises OptionError when the release has none of that name."""
    if name not in RELEASES[release]:
        raise OptionError("release", release, f"has no {name}; releases that have one: {_releases_with(name)}")
    return RELEASES[release][name]


def _releases_with(component, option=None):
    has = (
        r for r, components in RELEASES.items() if component in components and (option is None or option in components[component].options)
    )
    return ", ".join(has)


# --- what cannot be ----------------------------------------------------------------------------------------------------


def check(name, component, params, own, host):
    """Raise OptionError for the first parameter that the component cannot have.

    own: names of the module's own options, those that are not common to every component.
    """
    for option in own:
        if params.get(option) not in (None, False) and option not in component.options:
            where = _releases_with(name, option)
            raise OptionError(option, None, f"is not an option of release {params['release']}; releases that have it: {where}")
    _check_name("name", params["name"])
    _check_groups(component, params)
    for option, what in component.options.items():
        value = params.get(option)
        if value is not None and value is not False:
            _check_value(option, what, value, params, host)
    _check_common(params, "", host)
    _check_seconds(params)
    if params.get("ml"):
        _check_sidecar(params, host)
    removes = component.auto_remove if params.get("auto_remove") is None else params["auto_remove"]
    if removes and params.get("restart_policy") not in (None, "no"):
        raise OptionError("restart_policy", params["restart_policy"], "does not go with auto_remove: true; set one of the two")


def _check_sidecar(params, host):
    ml = params["ml"]
    if not ml.get("image"):
        raise OptionError("ml.image", None, "is required: the image of the user's ML container")
    _check_common(ml, "ml.", host)
    if ml.get("name"):
        _check_name("ml.name", ml["name"])
    if ml.get("name") == params["name"]:
        raise OptionError("ml.name", params["name"], "is the SL container's own name; the ML container needs another")


def _check_groups(component, params):
    given = {option for option in component.options if params.get(option) not in (None, False, "")}
    for group in component.required:
        replaced_by = component.unless.get(group[0], ())
        if not given.intersection(group) and not (replaced_by and given.issuperset(replaced_by)):
            alternative = f" (or {' and '.join(replaced_by)})" if replaced_by else ""
            raise OptionError(" or ".join(group), None, f"is required{alternative} in release {params['release']}")
    for one, other in component.exclusive:
        if given.issuperset((one, other)):
            raise OptionError(f"{one} and {other}", None, "exclude each other; give one of the two")


def _check_name(option, value):
    if not _NAME.fullmatch(value or ""):
        raise OptionError(option, value, "is not a container's name; letters, digits, _ . and - are, at least two, a letter or digit first")


def _check_value(option, what, value, params, host):
    check_kind = _CHECKS.get(what.kind)
    if check_kind:
        check_kind(option, value, _Given(what, params, host))
    elif isinstance(value, str) and not value.strip():
        raise OptionError(option, value, "is empty; leave the option out or give it a value")


def _check_port(option, value, given):
    if not 1 <= int(value) <= 65535:
        raise OptionError(option, value, "is not a port; 1 to 65535 is")


def _check_service(option, value, given):
    match = SERVICE.fullmatch(value)
    if not match or (match["port"] and not 1 <= int(match["port"]) <= 65535):
        raise OptionError(option, value, "is not FQDN[:PORT], such as sn.example.org:30304")


def _check_address(option, value, given):
    try:
        loopback = ipaddress.ip_address(value).is_loopback
    except ValueError:
        loopback = value == "localhost"
        if not SERVICE.fullmatch(value) or ":" in value:
            raise OptionError(option, value, "is neither an IP address nor a host name") from None
    if loopback:
        raise OptionError(
            option, value, "is a loopback address: the other nodes cannot reach it; give the address that they use for this host"
        )


def _check_path(kind):
    def check_path(option, value, given):
        found = given.host.kind(value)
        if found != kind:
            raise OptionError(
                option,
                value,
                f"must be a {kind} on the host" + (", and it is not there" if found == "missing" else f", and it is a {found}"),
            )

    return check_path


def _check_configuration(option, value, given):
    if given.host.kind(value) not in ("file", "directory"):
        raise OptionError(option, value, "must be a configuration file on the host, or the directory that holds it, and it is not there")


def _check_file_in_usr_dir(option, value, given):
    if not given.params.get("usr_dir"):
        raise OptionError(option, value, "is looked for in usr_dir, which is not given")
    if "/" in value:
        raise OptionError(option, value, "must be a file name directly in usr_dir, without a directory")
    if given.host.kind(os.path.join(given.params["usr_dir"], value)) != "file":
        raise OptionError(option, value, f"is not a file in usr_dir {given.params['usr_dir']}")


def _check_choice(option, value, given):
    if value.upper() not in given.what.values:
        raise OptionError(option, value, f"is not one of {', '.join(given.what.values)}")


def _check_gpu(option, value, given):
    if value != "all" and not re.fullmatch(r"\d+(,\d+)*", value):
        raise OptionError(option, value, "is neither all nor a comma-separated list of GPU indexes, such as 0,1")


def _check_program(option, value, given):
    if given.params.get("model_dir"):
        inside = os.path.normpath(os.path.join(given.params["model_dir"], value))
        if os.path.isabs(value) or not inside.startswith(os.path.normpath(given.params["model_dir"]) + "/"):
            raise OptionError(option, value, f"must be a path inside model_dir {given.params['model_dir']}")
        if given.host.kind(inside) != "file":
            raise OptionError(option, value, f"is not a file in model_dir {given.params['model_dir']}")
    elif given.host.kind(value) != "file":
        raise OptionError(option, value, "is not a file on the host; without model_dir the program's own path is needed")


def _check_uid(option, value, given):
    if given.host.primary_group(value) is None:
        raise OptionError(option, value, "is no user of this host; a user's name or uid is needed")


def _check_gid(option, value, given):
    if not str(value).isdigit():
        raise OptionError(option, value, "is not a group ID, a number")


def _check_socket_path(option, value, given):
    if value.startswith("/"):
        _check_path("socket")(option, value, given)
    elif not re.fullmatch(r"[a-zA-Z0-9][\w.-]+(:[^/:][^:]*)?", value):
        raise OptionError(option, value, "is neither a socket file, nor VOLUME:path/in/volume, nor a container's or volume's name")


def _check_socket_dir(option, value, given):
    if "/" in value:
        _check_path("directory")(option, value, given)
    elif not _NAME.fullmatch(value):
        raise OptionError(option, value, "is neither a directory on the host nor a volume's name")


_CHECKS = {
    "port": _check_port,
    "web_port": _check_port,
    "service": _check_service,
    "address": _check_address,
    "file": _check_path("file"),
    "directory": _check_path("directory"),
    "socket_file": _check_path("socket"),
    "configuration": _check_configuration,
    "file_in_usr_dir": _check_file_in_usr_dir,
    "choice": _check_choice,
    "gpu": _check_gpu,
    "model_program": _check_program,
    "swop_uid": _check_uid,
    "docker_group_id": _check_gid,
    "socket_path": _check_socket_path,
    "socket_dir": _check_socket_dir,
    "ml": lambda *unused: None,
}

_PARSERS = {
    "publish": parse.parse_ports,
    "volumes": parse.parse_mount,
    "ulimits": parse.parse_ulimit,
    "devices": parse.parse_device,
    "memory": parse.parse_size,
    "shm_size": parse.parse_size,
    "cpus": parse.parse_cpus,
    "gpus": parse.parse_gpus,
    "restart_policy": parse.parse_restart_policy,
}


def _check_common(params, prefix, host):
    _check_parsed(params, prefix)
    _check_mappings(params, prefix)
    for mount in params.get("volumes") or ():
        source = parse.parse_mount(mount).source
        if "/" in source and host.kind(source) == "missing":
            raise OptionError(
                prefix + "volumes", mount, f"binds {source}, which is not there on the host; make it, or give a volume's name"
            )
    for address in params.get("dns") or ():
        _check_ip(f"{prefix}dns", address)
    for name, address in (params.get("extra_hosts") or {}).items():
        if address != "host-gateway":
            _check_ip(f"{prefix}extra_hosts.{name}", address)
    if params.get("image") is not None and not _IMAGE.fullmatch(params["image"]):
        raise OptionError(prefix + "image", params["image"], "is not an image reference, such as registry.example.org/team/image:tag")
    if params.get("workdir") and not params["workdir"].startswith("/"):
        raise OptionError(prefix + "workdir", params["workdir"], "is not an absolute path in the container")
    if params.get("network_aliases") and not params.get("network"):
        raise OptionError(prefix + "network_aliases", None, "need a network of their own; the default bridge has no aliases")


def _check_seconds(params):
    for option, least in (("wait_timeout", 1), ("stop_timeout", 0), ("timeout", 1)):
        if params.get(option) is not None and params[option] < least:
            raise OptionError(option, params[option], f"must be a number of seconds, at least {least}")


def _check_parsed(params, prefix):
    for option, parser in _PARSERS.items():
        value = params.get(option)
        for item in value if isinstance(value, list) else [value] if value is not None else []:
            try:
                parser(item)
            except ValueError as error:
                raise OptionError(prefix + option, None, f"cannot be used: {error}") from None


def _check_mappings(params, prefix):
    for option in ("env", "labels", "extra_hosts", "log_options"):
        for key, value in (params.get(option) or {}).items():
            if not isinstance(value, (str, int)) or isinstance(value, bool):
                raise OptionError(f"{prefix}{option}.{key}", value, "is not a string; put it in quotes")
            if option == "env" and ("=" in key or not key):
                raise OptionError(f"{prefix}env", key, "is not the name of an environment variable")


def _check_ip(option, value):
    try:
        ipaddress.ip_address(value)
    except ValueError:
        raise OptionError(option, value, "is not an IP address") from None
