#!/usr/bin/python
# SPDX-FileCopyrightText: The swarm.learning authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sl
short_description: Manage a Swarm Learning (SL) node
version_added: "1.0.0"
author:
  - The swarm.learning authors (@swarm-learning)
description:
  - Deploys a Swarm Learning (SL) node and waits until it runs. In releases 2.x the user's ML container beside it is part of it.
extends_documentation_fragment:
  - swarm.learning.container
  - swarm.learning.engine
  - swarm.learning.license_server
  - swarm.learning.identity
  - swarm.learning.spire_agent
  - swarm.learning.sn_of_node
  - swarm.learning.attributes.sdk
options:
  host_ip:
    description: Address by which the other nodes reach this host. Required. In 2.x, not required if O(sl_fs_service) is set.
    type: str
  sl_fs_port:
    description: Port of the file server. Defaults to 30305.
    type: int
  sl_fs_service:
    description:
      - Service of the file server, as C(FQDN[:PORT]). Not in release 0.3.0.
      - From release 2.1.0 on, PORT, or 30305 without it, is published on the host. If O(sl_fs_port) is set as well, a service without PORT publishes none.
    type: str
  sl_platform:
    description: ML platform, V(TF) or V(PYT) (case-insensitive). Defaults to V(TF). Release 0.3.0 only.
    type: str
  gpu:
    description: GPUs of the ML program, V(all) or their indexes such as V(0,1). Release 0.3.0 only. In 2.x, see O(ml.gpus).
    type: str
  data_dir:
    description: Directory with the data, mounted read-only. Release 0.3.0 only.
    type: path
  model_dir:
    description: Directory with the ML program, to which the model is also written. Release 0.3.0 only.
    type: path
  model_program:
    description: The ML program, as a path in O(model_dir), or a file on the host without O(model_dir). Release 0.3.0 only.
    type: str
  ml_cmd:
    description: Command of the ML program, instead of O(model_program). Release 0.3.0 only.
    type: str
  ml:
    description:
      - The user's ML container beside the SL container. Not in release 0.3.0.
      - The ML container gets the volumes of the SL container, starts after it and is stopped before it.
    type: dict
    suboptions:
      image:
        description: Full image reference. Required unless O(state=absent).
        type: str
      name:
        description: Name of the ML container. Defaults to the name of the SL container with C(-ml) as a suffix.
        type: str
      command:
        description: Command, as a list, or as one string that is split as in a shell.
        type: raw
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
        description: Additional names of the container on its O(ml.network).
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
      auto_remove:
        description: Whether the engine removes the container when it ends.
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
        description: Additional lines of C(/etc/hosts), a mapping of host names to addresses.
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
        description: IPv4 address of the container on its O(ml.network), which must have a subnet of your own.
        type: str
      ip6:
        description: IPv6 address of the container on its O(ml.network).
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
        description: Memory and swap together, such as V(2g). V(-1) sets no limit on swap. Defaults to twice O(ml.memory).
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
        description: Period of the CPU scheduler in microseconds. Use O(ml.cpus), unless you need O(ml.cpu_quota).
        type: int
      cpu_quota:
        description: Microseconds of CPU time in each O(ml.cpu_period).
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
seealso:
  - module: swarm.learning.sn
  - module: swarm.learning.swop
  - module: swarm.learning.swarm_training
"""

EXAMPLES = r"""
- name: Deploy an SL node with its ML container
  swarm.learning.sl:
    name: sl-1
    host_ip: 172.1.1.1
    sn_ip: 172.1.1.1
    sl_fs_port: 16000
    apls_ip: 172.1.1.1
    socket_path: spire-agent-socket:api.sock
    env:
      swarm_node_type: sl
    ml:
      name: ml-1
      image: user-env-tf2.7.0-swop
      command: python3 model/cifar10.py
      workdir: /tmp/test
      volumes:
        - /srv/cifar10/model:/tmp/test/model
      env:
        MODEL_DIR: model
        MAX_EPOCHS: "2"
        MIN_PEERS: "2"
"""

RETURN = r"""
changed:
  description: Whether anything was changed, or would be in check mode.
  returned: always
  type: bool
actions:
  description: Actions that were taken, or would be in check mode, in order.
  returned: always
  type: list
  elements: str
  sample: ["create sl-1", "start sl-1"]
held:
  description: Actions that were left undone because O(hold) is V(true) and a container is running.
  returned: always
  type: list
  elements: str
ansible_facts:
  description: The same as RV(held), by the name C(swarm_held_COMPONENT_NAME), for a report at the end of a play.
  returned: if something was left undone
  type: dict
container:
  description: Output of the engine's inspect for the container, with secrets masked. Empty if the container does not exist.
  returned: always
  type: dict
  sample: {"Name": "/sl-1"}
identity:
  description:
    - Identity that the SPIRE Agent inside the node keeps, with its key, in a mounted directory of the host.
    - Empty if the agent keeps none, or one that has expired.
  returned: in release 0.3.0
  type: dict
  sample: {"spiffe_id": "spiffe://swarm.learning/spire/agent/join_token/…", "expires_at": 1795312800}
distrusts_server:
  description: Whether, according to the log of a node that has ended, its agent no longer trusts the SPIRE Server.
  returned: in release 0.3.0
  type: bool
refused_token:
  description: SHA-256 of a node's join token if, according to the log of the ended node, the SPIRE Server refused it. Otherwise empty.
  returned: in release 0.3.0
  type: str
needs_join_token:
  description:
    - Whether, according to the log of a node that has ended or keeps restarting, its agent cannot be attested as it is.
    - Such a node is re-created with a new join token.
  returned: in release 0.3.0
  type: bool
training:
  description:
    - V(none) if the node was never started, V(running) while the node or its ML program runs.
    - V(finished) if both have ended as a finished training does, otherwise V(failed).
  returned: when O(state) is V(started) or V(present)
  type: str
  sample: running
"""

from typing import TYPE_CHECKING, Any

from ..module_utils._component.converge import run
from ..module_utils._component.specifications import SPECIFICATIONS
from ..module_utils._container.quiet_module import QuietModule
from ..module_utils._platform.training import node_outcome
from ..module_utils._spire.agent import node_facts

if TYPE_CHECKING:
    from ..module_utils._container.engine import Engine
    from ..module_utils._container.host import Host


def _facts(engine: Engine, host: Host, params: dict[str, Any], inspect: dict[str, Any] | None) -> dict[str, Any]:
    """Whether the node has trained, and what its SPIRE Agent keeps."""
    if params["state"] not in ("started", "present"):
        return {}
    return {"training": node_outcome(engine, params, inspect), **node_facts(engine, host, params, inspect)}


def main() -> None:
    """Run the module."""
    run(QuietModule(SPECIFICATIONS["sl"], supports_check_mode=True), "sl", _facts)


if __name__ == "__main__":
    main()
