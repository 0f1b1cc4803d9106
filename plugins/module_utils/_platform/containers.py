# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole platform on one host: finds, describes and stops its containers (private to the collection).

Containers are found by the collection's labels and, when the platform's own scripts started them, by their image.
"""

from __future__ import annotations

import itertools
import os
import re
import socket
import ssl
import time
from collections.abc import Callable
from concurrent import futures
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from .._container.engine import Engine, EngineError
from .._container.masking import mask
from .._container.readiness import is_ready, published_address, started_at
from .._container.ready_signal import Ready
from .._container.requirements import check_sdk
from .._container.spec import OWN_LABEL, environment, from_inspect, secrets_of
from .._releases import NEWEST, RELEASES
from .._spire import lifetime, x509
from .._spire.config import seconds

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


def platform_of(image: str) -> str:
    """The ML platform, `tf` or `pyt`, of a 0.3.0 SL image; empty for others."""
    match = re.search(r"/sl-(tf|pyt):", image)
    return match[1] if match else ""


def selected(params: dict[str, Any]) -> set[str]:
    """The components that swarm_stop's flags choose; all but the License Server where no flag is given (RunningSL.md)."""
    flags = {flag for flag in (*STOP_ORDER, "sl_tf", "sl_pyt") if params.get(flag)}
    if params.get("all"):
        return set(STOP_ORDER)
    return flags or set(STOP_ORDER) - {"apls"}


def is_selected(component: str, image: str, chosen: set[str]) -> bool:
    """Whether a container of that component and image is among the chosen."""
    return component in chosen or (component == "sl" and f"sl_{platform_of(image)}" in chosen)


def members(engine: Engine) -> list[tuple[str, str, dict[str, Any]]]:
    """The platform's containers on this host: a list of (component, release, the engine's summary)."""
    with_channel = {c["Id"] for c in engine.containers({"volume": [_CHANNEL]})}
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


# --- swarm_stop ---------------------------------------------------------------------------------------------------------


def stop(engine: Engine, params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """swarm_stop: stop, and unless `keep` remove, the chosen components of this host, their logs kept first when asked."""
    chosen = selected(params)
    mine = [
        (component, summary)
        for component, _release, summary in members(engine)
        if is_selected(component, summary["Image"], chosen)
        and component in (params["components"] or STOP_ORDER)
        and is_within(summary, params["network"], params["directory"])
        and not (is_record(component, summary) and not is_named(component, params))
    ]
    mine.sort(key=lambda m: (STOP_ORDER.index(m[0]), m[1]["Names"]))
    done: dict[str, list[Any]] = {"actions": [], "logs": [], "components": [], "removed": []}
    for component, group in itertools.groupby(mine, key=lambda m: m[0]):
        if _stop_together(engine, params, check_mode, [summary for _component, summary in group], done):
            done["components"].append(component)
    return {"changed": bool(done["actions"]), **done}


def _stop_together(
    engine: Engine, params: dict[str, Any], check_mode: bool, group: list[dict[str, Any]], done: dict[str, list[Any]]
) -> bool:
    """Stop containers of one component at the same time, as they do not depend on each other; whether there was something to do."""
    running = [summary for summary in group if summary["State"] in ("running", "paused", "restarting")]
    logged = [] if not params["log_dir"] else running if params["keep"] else group
    removed = [] if params["keep"] else group
    done["logs"] += [_log_path(params, summary) for summary in logged]
    done["actions"] += [f"stop {name_of(summary)}" for summary in running] + [f"remove {name_of(summary)}" for summary in removed]
    done["removed"] += [{"kind": "container", "name": name_of(summary)} for summary in removed]
    if not check_mode:
        _stop_and_remove(engine, params, running, logged, removed)
    return bool(running or removed)


def _stop_and_remove(
    engine: Engine,
    params: dict[str, Any],
    running: list[dict[str, Any]],
    logged: list[dict[str, Any]],
    removed: list[dict[str, Any]],
) -> None:
    for summary in logged:  # now, because a container that runs with --rm is removed when it has stopped
        _keep_log(engine, summary, params)
    with futures.ThreadPoolExecutor(max_workers=8) as pool:
        list(pool.map(lambda summary: engine.stop(summary["Id"], params["stop_timeout"]), running))
    for summary in running if logged else ():  # and again, for the lines that it wrote at its end
        _keep_log(engine, summary, params)
    for summary in removed:
        engine.remove(summary["Id"])


def name_of(summary: dict[str, Any]) -> str:
    """The container's name."""
    name: str = summary["Names"][0]
    return name.lstrip("/")


def is_record(component: str, summary: dict[str, Any]) -> bool:
    """Whether a container of the collection has finished its work. It is the record of that: without it, the next `site` would repeat the work."""
    ours = f"{OWN_LABEL}component" in (summary.get("Labels") or {})
    return ours and component in ("swci", "sl", "ml") and summary["Status"].startswith("Exited (0)")


def is_named(component: str, params: dict[str, Any]) -> bool:
    """Whether a flag names exactly this component, rather than everything."""
    named: bool = params[component] or (component == "sl" and (params["sl_tf"] or params["sl_pyt"]))
    return named


def is_within(summary: dict[str, Any], network: str | None, directory: str | None) -> bool:
    """Whether a container is in the network or mounts something from the directory; always true if neither is given."""
    networks = (summary.get("NetworkSettings") or {}).get("Networks") or {}
    inside = bool(directory and any(is_below(path, directory) for path in sources(summary)))
    return not (network or directory) or network in networks or inside


def sources(summary: dict[str, Any]) -> list[str]:
    """The paths of the host that a container mounts."""
    return [mount["Source"] for mount in summary.get("Mounts") or () if mount.get("Source")]


def is_below(path: str, directory: str) -> bool:
    """Whether the path is the directory or something in it."""
    return f"{os.path.normpath(path)}/".startswith(f"{os.path.normpath(directory)}/")


def _log_path(params: dict[str, Any], summary: dict[str, Any]) -> str:
    return os.path.join(params["log_dir"], f"{name_of(summary)}.log")


def _keep_log(engine: Engine, summary: dict[str, Any], params: dict[str, Any]) -> None:
    inspect = engine.inspect(summary["Id"])
    if not inspect:
        return
    os.makedirs(params["log_dir"], mode=0o700, exist_ok=True)
    text = mask(engine.log_tail(summary["Id"], "all"), secrets_of(inspect))
    with open(os.open(_log_path(params, summary), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text + "\n")


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
        "state": state["Status"],
        "ready": running and is_ready(engine, inspect, _signal(component, release)),
        "ports": [str(port) for port in spec.ports],
        "uptime": round(time.time() - started_at(inspect)) if running else 0,
        "restarts": inspect.get("RestartCount", 0),
        "exit_code": None if running else state.get("ExitCode"),
        "identity": identity(component, inspect) if running else {},
    }


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
