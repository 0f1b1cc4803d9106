# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of a preflight, as data: what each is called, what it means when it fails, and what to do then (private).

How each looks at a host is in the `find_` files, by the same names. docs/preflight.md is made of this table.
"""

from __future__ import annotations

from dataclasses import dataclass

ERROR, WARNING, NOTE = "error", "warning", "note"
SEVERITIES = (ERROR, WARNING, NOTE)  # the worst first


@dataclass(frozen=True)
class Check:
    """One check.

    name      by which it is skipped
    area      what it is about
    severity  error: the platform will not work; warning: it may not, or not well; note: good to know
    cause     a sentence with {words} that the finding fills in
    remedy    a sentence likewise, an instruction
    """

    name: str
    area: str
    severity: str
    cause: str
    remedy: str


_HOST = (
    ("host_reachable", ERROR, "Ansible cannot reach the host: {problem}.", "Start the host, or correct its ansible_host and login."),
    (
        "host_examined",
        ERROR,
        "The host could not be examined: {problem}.",
        "Install Python 3.9 or newer, and name it in ansible_python_interpreter.",
    ),
    (
        "privileges",
        NOTE,
        "The check ran without root, so it cannot see which programs use ports, or what the engine's network hides.",
        "Run it with --become.",
    ),
    (
        "cpu_architecture",
        ERROR,
        "The processor is {architecture}; the platform's images are for x86-64 only.",
        "Use a host with an x86-64 processor.",
    ),
    (
        "cpu_count",
        WARNING,
        "The host has {count} processor(s), fewer than {least}.",
        "Give it more processors, or lower preflight_least_cpus.",
    ),
    (
        "cpu_avx",
        WARNING,
        "The processor has no AVX. Without it, the usual TensorFlow packages crash with an illegal instruction.",
        "Give the virtual machine the host's processor model, or build the ML image with a TensorFlow that does not need AVX.",
    ),
    (
        "memory_total",
        WARNING,
        "The host has {total} of memory; {least} is recommended.",
        "Give it more memory, or lower preflight_least_memory_gb if your training needs less.",
    ),
    (
        "memory_available",
        WARNING,
        "Only {available} of memory is available.",
        "Stop other programs that use memory on this host, or give it more memory.",
    ),
    (
        "clock_offset",
        ERROR,
        "The clock is about {seconds} s {direction} the others; certificates and the SN's ledger depend on clocks that agree.",
        "Synchronise it with NTP: install and start chrony or systemd-timesyncd.",
    ),
)
_DISKS = (
    (
        "engine_disk_free",
        ERROR,
        "{path}, where the engine keeps images, volumes and the ledger, has {free} left, less than {least}.",
        "Free space (docker system prune), or move the engine's data-root to a larger disk.",
    ),
    (
        "engine_disk_size",
        WARNING,
        "The disk of {path} has {total}; {least} is recommended.",
        "Move the engine's data-root to a larger disk, or lower preflight_least_disk_gb if your training needs less.",
    ),
    (
        "directory_disk_free",
        ERROR,
        "{path}, where the platform keeps its files (swarm_dir), has {free} left.",
        "Free space there, or choose another swarm_dir.",
    ),
    (
        "model_disk_free",
        WARNING,
        "{path}, which the training uses, has {free} left, less than {least}.",
        "Free space there, or choose another directory in swarm_training.",
    ),
    ("temporary_disk_free", WARNING, "{path} has {free} left; Ansible and the engine need some.", "Free space in {path}."),
    (
        "disk_inodes",
        ERROR,
        "Only {percent} % of the inodes of {path} are free. Soon no more files can be created, however much space is left.",
        "Remove small files there, such as old image layers, or re-create the file system with more inodes.",
    ),
    (
        "disk_read_only",
        ERROR,
        "{path} is on a file system that is mounted read-only.",
        "Mount it writable. If the kernel has made it read-only, check the disk first.",
    ),
    (
        "directories",
        ERROR,
        "{path} cannot be used: {problem}.",
        "Create it and let the container's user read it, or set swarm_training.model_source, so that it is copied to the host.",
    ),
)
_ENGINE = (
    (
        "docker_sdk",
        ERROR,
        "Ansible's Python on the host ({python}) has no Docker SDK.",
        "Install docker>=7.1 there (Debian 13: python3-docker), or set ansible_python_interpreter to a Python that has it.",
    ),
    (
        "docker_sdk_version",
        ERROR,
        "The Docker SDK for Python is {version}, older than {least}.",
        "Install docker>={least} for that Python, or set ansible_python_interpreter to a Python that has it.",
    ),
    (
        "engine_answers",
        ERROR,
        "The engine does not answer: {problem}.",
        "Start it (systemctl start docker), and check its log (journalctl -u docker).",
    ),
    (
        "engine_version",
        ERROR,
        "Docker Engine {version} is older than {least}; newer programs fail in its containers (pthread_create).",
        "Upgrade the engine.",
    ),
    (
        "engine_socket",
        ERROR,
        "There is no socket at /var/run/docker.sock, which the SWOP and the SPIRE Agent mount.",
        'Let the engine listen there ("hosts" in /etc/docker/daemon.json), or set docker_socket_file of the SWOP.',
    ),
    ("engine_spire", ERROR, "{cause}.", "{remedy}."),
    (
        "engine_snap",
        ERROR,
        "Docker is a snap ({path}): it cannot mount most of the host's directories.",
        "Remove the snap (snap remove docker) and install Docker's own packages.",
    ),
    (
        "engine_rootless",
        WARNING,
        "The engine is rootless: the SPIRE Agent cannot see other users' processes, and ports below 1024 cannot be published.",
        "Use an engine that runs as root for the platform.",
    ),
    (
        "engine_ipv4",
        ERROR,
        "The engine's network {network} has no IPv4 subnet; the platform speaks IPv4 only.",
        'Give it one ("bip" in /etc/docker/daemon.json), or remove the network, so that it is created again.',
    ),
    (
        "storage_driver",
        WARNING,
        "The engine's storage driver is {driver}, which is slow, or no longer maintained.",
        'Use overlay2 ("storage-driver" in /etc/docker/daemon.json); images and containers must then be created again.',
    ),
    (
        "storage_d_type",
        ERROR,
        "The engine's file system has no d_type, so files in images get lost.",
        "Put the engine's data-root on ext4, or on xfs created with ftype=1.",
    ),
    (
        "cgroup_limits",
        WARNING,
        "The kernel does not support {limits}, so options such as memory and cpus have no effect.",
        "Enable the cgroup controllers (kernel parameters cgroup_enable=memory swapaccount=1, or cgroup v2).",
    ),
    ("selinux", WARNING, "{cause}.", "{remedy}."),
    ("engine_cgroups", WARNING, "{cause}.", "{remedy}."),
    (
        "engine_restart",
        WARNING,
        "After a reboot nothing starts Podman's containers: podman-restart.service is not enabled.",
        "Enable it, and the socket (systemctl enable podman-restart.service podman.socket).",
    ),
    ("gpu_engine", ERROR, "{nodes}: {cause}.", "{remedy}."),
    (
        "gpu_devices",
        ERROR,
        "{nodes} ask(s) for GPUs, but the host has no NVIDIA device (/dev/nvidia0).",
        "Install NVIDIA's driver and load it (nvidia-smi must list the GPUs), or remove the GPUs from the inventory.",
    ),
    (
        "gpu_numbers",
        ERROR,
        "{node} asks for gpus {gpus}, but the host has no GPU {absent}, only {there}.",
        "Ask for numbers that nvidia-smi -L lists on the host.",
    ),
    (
        "gpu_amd",
        ERROR,
        "{nodes} ask(s) for AMD's GPUs, but the host has no {missing}.",
        "Install AMD's driver there (amdgpu-dkms), or remove the GPUs from the inventory.",
    ),
    ("gpu_cgroups", WARNING, "{nodes}: {cause}.", "{remedy}."),
    (
        "same_engine",
        WARNING,
        "This host's engine has the same ID as that of {other}: both are the same machine, or one was cloned from the other.",
        "Remove one of them from the inventory. On a clone, remove /var/lib/docker/engine-id and restart the engine.",
    ),
)
_NETWORK = (
    (
        "own_address",
        WARNING,
        "{address}, at which other hosts reach this host, is not on any of its interfaces ({addresses}).",
        "Set swarm_host_ip to the right address. If the host is behind NAT, forward its ports and ignore this.",
    ),
    (
        "ip_forwarding",
        ERROR,
        "The kernel does not forward IPv4 packets, so containers cannot reach other hosts.",
        "Set net.ipv4.ip_forward=1 in /etc/sysctl.d, and restart the engine.",
    ),
    (
        "name_resolution",
        ERROR,
        "The host cannot resolve {name}: {problem}.",
        "Add it to your DNS or to /etc/hosts, or correct it in the inventory.",
    ),
    (
        "name_ipv4",
        ERROR,
        "{name} has no IPv4 address; the platform speaks IPv4 only.",
        "Add an A record for it, or write an IPv4 address into the inventory.",
    ),
    (
        "name_loopback",
        ERROR,
        "{name} resolves to {address}. In a container, that is the container itself.",
        "Make it resolve to the host's address: check /etc/hosts.",
    ),
    (
        "container_dns",
        WARNING,
        "The host's only name server is {servers}, which containers cannot use, but they must resolve {names}.",
        'Name your DNS servers in "dns" of /etc/docker/daemon.json, or write addresses into the inventory.',
    ),
    (
        "network_overlap",
        ERROR,
        "{address} ({who}) is in the subnet {subnet} of the engine's network {network}, so containers look for it on this host.",
        'Give the engine other subnets ("default-address-pools" and "bip" in /etc/docker/daemon.json), and create the network again.',
    ),
    (
        "network_mtu",
        WARNING,
        "Containers send packets of {container} bytes, but the host's outgoing interface takes only {host}, so connections may stall.",
        'Set "mtu": {host} in /etc/docker/daemon.json, and create the network {network} again with the option com.docker.network.driver.mtu.',
    ),
    (
        "network_driver",
        WARNING,
        "The network {network} has the driver {driver}, on which published ports do not work as the platform needs.",
        "Remove it, so that the collection creates a bridge network, or choose another swarm_network.",
    ),
    (
        "firewall_reload",
        NOTE,
        "The host uses firewalld, and older versions lose the engine's rules when they are reloaded.",
        "After firewall-cmd --reload, restart the engine.",
    ),
    (
        "ufw_bypass",
        NOTE,
        "The host uses ufw, but published ports of the engine bypass it: a port that ufw blocks here may be open for a container.",
        "Open the ports in ufw nevertheless, and restrict them in the chain DOCKER-USER.",
    ),
    (
        "proxy_reachable",
        ERROR,
        "The proxy {address}:{port} ({why}) does not answer: {state}.",
        "Correct it in the inventory, or make the proxy accept this host.",
    ),
    (
        "engine_proxy",
        WARNING,
        "The inventory has a proxy, but the engine has none, so it pulls images without a proxy.",
        'Set "proxies" in /etc/docker/daemon.json, or HTTPS_PROXY of the engine\'s systemd unit, and restart the engine.',
    ),
    (
        "inventory_proxy",
        NOTE,
        "The engine pulls images through a proxy, but the inventory has none for the containers.",
        "If the containers need a proxy for downloads, set swarm_https_proxy and swarm_http_proxy.",
    ),
)
_REGISTRY = (
    (
        "registry_reachable",
        ERROR,
        "The registry {address}:{port} does not answer: {state}.",
        "Allow this host to connect to {address}, TCP port {port}. Behind a proxy, set swarm_https_proxy.",
    ),
    (
        "registry_login",
        ERROR,
        "The registry refuses the login for {images}.",
        "Check swarm_registry_username and swarm_registry_password, and that this account may pull these images.",
    ),
    (
        "registry_image",
        ERROR,
        "The registry does not have {images}.",
        "Check {variables}. If you use your own mirror, copy the image to it.",
    ),
    (
        "registry_trust",
        ERROR,
        "The engine does not trust the registry's certificate: {problem}.",
        "Put the registry's CA into /etc/docker/certs.d/REGISTRY/ca.crt on this host.",
    ),
    (
        "registry_answer",
        ERROR,
        "The engine could not ask for {images}: {problem}.",
        "Check that the engine can reach the registry, through its proxy if it has one.",
    ),
    (
        "image_platform",
        ERROR,
        "{image} is only for {platforms}, not for linux/amd64.",
        "Push an image for linux/amd64, or choose another reference ({variables}).",
    ),
)
_PLATFORM = (
    (
        "license_server",
        ERROR,
        "The License Server {address}:{port} does not answer {host}: {problem}.",
        "{remedy}",
    ),
    (
        "license_capacity",
        ERROR,
        "The inventory has {needed} SN and SL nodes, but the licences are for {capacity} (preflight_license_capacity).",
        "Install more licences, or use fewer nodes. A node that was lost keeps its licence for 30 minutes.",
    ),
    (
        "sl_per_sn",
        WARNING,
        "{count} SL nodes use {sn}; more than {most} overload an SN (CHECKIN NOT ALLOWED).",
        "Add an SN node, or move SL nodes to a host with another one.",
    ),
    (
        "identity_lifetime",
        WARNING,
        "Half of a certificate's {ttl} may be over when a node gets it, but the training takes {days} days (swarm_training_days).",
        "Raise spire_server_x509_svid_ttl to more than twice the length of the training, or leave it out.",
    ),
    (
        "ports_free",
        ERROR,
        "Port {port} is in use by {holder}, which does not belong to the platform.",
        "Stop it, or choose another port for the platform.",
    ),
    (
        "ports_allowed",
        NOTE,
        "Ports {ports} could not be tried from outside, because this user may not listen on them.",
        "Run the check with --become.",
    ),
    (
        "ports",
        ERROR,
        "{sources} cannot connect to {address}, TCP port {port} ({services}): {state}.",
        "Open TCP port {port} on {target} ({address}) for {sources}{how}; ask whoever runs the firewalls between them as well.",
    ),
    (
        "path_mtu",
        ERROR,
        "Connections between {source} and {target} can be opened, but large packets are lost.",
        'Lower the MTU of both engines ("mtu" in /etc/docker/daemon.json) to that of the VPN between them, or let ICMP pass (fragmentation needed).',
    ),
    (
        "latency",
        WARNING,
        "Connecting to {target} takes {milliseconds} ms, so training rounds become slow.",
        "Find a shorter route between the two hosts, such as a VPN without a detour.",
    ),
    (
        "services_reachable",
        ERROR,
        "{service} at {address}:{port} ({why}) cannot be reached: {state}.",
        "Ask whoever runs {address} to open TCP port {port} for {host} ({own}), and check your own firewall.",
    ),
    (
        "services_answer",
        WARNING,
        "Nothing listens at {address}:{port} yet ({service}: {why}), but the way there is open.",
        "Start it before you deploy, or correct its address in the inventory.",
    ),
)
CHECKS: dict[str, Check] = {
    row[0]: Check(row[0], area, *row[1:])
    for area, rows in (
        ("Host", _HOST),
        ("Disks", _DISKS),
        ("Engine", _ENGINE),
        ("Network", _NETWORK),
        ("Registry", _REGISTRY),
        ("Platform", _PLATFORM),
    )
    for row in rows
}
