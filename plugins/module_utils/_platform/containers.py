# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole platform on one host: finds and describes its containers (private to the collection).

Containers are found by the collection's labels and, when the platform's own scripts started them, by their image.
"""

from __future__ import annotations

import os
import re
import socket
import ssl
import time
from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Any

from .._container.engine import Engine, EngineError
from .._container.readiness import is_ready, published_address, run_began, started_at
from .._container.ready_signal import Ready
from .._container.requirements import check_sdk
from .._container.spec import OWN_LABEL, TRAINING_LABEL, environment, from_inspect
from .._releases import NEWEST, RELEASES
from .._spire import lifetime, x509
from .._spire.config import seconds

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

# The order of dependencies: stopped in this order, so licences are returned and nothing waits for a stopped container.
STOP_ORDER = ("swci", "ml", "sl", "swop", "sn", "reverse_proxy", "spire_agent", "spire_server", "apls")
_IMAGES = {
    "apls": "apls",
    "spire-server": "spire_server",
    "sn": "sn",
    "sl": "sl",
    "sl-tf": "sl",
    "sl-pyt": "sl",
    "swop": "swop",
    "swci": "swci",
}
_IMAGE = re.compile(r"(?:.*/)?(?:swarm-learning|autopass)/(?P<name>[a-z-]+):(?P<tag>[\w.-]+)")
_CHANNEL = "/tmp/channel"
REHEARSAL_LABEL = f"{OWN_LABEL}rehearsal"  # of an ML container that has no part in a training
# A container of the platform: (component, release, the engine's summary).
Member = tuple[str, str, dict[str, Any]]
_TLS_PORTS = {"sn": (30304,), "sl": (30305,), "apls": (5814,)}


def classify(image: str, labels: dict[str, str], has_channel: bool) -> tuple[str | None, str]:
    """(component, release) of a container, component None if it is not the platform's.

    image, labels   as the engine lists them
    has_channel     whether it has a mount at /tmp/channel, as SL and ML containers of 2.x have
    """
    component = labels.get(f"{OWN_LABEL}component")
    if component:
        return component, labels.get(f"{OWN_LABEL}release", "")
    match = _IMAGE.fullmatch(image)
    if match and match["name"] in _IMAGES:
        return _IMAGES[match["name"]], match["tag"]
    return ("ml", "") if has_channel else (None, "")


def of_training(found: Iterable[Member], name: str | None) -> list[Member]:
    """Those of `members` that take part in the training of that name; empty: the one without a name; None: all trainings."""
    return [member for member in found if name is None or (member[2].get("Labels") or {}).get(TRAINING_LABEL, "") == name]


def members(engine: Engine) -> list[Member]:
    """The platform's containers on this host, whoever made them."""
    with_channel = engine.mounting(_CHANNEL)
    found = []
    for summary in engine.containers({}):
        component, release = classify(_image_of(engine, summary), summary.get("Labels") or {}, summary["Id"] in with_channel)
        if component:
            found.append((component, release, summary))
    return found


def _image_of(engine: Engine, summary: dict[str, Any]) -> str:
    """The image's reference as given to the container: if its tag has moved to another image, the list has only the image's ID."""
    image: str = summary["Image"]
    ours = f"{OWN_LABEL}component" in (summary.get("Labels") or {})
    if ours or not re.fullmatch(r"(sha256:)?[0-9a-f]{12,64}", image):
        return image
    inspect = engine.inspect(summary["Id"])
    return inspect["Config"]["Image"] if inspect else image


def run(module: AnsibleModule, action: Callable[[Engine, dict[str, Any], bool], dict[str, Any]]) -> None:
    """Run action(engine, params, check_mode) → result, and end the module."""
    check_sdk(module)
    try:
        module.exit_json(**action(Engine(module.params), module.params, module.check_mode))
    except (EngineError, OSError, ValueError) as error:
        module.fail_json(msg=str(error))


def name_of(summary: dict[str, Any]) -> str:
    """The container's name."""
    name: str = summary["Names"][0]
    return name.lstrip("/")


def is_within(summary: dict[str, Any], networks: Collection[str], directory: str | None) -> bool:
    """Whether a container is in one of the networks or mounts something from the directory."""
    its = (summary.get("NetworkSettings") or {}).get("Networks") or {}
    return not set(networks).isdisjoint(its) or bool(directory and any(is_below(path, directory) for path in sources(summary)))


def sources(summary: dict[str, Any]) -> list[str]:
    """The paths of the host that a container mounts."""
    return [mount["Source"] for mount in summary.get("Mounts") or () if mount.get("Source")]


def is_below(path: str, directory: str) -> bool:
    """Whether the path is the directory or something in it."""
    return f"{os.path.normpath(path)}/".startswith(f"{os.path.normpath(directory)}/")


# --- swarm_info ---------------------------------------------------------------------------------------------------------


def info(engine: Engine, params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """swarm_info: what runs on this host."""
    containers = []
    for component, release, summary in members(engine):
        inspect = engine.inspect(summary["Id"])
        if inspect and (not params["components"] or component in params["components"]):
            containers.append(describe(engine, component, release, inspect))
    containers.sort(key=lambda c: (STOP_ORDER[::-1].index(c["component"]), c["name"]))
    return {"changed": False, "containers": containers, "problems": _ending(containers, params)}


def _ending(containers: list[dict[str, Any]], params: dict[str, Any]) -> list[dict[str, Any]]:
    """Identities of running containers that expire within `days`."""
    if params["days"] is None:
        return []
    life, now = params["x509_svid_ttl"], time.time()
    life = seconds("x509_svid_ttl", life) if life else None
    return lifetime.held(containers, life, int(now + params["days"] * lifetime.DAY), int(now))


def describe(engine: Engine, component: str, release: str, inspect: dict[str, Any]) -> dict[str, Any]:
    """What swarm_info says of one container."""
    state, spec = inspect["State"], from_inspect(inspect)
    running = bool(state.get("Running"))
    return {
        "name": spec.name,
        "component": component,
        "release": release,
        "image": spec.image,
        **of_image(spec.image, engine.image(inspect["Image"]) or {"Id": inspect["Image"]}),
        "state": state["Status"],
        "ready": running and is_ready(engine, inspect, _signal(component, release)),
        "health": (state.get("Health") or {}).get("Status") or "",
        "ports": [str(port) for port in spec.ports],
        "networks": {name: network.get("IPAddress") or "" for name, network in (inspect["NetworkSettings"].get("Networks") or {}).items()},
        **of_runs(inspect),
        "uptime": round(time.time() - started_at(inspect)) if running else 0,
        "restarts": inspect.get("RestartCount", 0),
        "exit_code": None if running else state.get("ExitCode"),
        "identity": identity(component, inspect) if running else {},
    }


def of_image(reference: str, image: dict[str, Any]) -> dict[str, str]:
    """`image_id` and `digest` of a container's image.

    reference  as it was given to the container
    image      the engine's inspect of the image; of one that is no longer there, its Id alone
    """
    pulled = [known.partition("@") for known in image.get("RepoDigests") or ()]
    same = [digest for repository, _at, digest in pulled if reference.startswith((f"{repository}:", f"{repository}@"))]
    return {"image_id": image["Id"], "digest": (same or [digest for _repository, _at, digest in pulled] or [""])[0]}


def of_runs(inspect: dict[str, Any]) -> dict[str, int | None]:
    """`started_at`, of the last start, and `finished_at`, of the last end, in seconds since the epoch; None if it never was."""
    started = started_at(inspect) if inspect["State"].get("StartedAt") else 0
    return {name: round(moment) if moment > 0 else None for name, moment in (("started_at", started), ("finished_at", run_began(inspect)))}


def _signal(component: str, release: str) -> Ready | None:
    tables = RELEASES.get(release, RELEASES[NEWEST])
    return tables[component].ready if component in tables else None


def identity(component: str, inspect: dict[str, Any]) -> dict[str, Any]:
    """`read_certificate` of the certificate that a running container presents, or was given as a file; empty if it has none."""
    certificate = environment(inspect["Config"].get("Env")).get("SWARM_ID_CERT")
    if certificate and os.path.isfile(certificate):
        with open(certificate, "rb") as file:
            return read_certificate(file.read())
    for port in _TLS_PORTS.get(component, ()):
        der = _shown_certificate(*published_address(inspect, port))
        if der:
            return read_certificate(der)
    return {}


def _shown_certificate(host: str, port: int) -> bytes | None:
    """The certificate that a TLS server presents, in DER; None if there is none. It is read, not trusted."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with socket.create_connection((host, port), timeout=5) as plain, context.wrap_socket(plain) as secured:
            return secured.getpeercert(binary_form=True)
    except OSError:
        return None


def read_certificate(certificate: bytes) -> dict[str, Any]:
    """`spiffe_id` (empty without one) and `expires_at` (seconds since the epoch) of a certificate, PEM or DER, as bytes."""
    return {"spiffe_id": x509.spiffe_id(certificate), "expires_at": x509.expiry(certificate)}
