# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How each check of `checks` looks at a host (private, pure).

A function of a check's name gets a Look and yields the words of each finding: what its sentences have in braces. What it needs and was
not seen raises Unseen, so that nobody takes silence for health.
"""

from __future__ import annotations

import ipaddress
import statistics
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...module_utils._container.requirements import LEAST_SDK, is_older
from ...module_utils._platform.containers import classify
from ...module_utils._preflight.parse import OUR_NAME
from ...module_utils._spire.config import seconds
from .. import _engines, _gpus
from . import reached
from .plan import Host, is_address, registry

GIB = 1024**3
TOLERANCE = 0.9  # what firmware and file systems keep of a machine's memory and disk
LEAST_AVAILABLE_GB, LEAST_DIRECTORY_GB, LEAST_TEMPORARY_GB, LEAST_INODES = 2, 1, 0.25, 0.05
MOST_CLOCK_SECONDS, MOST_LATENCY_SECONDS, MOST_SL_PER_SN = 10, 0.3, 4
LEAST_ENGINE = "20.10"
DEFAULT_MTU = 1500
_POOR_DRIVERS = ("vfs", "devicemapper", "aufs", "overlay")
_STATES = {
    "timeout": "no answer, as where a firewall drops packets",
    "unreachable": "no way there, or a firewall that says so",
    "refused": "the connection is refused",
    "unresolved": "its name is not resolved",
}
_REFUSALS = ("unauthorized", "denied", "authentication required", "no basic auth", "401", "403")
_ABSENT = ("not found", "manifest unknown", "no such image", "name unknown", "404")

Words = dict[str, Any]


class Unseen(Exception):
    """What a check looks at was not seen on the host."""


@dataclass(frozen=True)
class Look:
    """One host as a check sees it.

    name      the host's
    host      what the inventory says of it
    seen      what was measured on it; empty where it could not be examined
    site      every host's Host; links and what came of them: `reached`
    measured  every host's `seen`
    """

    name: str
    host: Host
    seen: Mapping[str, Any]
    problem: Mapping[str, str]
    site: Mapping[str, Host]
    measured: Mapping[str, Mapping[str, Any]]
    links: reached.Links

    def fact(self, *path: str) -> Any:
        """A measured fact by its path. Raises Unseen where it is not there."""
        value: Any = self.seen
        for step in path:
            if not isinstance(value, Mapping) or step not in value:
                raise Unseen(".".join(path))
            value = value[step]
        return value

    def has(self, *components: str) -> bool:
        return bool(set(components) & set(self.host.components))

    def setting(self, name: str) -> Any:
        return self.host.settings[name]

    @property
    def engine(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.fact("engine")
        return found


Finder = Callable[[Look], Iterator[Words]]


def size(number: float) -> str:
    """Bytes as people read them."""
    return f"{number / GIB:.1f} GiB" if number < 10 * GIB else f"{number / GIB:.0f} GiB"


def _short_text(text: str) -> str:
    """What a program says, in one line and without its full stop."""
    return " ".join(text.split()).removeprefix("Task failed: ").rstrip(".")


def _sentences(texts: list[str]) -> Iterator[Words]:
    """Cause and remedy of the sentences `cause: remedy` that other parts of the collection make."""
    for text in texts:
        cause, _colon, remedy = text.partition(": ")
        yield {"cause": cause[:1].upper() + cause[1:], "remedy": remedy[:1].upper() + remedy[1:]}


# --- the host ------------------------------------------------------------------------------------------------------------


def host_reachable(look: Look) -> Iterator[Words]:
    if look.problem.get("kind") == "unreachable":
        yield {"problem": _short_text(look.problem["text"])}


def host_examined(look: Look) -> Iterator[Words]:
    if look.problem.get("kind") == "failed":
        yield {"problem": _short_text(look.problem["text"])}


def privileges(look: Look) -> Iterator[Words]:
    if not look.fact("root"):
        yield {}


def cpu_architecture(look: Look) -> Iterator[Words]:
    if look.fact("cpu", "architecture") not in ("x86_64", "amd64"):
        yield {"architecture": look.fact("cpu", "architecture")}


def cpu_count(look: Look) -> Iterator[Words]:
    if look.fact("cpu", "count") < look.setting("least_cpus"):
        yield {"count": look.fact("cpu", "count"), "least": look.setting("least_cpus")}


def cpu_avx(look: Look) -> Iterator[Words]:
    if look.has("sl", "swop") and not look.fact("cpu", "avx"):
        yield {}


def memory_total(look: Look) -> Iterator[Words]:
    least = look.setting("least_memory_gb") * GIB
    if look.fact("memory", "total") < TOLERANCE * least:
        yield {"total": size(look.fact("memory", "total")), "least": size(least)}


def memory_available(look: Look) -> Iterator[Words]:
    if look.fact("memory", "available") < LEAST_AVAILABLE_GB * GIB:
        yield {"available": size(look.fact("memory", "available"))}


def clock_offset(look: Look) -> Iterator[Words]:
    ahead = look.fact("clock_ahead")
    others = [seen["clock_ahead"] for seen in look.measured.values() if "clock_ahead" in seen]
    offset = ahead - (statistics.median([0, *others]) if len(others) > 1 else 0)  # the controller counts as one
    if abs(offset) > MOST_CLOCK_SECONDS:
        yield {"seconds": round(abs(offset)), "direction": "ahead of" if offset > 0 else "behind"}


# --- disks ---------------------------------------------------------------------------------------------------------------


def engine_disk_free(look: Look) -> Iterator[Words]:
    yield from _short(look.fact("disks", "engine"), look.setting("least_free_gb"))


def _short(disk: Mapping[str, Any], least_gb: float) -> Iterator[Words]:
    if "free" not in disk:
        raise Unseen("disks")
    if disk["free"] < least_gb * GIB:
        yield {"path": disk["path"], "free": size(disk["free"]), "least": size(least_gb * GIB)}


def engine_disk_size(look: Look) -> Iterator[Words]:
    total, least = look.fact("disks", "engine", "total"), look.setting("least_disk_gb") * GIB
    if total < TOLERANCE * least:
        yield {"path": look.fact("disks", "engine", "path"), "total": size(total), "least": size(least)}


def directory_disk_free(look: Look) -> Iterator[Words]:
    yield from _short(look.fact("disks", "directory"), LEAST_DIRECTORY_GB)


def model_disk_free(look: Look) -> Iterator[Words]:
    for what, disk in look.fact("disks").items():
        if what.startswith("/"):
            yield from _short(disk, LEAST_DIRECTORY_GB)


def temporary_disk_free(look: Look) -> Iterator[Words]:
    yield from _short(look.fact("disks", "temporary"), LEAST_TEMPORARY_GB)


def disk_inodes(look: Look) -> Iterator[Words]:
    for disk in look.fact("disks").values():
        if disk.get("inodes", 1) < LEAST_INODES:
            yield {"path": disk["path"], "percent": round(100 * disk["inodes"], 1)}


def disk_read_only(look: Look) -> Iterator[Words]:
    for disk in look.fact("disks").values():
        if disk.get("read_only"):
            yield {"path": disk["path"]}


def directories(look: Look) -> Iterator[Words]:
    for path, problem in look.fact("directories").items():
        if problem:
            yield {"path": path, "problem": problem}


# --- the engine ----------------------------------------------------------------------------------------------------------


def docker_sdk(look: Look) -> Iterator[Words]:
    if not look.fact("sdk"):
        yield {"python": look.fact("python")}


def docker_sdk_version(look: Look) -> Iterator[Words]:
    if look.fact("sdk") and is_older(look.fact("sdk"), LEAST_SDK):
        yield {"version": look.fact("sdk"), "least": LEAST_SDK}


def engine_answers(look: Look) -> Iterator[Words]:
    if "engine_problem" in look.seen:
        cause, _semicolon, remedy = _short_text(look.seen["engine_problem"]).rpartition("; ")
        yield {"problem": cause or remedy}
    elif "engine" not in look.seen:
        raise Unseen("engine")


def engine_version(look: Look) -> Iterator[Words]:
    version = str(look.engine.get("ServerVersion") or "")
    if not _is_podman(look) and is_older(version, LEAST_ENGINE):
        yield {"version": version, "least": LEAST_ENGINE}


def _is_podman(look: Look) -> bool:
    return "BuildahVersion" in look.engine


def engine_socket(look: Look) -> Iterator[Words]:
    if look.has("swop", "spire_agent") and not _is_podman(look) and look.fact("socket") != "socket":
        yield {}


def engine_spire(look: Look) -> Iterator[Words]:
    yield from _sentences(_engines.review(look.engine, look.setting("spire_version"))["problems"])


def selinux(look: Look) -> Iterator[Words]:
    yield from _sentences(_engines.review(look.engine, "")["warnings"])


def engine_snap(look: Look) -> Iterator[Words]:
    root = str(look.engine.get("DockerRootDir") or "")
    if root.startswith("/var/snap/"):
        yield {"path": root}


def engine_rootless(look: Look) -> Iterator[Words]:
    if "name=rootless" in (look.engine.get("SecurityOptions") or ()):
        yield {}


def engine_ipv4(look: Look) -> Iterator[Words]:
    for network in look.fact("networks"):
        if network["name"] in ("bridge", look.host.model["network"]) and not any("." in subnet for subnet in network["subnets"]):
            yield {"network": network["name"]}


def storage_driver(look: Look) -> Iterator[Words]:
    if look.engine.get("Driver") in _POOR_DRIVERS:
        yield {"driver": look.engine["Driver"]}


def storage_d_type(look: Look) -> Iterator[Words]:
    if ["Supports d_type", "false"] in [list(row) for row in look.engine.get("DriverStatus") or ()]:
        yield {}


def cgroup_limits(look: Look) -> Iterator[Words]:
    names = {"MemoryLimit": "memory limits", "CpuCfsQuota": "CPU limits"}
    missing = [words for key, words in names.items() if look.engine.get(key) is False]
    if missing:
        yield {"limits": " and no ".join(missing)}


def gpu_engine(look: Look) -> Iterator[Words]:
    yield from _of_gpus(look, "problem")


def _of_gpus(look: Look, kind: str) -> Iterator[Words]:
    nodes = look.host.model["gpus"]
    text = _gpus.review(look.engine)[kind] if nodes else ""
    for words in _sentences([text] if text else []):
        yield {**words, "nodes": ", ".join(nodes)}


def gpu_cgroups(look: Look) -> Iterator[Words]:
    yield from _of_gpus(look, "warning")


def gpu_devices(look: Look) -> Iterator[Words]:
    if look.host.model["gpus"] and not look.fact("gpus"):
        yield {"nodes": ", ".join(look.host.model["gpus"])}


def same_engine(look: Look) -> Iterator[Words]:
    mine = look.engine.get("ID")
    for other, seen in look.measured.items():
        if other == look.name:
            return
        if mine and (seen.get("engine") or {}).get("ID") == mine:
            yield {"other": other}


# --- the network ---------------------------------------------------------------------------------------------------------


def own_address(look: Look) -> Iterator[Words]:
    address, known = look.host.model["address"], look.fact("addresses")
    if is_address(address) and address not in known:
        yield {"address": address, "addresses": ", ".join(one for one in known if not _is_loopback(one))}


def _is_loopback(address: str) -> bool:
    return is_address(address) and ipaddress.ip_address(address).is_loopback


def ip_forwarding(look: Look) -> Iterator[Words]:
    if not look.fact("ip_forward"):
        yield {}


def name_resolution(look: Look) -> Iterator[Words]:
    for name, found in look.fact("names").items():
        if found["problem"] and "IPv6" not in found["problem"] and name not in _idle_registries(look):
            yield {"name": name, "problem": found["problem"]}


def name_ipv4(look: Look) -> Iterator[Words]:
    for name, found in look.fact("names").items():
        if "IPv6" in found["problem"] and name not in _idle_registries(look):
            yield {"name": name}


def name_loopback(look: Look) -> Iterator[Words]:
    for name, found in look.fact("names").items():
        for address in found["addresses"]:
            if _is_loopback(address):
                yield {"name": name, "address": address}


def container_dns(look: Look) -> Iterator[Words]:
    servers = look.fact("nameservers")
    names = sorted({link.address for link in look.links.of(look.name) if link.from_container and not is_address(link.address)})
    if names and servers and all(map(_is_loopback, servers)) and not look.fact("resolved_conf"):
        yield {"servers": ", ".join(servers), "names": ", ".join(names)}


def network_overlap(look: Look) -> Iterator[Words]:
    others = {host.model["address"]: name for name, host in look.site.items() if name != look.name}
    outside = {link.address: link.service for link in look.links.of(look.name)}
    for network in look.fact("networks"):
        for address, who in {**outside, **others}.items():
            for subnet in network["subnets"]:
                if is_address(address) and ipaddress.ip_address(address) in ipaddress.ip_network(subnet, strict=False):
                    yield {"address": address, "who": who, "subnet": subnet, "network": network["name"]}


def network_mtu(look: Look) -> Iterator[Words]:
    set_by = {network["name"]: network["mtu"] for network in look.fact("networks")}
    network = look.host.model["network"]
    container = set_by.get(network) or (DEFAULT_MTU if network in set_by else set_by.get("bridge") or DEFAULT_MTU)
    if container > look.fact("mtu"):
        yield {"container": container, "host": look.fact("mtu"), "network": network}


def network_driver(look: Look) -> Iterator[Words]:
    for network in look.fact("networks"):
        if network["name"] == look.host.model["network"] and network["driver"] not in ("bridge", "host"):
            yield {"network": network["name"], "driver": network["driver"]}


def firewall_reload(look: Look) -> Iterator[Words]:
    if "firewalld" in look.fact("firewalls"):
        yield {}


def ufw_bypass(look: Look) -> Iterator[Words]:
    if "ufw" in look.fact("firewalls"):
        yield {}


def proxy_reachable(look: Look) -> Iterator[Words]:
    yield from _away(look, "proxy")


def _away(look: Look, service: str) -> Iterator[Words]:
    """What of a kind of service was tried from this host, and is not open."""
    for link in look.links.of(look.name):
        state = look.links.state(link)
        if link.service == service and state in ("timeout", "unreachable", "refused"):
            yield {"address": link.address, "port": link.port, "why": link.why, "state": _STATES[state]}


def engine_proxy(look: Look) -> Iterator[Words]:
    if look.host.model["proxy"].get("https_proxy") and not look.engine["Proxy"]:
        yield {}


def inventory_proxy(look: Look) -> Iterator[Words]:
    if look.engine["Proxy"] and not any(look.host.model["proxy"].get(name) for name in ("https_proxy", "http_proxy")):
        yield {}


# --- the registry --------------------------------------------------------------------------------------------------------


def registry_reachable(look: Look) -> Iterator[Words]:
    idle = _idle_registries(look)
    yield from (words for words in _away(look, "registry") if words["address"] not in idle)


def _idle_registries(look: Look) -> set[str]:
    """Addresses of registries that the host itself need not reach: its engine gets their images by a mirror or proxy, or has them already."""
    told, here = look.seen.get("registry") or {}, look.seen.get("images_here") or {}
    wanted = {image: here.get(image) or "digest" in (told.get(image) or {}) for image in look.host.model["images"]}
    return {registry(image)[0] for image in wanted} - {registry(image)[0] for image, is_got in wanted.items() if not is_got}


def _refused_images(look: Look, kind: str) -> dict[str, str]:
    """image → what the engine says, of those that the registry did not serve for a reason of that kind."""
    return {image: told["problem"] for image, told in look.fact("registry").items() if _kind(told.get("problem", "")) == kind}


def _kind(problem: str) -> str:
    """Why a registry did not serve an image: login, image, trust or answer; empty where it did."""
    text = problem.lower()
    if any(word in text for word in ("x509", "certificate")):
        return "trust"
    if any(word in text for word in _REFUSALS):
        return "login"
    if any(word in text for word in _ABSENT):
        return "image"
    return "answer" if text else ""


def registry_login(look: Look) -> Iterator[Words]:
    images = _refused_images(look, "login")
    if images:
        yield {"images": ", ".join(images)}


def _missing(look: Look, kind: str) -> dict[str, str]:
    """Those of them that the host does not have already."""
    return {image: problem for image, problem in _refused_images(look, kind).items() if not look.fact("images_here").get(image)}


def registry_image(look: Look) -> Iterator[Words]:
    for image in _missing(look, "image"):
        yield {"images": image, "variables": look.host.model["images"].get(image, "")}


def registry_trust(look: Look) -> Iterator[Words]:
    yield from ({"problem": problem} for problem in dict.fromkeys(_missing(look, "trust").values()))


def registry_answer(look: Look) -> Iterator[Words]:
    missing = _missing(look, "answer")
    for problem in dict.fromkeys(missing.values()):
        yield {"images": ", ".join(image for image, told in missing.items() if told == problem), "problem": problem}


def image_platform(look: Look) -> Iterator[Words]:
    for image, told in look.fact("registry").items():
        platforms = told.get("platforms") or ()
        if platforms and "linux/amd64" not in platforms:
            yield {"image": image, "platforms": ", ".join(platforms), "variables": look.host.model["images"].get(image, "")}


# --- the platform --------------------------------------------------------------------------------------------------------


def license_server(look: Look) -> Iterator[Words]:
    """Three different answers where the platform itself only has its error 6002."""
    for link in look.links.of(look.name):
        if link.service != "License Server":
            continue
        state, words = look.links.state(link), {"address": link.address, "port": link.port, "host": look.name}
        own = look.host.model["address"]
        if state == "refused" and not link.target:
            yield {
                **words,
                "problem": "nothing listens there",
                "remedy": "Start the License Server, or correct swarm_apls_ip and swarm_apls_port.",
            }
        elif state in ("timeout", "unreachable") and not link.target:
            remedy = f"Let {link.address} accept TCP port {link.port} from {look.name} ({own})."
            yield {**words, "problem": _STATES[state], "remedy": remedy}
        elif state == "open" and look.links.result(link).get("https") is False:
            remedy = "Look at what listens there: a License Server speaks HTTPS; correct swarm_apls_ip and swarm_apls_port."
            yield {**words, "problem": "what listens there does not speak HTTPS", "remedy": remedy}


def license_capacity(look: Look) -> Iterator[Words]:
    capacity = look.setting("license_capacity")
    needed = sum(len(host.model["sn_nodes"]) + len(host.model["sl_nodes"]) for host in look.site.values())
    needed += sum(len(numbers) for host in look.site.values() for numbers in host.model["pair_numbers"].values())
    first, *_others = look.site
    if look.name == first and 0 < capacity < needed:
        yield {"needed": needed, "capacity": capacity}


def sl_per_sn(look: Look) -> Iterator[Words]:
    for node in look.host.model["sn_nodes"]:
        mine = (node["host_ip"], node.get("sn_api_port"))
        count = 0
        for host in look.site.values():
            count += sum((one.get("sn_ip"), one.get("sn_api_port")) == mine for one in host.model["sl_nodes"])
            for swop in host.model["swop_nodes"]:
                if (swop.get("sn_ip"), swop.get("sn_api_port")) == mine:
                    count += len(host.model["pair_numbers"].get(swop["name"], ()))
        if count > MOST_SL_PER_SN:
            yield {"count": count, "sn": node["name"], "most": MOST_SL_PER_SN}


def identity_lifetime(look: Look) -> Iterator[Words]:
    ttl, days = look.host.model["x509_svid_ttl"], look.setting("training_days")
    if ttl and seconds("x509_svid_ttl", ttl) / 2 < days * 86400:
        yield {"ttl": ttl, "days": days}


def ports_free(look: Look) -> Iterator[Words]:
    published = look.seen.get("published") or {}
    for port, holder in look.fact("ports").items():
        container = published.get(port)
        if container and not container["ours"] and not classify(container["image"], {}, False)[0]:
            yield {"port": port, "holder": f"container {container['name']} ({container['image']})"}
        elif not container and holder and OUR_NAME not in holder and "docker-proxy" not in holder:
            yield {"port": port, "holder": holder}


def ports_allowed(look: Look) -> Iterator[Words]:
    refused = look.links.refused(look.name)
    if refused:
        yield {"ports": ", ".join(map(str, refused))}


def ports(look: Look) -> Iterator[Words]:
    """For each port of this host, who does not get there: it is this host's firewall, or one on the way, that has to open it."""
    firewalls = look.seen.get("firewalls") or ()
    for (address, port), blocked in look.links.blocked(look.name).items():
        sources = list(dict.fromkeys(link.source for link in blocked))
        yield {
            "address": address,
            "port": port,
            "target": look.name,
            "sources": ", ".join(f"{source} ({look.site[source].model['address']})" for source in sources),
            "services": ", ".join(dict.fromkeys(link.service for link in blocked)),
            "state": _STATES[look.links.state(blocked[0])],
            "how": _opening(firewalls, port),
        }


def _opening(firewalls: Any, port: int) -> str:
    commands = {
        "firewalld": f"firewall-cmd --permanent --add-port={port}/tcp && firewall-cmd --reload",
        "ufw": f"ufw allow {port}/tcp",
    }
    told = [command for name, command in commands.items() if name in firewalls]
    return f" (there: {'; '.join(told)})" if told else ""


def path_mtu(look: Look) -> Iterator[Words]:
    stalled = [link.target for link in look.links.of(look.name) if look.links.result(link).get("large") is False]
    for target in dict.fromkeys(stalled):
        yield {"source": look.name, "target": target}


def latency(look: Look) -> Iterator[Words]:
    slow: dict[str, float] = {}
    for link in look.links.of(look.name):
        took = look.links.result(link).get("seconds") or 0
        if link.target and took > MOST_LATENCY_SECONDS:
            slow[link.target] = min(took, slow.get(link.target, took))
    for target, took in slow.items():
        yield {"target": target, "milliseconds": round(1000 * took)}


_OTHER_CHECKS = ("registry", "proxy", "License Server")


def services_reachable(look: Look) -> Iterator[Words]:
    yield from _foreign(look, ("timeout", "unreachable"))


def _foreign(look: Look, states: tuple[str, ...]) -> Iterator[Words]:
    """Services on machines that are none of the inventory's."""
    for link in look.links.of(look.name):
        state = look.links.state(link)
        if not link.target and link.service not in _OTHER_CHECKS and state in states:
            own = look.host.model["address"]
            place = {"address": link.address, "port": link.port, "host": look.name, "own": own}
            yield {**place, "service": link.service, "why": link.why, "state": _STATES[state]}


def services_answer(look: Look) -> Iterator[Words]:
    yield from _foreign(look, ("refused",))
