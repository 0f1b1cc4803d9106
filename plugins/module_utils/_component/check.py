# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refuses parameters that a component does not accept, before the engine is asked (private to the collection).

Pure: facts about the machine come from the argument `host`.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._container import parse
from .._names import is_ip, is_trust_domain
from .._releases import RELEASES, SAME, Component, Option
from .check_container import NAME, OptionError, check_common, check_engine, check_name, check_path

if TYPE_CHECKING:
    from .._container.host import Host

SERVICE = re.compile(r"(?P<name>[a-zA-Z0-9]([a-zA-Z0-9.-]{0,251}[a-zA-Z0-9])?)(?::(?P<port>\d+))?")
_HOST_NAME = re.compile(r"(?=.{1,253}$)([a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?)(\.[a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?)*")


@dataclass(frozen=True)
class _Given:
    """What a check of one value may look at: the option's table row, all parameters, the machine."""

    what: Option
    params: dict[str, Any]
    host: Host


def component_of(release: str, name: str) -> Component:
    """The Component of a release. Raises OptionError if the release does not have it."""
    if name not in RELEASES[release]:
        raise OptionError("release", release, f"does not have {name}; available in: {_releases_with(name)}")
    return RELEASES[release][name]


def _releases_with(component: str, option: str | None = None) -> str:
    has = (
        r for r, components in RELEASES.items() if component in components and (option is None or option in components[component].options)
    )
    return ", ".join(has)


def check(name: str, component: Component, params: dict[str, Any], own: Iterable[str], host: Host) -> None:
    """Raise OptionError for the first parameter that the component does not accept.

    own: names of the module's own options, those that are not common to every component.
    """
    for option in own:
        if params.get(option) not in (None, False) and option not in component.options:
            where = _releases_with(name, option)
            raise OptionError(option, None, f"is not an option of release {params['release']}; available in: {where}")
    check_name("name", params["name"])
    _check_groups(component, params)
    for option, what in component.options.items():
        value = params.get(option)
        if value is not None and value is not False:
            _check_value(option, value, _Given(what, params, host))
    check_common(params, "", host)
    check_engine(params, host)
    _check_published(component, params)
    if params.get("ml") is not None:
        _check_sidecar(params, host)
    removes = component.auto_remove if params.get("auto_remove") is None else params["auto_remove"]
    _check_removal(params, removes, "")


def _check_sidecar(params: dict[str, Any], host: Host) -> None:
    ml = params["ml"]
    check_program(ml, "ml.", host)
    if ml.get("name") == params["name"]:
        raise OptionError("ml.name", params["name"], "is the name of the SL container; the ML container needs a different name")


def check_program(ml: dict[str, Any], prefix: str, host: Host) -> None:
    """Raise OptionError for the first option of an ML container that cannot be used."""
    if not ml.get("image"):
        raise OptionError(f"{prefix}image", None, "is required; set it to the image of the ML container")
    check_common(ml, prefix, host)
    if ml.get("name") is not None:
        check_name(f"{prefix}name", ml["name"])
    try:
        parse.parse_command(ml.get("command") or ())
    except ValueError as error:
        raise OptionError(f"{prefix}command", None, f"cannot be used: {error}") from None
    _check_removal(ml, ml.get("auto_remove"), prefix)


def _check_removal(params: dict[str, Any], removes: bool | None, prefix: str) -> None:
    if removes and params.get("restart_policy") not in (None, "no"):
        raise OptionError(
            f"{prefix}restart_policy", params["restart_policy"], "cannot be used with auto_remove: true; set only one of the two"
        )


def _check_groups(component: Component, params: dict[str, Any]) -> None:
    given = {option for option in component.options if params.get(option) not in (None, False, "")}
    for group in component.required:
        replaced_by = component.unless.get(group[0], ())
        if not given.intersection(group) and not (replaced_by and given.issuperset(replaced_by)):
            alternative = f" (or {' and '.join(replaced_by)})" if replaced_by else ""
            raise OptionError(" or ".join(group), None, f"is required{alternative} in release {params['release']}")
    for one, other in component.exclusive:
        if given.issuperset((one, other)):
            raise OptionError(f"{one} and {other}", None, "are mutually exclusive; set only one of the two")


def _check_published(component: Component, params: dict[str, Any]) -> None:
    """Each port of the host is published for only one port of the container."""
    taken: dict[tuple[str, str, str], tuple[str, str]] = {}
    for option, port in _published(component, params):
        other, inside = taken.setdefault((port.ip, port.host, port.inside.rpartition("/")[2]), (option, port.inside))
        if inside != port.inside:
            raise OptionError(option, port.host, f"is already published on the host by {other}; choose a different port")


def _published(component: Component, params: dict[str, Any]) -> Iterator[tuple[str, parse.Port]]:
    for entry in params.get("publish") or ():
        for port in parse.parse_ports(entry):
            if port.host:
                yield "publish", port
    for option, what in component.options.items():
        value = params.get(option)
        if value and what.publish:
            service: Any = SERVICE.fullmatch(value) if what.kind == "service" else None
            if service and not service["port"] and params.get(what.port_by):
                continue
            host = service["port"] or str(what.port) if service else str(value)
            yield option, parse.Port(f"{host if what.publish == SAME else what.publish}/tcp", host)


# --- one value ---------------------------------------------------------------------------------------------------------


def _check_value(option: str, value: Any, given: _Given) -> None:
    if isinstance(value, str) and not value.strip():
        raise OptionError(option, value, "is empty; give the option a value or leave it out")
    check_kind = _CHECKS.get(given.what.kind)
    if check_kind:
        check_kind(option, value, given)


def _check_port(option: str, value: int, given: _Given) -> None:
    if not 1 <= int(value) <= 65535:
        raise OptionError(option, value, "is not a port; expected 1 to 65535")


def _check_service(option: str, value: str, given: _Given) -> None:
    match = SERVICE.fullmatch(value)
    if not match or (match["port"] and not 1 <= int(match["port"]) <= 65535):
        raise OptionError(option, value, "is not a service; expected FQDN[:PORT], such as sn.example.org:30304")


def _is_address(value: str) -> bool:
    return is_ip(value) or (bool(_HOST_NAME.fullmatch(value)) and not re.fullmatch(r"[0-9.]+", value))


def _check_address(option: str, value: str, given: _Given) -> None:
    if not _is_address(value):
        raise OptionError(
            option, value, "is not an address; expected an IP address or a host name without a port, which has an option of its own"
        )


def _check_own_address(option: str, value: str, given: _Given) -> None:
    _check_address(option, value, given)
    if value == "localhost" or _is_loopback(value):
        raise OptionError(
            option, value, "is a loopback address, which the other nodes cannot reach; set the address at which they reach this host"
        )


def _check_bind_address(option: str, value: str, given: _Given) -> None:
    if not is_ip(value):
        raise OptionError(option, value, "is not an IP address of this host; 0.0.0.0 means all of its addresses")


def _is_loopback(value: str) -> bool:
    try:
        return ipaddress.ip_address(value).is_loopback
    except ValueError:
        return False


def _check_kind(kind: str) -> Callable[[str, Any, _Given], None]:
    def check_one(option: str, value: str, given: _Given) -> None:
        check_path(option, value, kind, given.host)

    return check_one


def _check_configuration(option: str, value: str, given: _Given) -> None:
    if given.host.kind(value) not in ("file", "directory"):
        raise OptionError(option, value, "does not exist; expected a configuration file on the host or its directory")


def _check_file_in_usr_dir(option: str, value: str, given: _Given) -> None:
    if not given.params.get("usr_dir"):
        raise OptionError(option, value, "must be a file in usr_dir, but usr_dir is not set")
    if "/" in value:
        raise OptionError(option, value, "must be the name of a file directly in usr_dir, without a directory")
    if given.host.kind(os.path.join(given.params["usr_dir"], value)) != "file":
        raise OptionError(option, value, f"does not exist in usr_dir, {given.params['usr_dir']}")


def _check_choice(option: str, value: str, given: _Given) -> None:
    if value.upper() not in given.what.values:
        raise OptionError(option, value, f"is not valid; expected one of {', '.join(given.what.values)}")


def _check_gpu(option: str, value: str, given: _Given) -> None:
    if value != "all" and not re.fullmatch(r"\d+(,\d+)*", value):
        raise OptionError(option, value, "is not valid; expected all or a comma-separated list of GPU indexes, such as 0,1")


def _check_program(option: str, value: str, given: _Given) -> None:
    if given.params.get("model_dir"):
        inside = os.path.normpath(os.path.join(given.params["model_dir"], value))
        if os.path.isabs(value) or not inside.startswith(os.path.normpath(given.params["model_dir"]) + "/"):
            raise OptionError(option, value, f"must be a path in model_dir, {given.params['model_dir']}")
        if given.host.kind(inside) != "file":
            raise OptionError(option, value, f"does not exist in model_dir, {given.params['model_dir']}")
    elif given.host.kind(value) != "file":
        raise OptionError(option, value, "does not exist on the host; without model_dir, set the complete path of the program")


def _check_uid(option: str, value: str, given: _Given) -> None:
    if given.host.user(value) is None:
        raise OptionError(option, value, "is not a user of this host; expected a user name or uid")


def _check_gid(option: str, value: str, given: _Given) -> None:
    if not str(value).isdigit():
        raise OptionError(option, value, "is not a group ID; expected a number")


def _check_socket_path(option: str, value: str, given: _Given) -> None:
    if value.startswith("/"):
        check_path(option, value, "socket", given.host)
    elif not re.fullmatch(r"[a-zA-Z0-9][\w.-]+(:[^/:][^:]*)?", value):
        raise OptionError(
            option, value, "is not valid; expected a socket file, VOLUME:path/in/volume, or the name of a container or volume"
        )


def _check_socket_dir(option: str, value: str, given: _Given) -> None:
    if "/" in value:
        check_path(option, value, "directory", given.host)
    elif not NAME.fullmatch(value):
        raise OptionError(option, value, "is not valid; expected a directory on the host or the name of a volume")


def _check_container(option: str, value: str, given: _Given) -> None:
    check_name(option, value)


def _check_trust_domain(option: str, value: str, given: _Given) -> None:
    if not is_trust_domain(value):
        raise OptionError(option, value, "is not a trust domain; expected lower-case letters, digits, dots, dashes and underscores")


_CHECKS: dict[str, Callable[[str, Any, _Given], None]] = {
    "port": _check_port,
    "web_port": _check_port,
    "bind_address": _check_bind_address,
    "service": _check_service,
    "address": _check_address,
    "own_address": _check_own_address,
    "container": _check_container,
    "local_spire_server": _check_container,
    "trust_domain": _check_trust_domain,
    "file": _check_kind("file"),
    "directory": _check_kind("directory"),
    "socket_file": _check_kind("socket"),
    "configuration": _check_configuration,
    "file_in_usr_dir": _check_file_in_usr_dir,
    "choice": _check_choice,
    "gpu": _check_gpu,
    "model_program": _check_program,
    "swop_uid": _check_uid,
    "docker_group_id": _check_gid,
    "socket_path": _check_socket_path,
    "socket_dir": _check_socket_dir,
}
