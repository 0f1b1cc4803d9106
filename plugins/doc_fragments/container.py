# SPDX-FileCopyrightText: The swarm.learning authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of the options in `_arguments` that several modules share."""

    DOCUMENTATION = r"""
options:
  name:
    description: Name of the container.
    type: str
    required: true
  state:
    description:
      - V(started) ensures that the container exists as described, runs, and has given its ready signal.
      - V(stopped) ensures that the container exists as described and does not run.
      - V(present) ensures that the container exists as described, whether it runs or not.
      - V(absent) ensures that the container does not exist. Only O(name) is needed then.
    type: str
    choices: [started, stopped, present, absent]
    default: started
  release:
    description:
      - Release of Swarm Learning. It determines the image and what each option does.
      - Podman as the engine needs V(2.1.0) or later.
    type: str
    choices: ["0.3.0", "2.0.0", "2.1.0", "2.2.0", "2.3.0"]
    default: "2.3.0"
  image:
    description: Full image reference. Takes precedence over O(image_registry) and O(release).
    type: str
  image_registry:
    description: Registry and organisation in front of the image's name, for example those of a mirror. Defaults to the vendor's.
    type: str
  pull:
    description:
      - V(missing) pulls the image if it is not present on the host, V(always) each time, V(never) not at all.
      - Nothing is stopped before the image is present on the host.
      - Podman cannot query a registry without pulling. Check mode then assumes that an image on the host is the one that would be pulled.
    type: str
    choices: [missing, always, never]
    default: missing
  command:
    description: Arguments for the container's entry point. Arguments that the component's options add come after them.
    type: list
    elements: str
  auto_remove:
    description: Whether the engine removes the container when it ends. The default depends on the release.
    type: bool
  wait:
    description: Whether to wait until the component has given its ready signal. The task fails at once if the container ends.
    type: bool
    default: true
  wait_timeout:
    description: Longest time to wait, in seconds. Defaults to 600 for SN and 120 for other components.
    type: int
  stop_timeout:
    description: Seconds that a container may take to stop before it is killed.
    type: int
    default: 10
  recreate:
    description: Whether to re-create the container even if nothing differs.
    type: bool
    default: false
  hold:
    description:
      - Whether to leave a container that is running as it is, instead of stopping, restarting or re-creating it. RV(ignore:held) then says
        what was left undone. A container that is missing or stopped is created and started as usual.
    type: bool
    default: false
  restart_after:
    description:
      - Directory on the host. A container that was started before a file in this directory was written is restarted.
      - The roles use this to make nodes load new trust bundles. A directory that does not exist causes no restart.
    type: path
  entrypoint:
    description: Entry point to use instead of the image's own.
    type: list
    elements: str
  user:
    description: User inside the container, as C(name-or-uid[:group-or-gid]).
    type: str
  workdir:
    description: Working directory inside the container, an absolute path.
    type: str
  env:
    description:
      - Environment variables. Values are strings.
      - They take precedence over those that the component's own options set.
      - Values of variables whose names contain TOKEN, PASSWORD, SECRET and the like are masked in the module's output. Set C(no_log) on a
        task with secrets all the same.
    type: dict
  labels:
    description: Labels on the container. Values are strings.
    type: dict
  publish:
    description: Published ports, each as C([IP:][HOST-PORT:]CONTAINER-PORT[/PROTOCOL]).
    type: list
    elements: str
  volumes:
    description:
      - Mounts, each as C(SOURCE:TARGET[:OPTIONS]).
      - A source with a slash is a path on the host and must exist. A source without a slash is a named volume.
    type: list
    elements: str
  network:
    description: Network of the container. Defaults to the engine's default bridge.
    type: str
  network_aliases:
    description: Additional names of the container on its O(network).
    type: list
    elements: str
  hostname:
    description: Host name inside the container. Defaults to the container's name.
    type: str
  tty:
    description: Whether to allocate a pseudo-terminal. The default depends on the release.
    type: bool
  interactive:
    description: Whether to keep STDIN open. The default depends on the release and is V(true) in 2.x.
    type: bool
  memory:
    description: Memory limit, such as V(512m).
    type: str
  memory_reservation:
    description: Soft memory limit, enforced when the host runs short of memory, such as V(256m).
    type: str
  cpus:
    description: Number of CPUs, such as V(1.5).
    type: str
  cpuset_cpus:
    description: CPUs that the container may use, such as V(0-3,8).
    type: str
  shm_size:
    description: Size of C(/dev/shm), such as V(1g).
    type: str
  ulimits:
    description: Resource limits, each as C(NAME=SOFT[:HARD]).
    type: list
    elements: str
  gpus:
    description: GPUs of the container. V(all), a number of GPUs, C(device=0,1), or CDI names such as V(nvidia.com/gpu=0).
    type: str
  devices:
    description: Devices of the host, each as C(HOST[:CONTAINER[:PERMISSIONS]]).
    type: list
    elements: str
  restart_policy:
    description: When the engine restarts the container. V(no), V(always), V(unless-stopped) or C(on-failure[:N]).
    type: str
  security_opts:
    description: Security options, such as V(no-new-privileges).
    type: list
    elements: str
  cap_add:
    description: Linux capabilities to add.
    type: list
    elements: str
  cap_drop:
    description: Linux capabilities to drop.
    type: list
    elements: str
  group_add:
    description: Additional groups of the container's user, by name or ID, such as V(video).
    type: list
    elements: str
  privileged:
    description: Whether the container has all capabilities and devices of the host.
    type: bool
  read_only:
    description: Whether the container's root file system is read-only.
    type: bool
  pid_mode:
    description: PID namespace, such as V(host).
    type: str
  cgroupns:
    description: Cgroup namespace. Defaults to the engine's default.
    type: str
    choices: [host, private]
  init:
    description: Whether an init process runs in the container and reaps its children.
    type: bool
  extra_hosts:
    description: Additional lines of C(/etc/hosts), a mapping of host names to addresses. Separate several addresses of one name by commas.
    type: dict
  dns:
    description: Addresses of DNS servers.
    type: list
    elements: str
  dns_search:
    description: Domains in which the container looks up names without a dot.
    type: list
    elements: str
  log_driver:
    description: Log driver. Defaults to the engine's default.
    type: str
  log_options:
    description: Options of the log driver. Values are strings.
    type: dict
  ip:
    description: IPv4 address of the container on its O(network), which must have a subnet of your own.
    type: str
  ip6:
    description: IPv6 address of the container on its O(network).
    type: str
  domainname:
    description: Domain name inside the container.
    type: str
  dns_options:
    description: Options of C(/etc/resolv.conf), such as V(ndots:1).
    type: list
    elements: str
  ipc_mode:
    description: IPC namespace. V(host), V(none), V(private), V(shareable) or C(container:NAME). Defaults to the engine's default.
    type: str
  uts_mode:
    description: V(host) gives the container the host's name.
    type: str
    choices: [host]
  userns_mode:
    description: V(host) excludes the container from the engine's user namespaces.
    type: str
    choices: [host]
  tmpfs:
    description: File systems in memory, each as C(PATH[:OPTIONS]), such as C(/run:size=64m).
    type: list
    elements: str
  sysctls:
    description: Kernel parameters of the container's namespaces. Values are strings.
    type: dict
  pids_limit:
    description: Number of processes that the container may have. V(-1) sets no limit. Defaults to the engine's default.
    type: int
  memory_swap:
    description: Memory and swap together, such as V(2g). V(-1) sets no limit on swap. Defaults to twice O(memory).
    type: str
  memory_swappiness:
    description: Tendency of the kernel to swap the container's memory out, from 0 to 100.
    type: int
  oom_kill_disable:
    description: Whether the kernel spares the container when the host runs out of memory.
    type: bool
  oom_score_adj:
    description: Order in which the kernel ends containers when the host runs out of memory, from -1000 (last) to 1000 (first).
    type: int
  cpu_shares:
    description: Weight of the container where CPUs are scarce. The engine's default is 1024.
    type: int
  cpu_period:
    description: Period of the CPU scheduler in microseconds. Use O(cpus), unless you need O(cpu_quota).
    type: int
  cpu_quota:
    description: Microseconds of CPU time in each O(cpu_period).
    type: int
  cpuset_mems:
    description: Memory nodes (NUMA) that the container may use, such as V(0-1).
    type: str
  blkio_weight:
    description: Weight of the container's block input and output, from 10 to 1000.
    type: int
  cgroup_parent:
    description: Cgroup below which the container's own is made.
    type: str
  device_cgroup_rules:
    description: Rules for devices, each as C(TYPE MAJOR:MINOR PERMISSIONS), such as C(c 195:* rmw).
    type: list
    elements: str
  storage_options:
    description: Options of the storage driver, such as C(size). Values are strings.
    type: dict
  runtime:
    description: Runtime of the container, one that the engine knows, such as V(nvidia).
    type: str
  stop_signal:
    description: Signal that stops the container, such as V(SIGINT). Defaults to the image's.
    type: str
  healthcheck:
    description: Health check of the container. Defaults to the image's.
    type: dict
    suboptions:
      test:
        description: Command, as C([CMD, …]) or C([CMD-SHELL, …]). C([NONE]) switches the image's check off.
        type: list
        elements: str
        required: true
      interval:
        description: Time between checks, such as V(30s).
        type: str
      timeout:
        description: Longest time that a check may take.
        type: str
      start_period:
        description: Time in which failures do not count.
        type: str
      retries:
        description: Failures in a row after which the container is unhealthy.
        type: int
attributes:
  check_mode:
    support: full
    description: Reports exactly what would be done, and changes nothing.
  diff_mode:
    support: full
    description: Shows each option that differs, one per line.
  idempotent:
    support: full
    description: Compares the existing container, whoever created it, with the described one.
"""
