# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Podman as the engine, on the lab's host that has it: the ladder, what can be changed live, and the way back."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

import docker
import pytest
from ansible_collections.swarm.learning.plugins.module_utils._container.engine import Engine
from ansible_collections.swarm.learning.plugins.module_utils._releases import ON_PODMAN, RELEASES

from lab import hosts, playbook_runner, settings
from lab import world as lab
from tests.integration.test_ladder import climb
from tests.support.module_runner import IMAGE, SN_UP, Failed, Sandbox, run

ENGINE = f"unix://{settings.PODMAN_SOCKET}"
ENGINE_OPTIONS = {"docker_host": ENGINE, "tls": False, "validate_certs": False, "api_version": "auto", "timeout": 60}
CDI = "/etc/cdi/nvidia.json"


class PodmanWorld(Sandbox):
    """A test's containers on the host with Podman, whose modules run here: what they publish there is out of their reach."""

    def params(self, module, release="2.3.0", **others):
        """As for Docker, without the wait for ports; SWOP gets the socket's path on this machine."""
        here = {"docker_host": ENGINE}
        if module in ("apls", "sl"):
            here["wait"] = False
        if module == "swop":
            here["docker_socket_file"] = str(settings.PODMAN_SOCKET)
        return super().params(module, release, **here, **others)

    def containers(self):
        """As for Docker, the newest first: Podman keeps what others lean on."""
        return dict(sorted(super().containers().items(), key=lambda item: item[1].attrs["Created"], reverse=True))

    def change(self, component, **body):
        """What somebody changes by hand."""
        api = self.client.api
        api._raise_for_status(api._post_json(api._url("/containers/{0}/update", self.name(component)), data=body))

    def says(self, component, *words):
        """What a command in a container says."""
        # The SDK's own exec loses what a command says before the client listens.
        code, output, errors = Engine(ENGINE_OPTIONS).execute(self.name(component), words)
        assert code == 0, errors
        return output


@pytest.fixture(scope="session")
def podman_client(docker_client, stub_images):
    """A client of the Podman of the lab's host that has it, with the images of the stub."""
    with lab.locked():
        lab.podman()
    client = docker.DockerClient(base_url=ENGINE, version="1.41")
    there = {image.id for image in client.images.list()}
    for reference in stub_images:
        image = docker_client.images.get(reference)
        if image.id not in there:
            client.images.load(image.save(named=True))
    return client


@pytest.fixture
def world(podman_client):
    """A `PodmanWorld`; its files are where both machines see them."""
    directory = Path(tempfile.mkdtemp(prefix="swarm-test-", dir=settings.PODMAN_SHARED))
    made = PodmanWorld(podman_client, directory, directory.name)
    yield made
    made.clean()
    shutil.rmtree(directory)


@pytest.mark.parametrize("module", RELEASES["2.3.0"])
def test_ladder(world, module):
    params = world.params(module)
    made = climb(module, [True, True, False, False], **params)
    assert made["container"]["State"]["Running"]
    climb(module, [False] * 4, **params, state="present")
    edited = climb(module, [True, True, False, False], **{**params, "env": {"ADDED": "1"}})
    assert edited["container"]["Id"] != made["container"]["Id"]
    climb(module, [True, True, False, False], **{**params, "env": {"ADDED": "1"}, "state": "stopped"})
    absent = {key: params[key] for key in ("name", "ml", "docker_host") if key in params}
    climb(module, [True, True, False, False], state="absent", **absent)
    assert world.containers() == {}


@pytest.mark.parametrize(("module", "most"), [("apls", 3), ("spire_server", 3), ("sn", 3), ("swop", 3), ("swci", 3)])
def test_unchanged_run_needs_few_calls(world, monkeypatch, module, most):
    params = world.params(module)
    run(module, **params)
    asked, send = [], docker.APIClient.send
    monkeypatch.setattr(docker.APIClient, "send", lambda *given, **options: asked.append(given[1].path_url) or send(*given, **options))
    assert not run(module, **params)["changed"]
    assert len(asked) <= most, asked


@pytest.mark.parametrize("release", ON_PODMAN)
def test_the_oldest_and_the_newest_release_are_the_same(world, release):
    climb("sn", [True, True, False, False], **world.params("sn", release))


@pytest.mark.parametrize(("module", "release"), [("apls", "0.3.0"), ("sn", "0.3.0"), ("sn", "2.0.0"), ("swop", "2.0.0")])
def test_releases_before_podman_are_refused(world, module, release):
    params = {**world.params(module, release)}
    if (module, release) == ("swop", "2.0.0"):
        params.pop("docker_socket_file")
    for check in (True, False):
        with pytest.raises(Failed, match=f"release: '{release}' does not support Podman, .*supported in: 2.1.0, 2.2.0, 2.3.0"):
            run(module, check=check, **params)
    assert world.containers() == {}


def everything(world):
    """Options of an SN that ask for all that Podman's inspect tells in words of its own, or not at all."""
    network = world.network("net")
    return {
        "hostname": "named",
        "user": "0:0",
        "workdir": "/tmp/",
        "env": {"HOME": "/tmp", "TERM": "dumb", "HOSTNAME": "named", "OTHER": "1"},
        "labels": {"org.example": "x"},
        "publish": ["9999/udp", "127.0.0.1:18081:8081", "18082:8082"],
        "volumes": ["/anonymous", f"{world.prefix}-named:/named:ro", f"{world.directory}:/bound:ro"],
        "network": network,
        "network_aliases": ["also"],
        "tty": True,
        "memory": "64m",
        "cpus": "0.5",
        "shm_size": "32m",
        "ulimits": ["nofile=512:1024", "core=0"],
        "devices": ["/dev/null:/dev/other:r"],
        "restart_policy": "on-failure:3",
        "security_opts": ["no-new-privileges:true", "seccomp=unconfined", "apparmor=unconfined", "label=disable", "systempaths=unconfined"],
        "cap_add": ["NET_ADMIN", "CHOWN"],
        "cap_drop": ["MKNOD", "KILL"],
        "cgroupns": "private",
        "init": True,
        "extra_hosts": {"registry.example": "192.0.2.3", "the-host": "host-gateway"},
        "dns": ["192.0.2.53"],
        "log_driver": "json-file",
        "log_options": {"max-size": "10m"},
    }


def test_podmans_wording_is_no_drift_but_removed_options_are(world):
    options = everything(world)
    params = world.params("sn")
    climb("sn", [True, True, False, False], **params, **options)
    for option in options:
        fewer = {name: value for name, value in options.items() if name != option and (option, name) != ("network", "network_aliases")}
        seen = run("sn", check=True, **params, **fewer)
        assert seen["changed"], f"{option} was taken away, and nobody saw it"
        assert seen["diff"]["before"] != seen["diff"]["after"]
    climb("sn", [True, True, False, False], **params)


@pytest.mark.parametrize("network", ["podman", "bridge", "host", "none", "container"])
def test_networks(world, network):
    if network == "container":
        network = f"container:{world.make('other', command=['--say', 'x']).name}"
    climb("sn", [True, True, False, False], **world.params("sn", network=network, publish=[]))


def test_limits_and_policy_are_changed_in_the_running_container(world):
    params = world.params("sn", memory="64m", cpus="1", restart_policy="unless-stopped")
    made = run("sn", **params)
    for change in ({"memory": "96m"}, {"cpus": "0.5"}, {"restart_policy": "on-failure:2"}, {"memory": "64m", "restart_policy": "always"}):
        params |= change
        done = climb("sn", [True, True, False, False], **params)
        assert {action.split()[0] for action in done["actions"]} == {"update"}
        assert done["container"]["Id"] == made["container"]["Id"]
    host = world.inspect("sn")["HostConfig"]
    assert (host["Memory"], host["NanoCpus"], host["RestartPolicy"]["Name"]) == (64 << 20, 500_000_000, "always")


def test_limits_of_a_stopped_container_re_create_it(world):
    params = world.params("sn", memory="64m", restart_policy="unless-stopped")
    run("sn", **params)
    run("sn", **params, state="stopped")
    policy = climb("sn", [True, True, False, False], **{**params, "restart_policy": "no"}, state="stopped")
    assert [action.split()[0] for action in policy["actions"]] == ["update"]
    limits = climb("sn", [True, True, False, False], **{**params, "restart_policy": "no", "memory": "96m"}, state="stopped")
    assert [action.split()[0] for action in limits["actions"]] == ["set", "create", "remove"]


def test_changes_by_others_are_detected(world):
    params = world.params("sn", memory="64m")
    run("sn", **params)
    world.change("sn", Memory=128 << 20, MemorySwap=256 << 20, RestartPolicy={"Name": "always"})
    assert sorted(run("sn", check=True, **params)["diff"]["before"].splitlines()) == ["memory: 128m", "restart_policy: always"]
    climb("sn", [True, True, False, False], **params)
    world.client.api.pause(world.name("sn"))
    assert run("sn", **params)["actions"] == [f"unpause {world.name('sn')}"]


def test_container_that_others_created_is_taken_over_where_it_matches(world):
    params = world.params("sn")
    wanted = run("sn", **params)["container"]
    run("sn", state="absent", name=params["name"], docker_host=ENGINE)
    body = {"Image": IMAGE, "Hostname": params["name"], "OpenStdin": True, "Cmd": params["command"]}
    body["Env"] = [line for line in wanted["Config"]["Env"] if line.startswith(("SN_", "SWARM_", "THIS_"))]
    body["Labels"] = {"swarm-node-type": "sn"}
    body["HostConfig"] = {"Binds": [f"{world.prefix}-socket:/tmp/spire-agent"]}
    world.client.api.create_container_from_config(body, params["name"])
    seen = run("sn", check=True, **params)["diff"]
    assert seen["before"].splitlines() == ["mounts: /image-volume, " + f"{world.prefix}-socket:/tmp/spire-agent", "state: created"], seen


def test_old_container_comes_back_when_the_new_one_fails(world):
    params = world.params("sn", memory="64m")
    old = run("sn", **params)["container"]["Id"]
    with pytest.raises(Failed, match=r"ended with exit code 3 before it was ready[\s\S]*was restored to its previous state") as failed:
        run("sn", **{**params, "command": ["--say", "no", "--die", "0.3"]})
    assert failed.value.result["actions"][-1].startswith("start")
    assert world.id("sn") == old
    assert world.status("sn") == "running"
    assert list(world.containers()) == [params["name"]]
    assert not run("sn", **params)["changed"]
    world.make("other", ports={"80/tcp": 18080})
    with pytest.raises(Failed, match=rf"port 18080 is in use by container {world.prefix}-other[\s\S]*was restored to its previous state"):
        run("sn", **{**params, "publish": ["18080:80"]})
    assert (world.id("sn"), world.status("sn")) == (old, "running")


def test_sl_and_ml_are_treated_as_one(world):
    params = world.params("sl")
    run("sl", **params)
    world.says("sl", "touch", "/tmp/channel/request.channel")
    assert world.says("ml", "ls", "/tmp/channel") == "request.channel\n"
    ids = world.id("sl"), world.id("ml")
    for component, made in zip(("sl", "ml"), ids):
        assert world.says(component, "cat", "/tmp/container_info_file").splitlines()[0] == made
    mounted = {**params, "ml": {**params["ml"], "volumes": [f"{world.directory}:/data"], "network": f"container:{params['name']}"}}
    done = climb("sl", [True, True, False, False], **mounted)
    assert len(done["actions"]) == 10
    assert not {world.id("sl"), world.id("ml")}.intersection(ids)
    world.client.api.kill(world.name("ml"))
    again = climb("sl", [True, True, False, False], **mounted)
    assert again["actions"] == [f"start {world.name('ml')}"]
    gone = run("sl", state="absent", name=params["name"], ml={"name": params["ml"]["name"]}, docker_host=ENGINE)
    assert [action.split()[0] for action in gone["actions"]] == ["stop", "remove", "stop", "remove"]


def test_a_network_is_changed_in_the_running_container(world):
    params = world.params("sn")
    made = run("sn", **params)["container"]["Id"]
    joined = climb("sn", [True, True, False, False], **params, network=world.network("net"), network_aliases=["also"])
    back = climb("sn", [True, True, False, False], **params)
    assert {joined["container"]["Id"], back["container"]["Id"]} == {made}


FURTHER = {
    "domainname": "example.org",
    "dns_options": ["ndots:1"],
    "ipc_mode": "host",
    "tmpfs": ["/run:size=1m"],
    "sysctls": {"net.core.somaxconn": "512"},
    "pids_limit": 100,
    "memory": "64m",
    "memory_swap": "96m",
    "oom_score_adj": 500,
    "stop_signal": "SIGINT",
    "healthcheck": {"test": ["CMD", "true"], "interval": "30s", "retries": 2},
}


def test_further_options(world):
    climb("sn", [True, True, False, False], **world.params("sn"), **FURTHER)
    without = run("sn", check=True, **world.params("sn"))
    assert without["changed"] is True
    assert all(f"{option}" in without["diff"]["before"] for option in FURTHER), without["diff"]["before"]


def test_fixed_address(world):
    network = world.network("fixed", "198.51.100.0/24")
    params = {**world.params("sn"), "network": network, "ip": "198.51.100.77"}
    done = climb("sn", [True, True, False, False], **params)
    assert done["container"]["NetworkSettings"]["Networks"][network]["IPAddress"] == "198.51.100.77"


def tried(gpus):
    return run("swarm_gpus", nodes=[{"name": "ml-1", "gpus": gpus}], image=IMAGE, docker_host=ENGINE)


def test_gpus_are_asked_for_by_their_cdi_names(world, docker_client):
    host = docker_client.containers.get(settings.PODMAN.container)
    params = world.params("sl")
    params["ml"]["gpus"] = "all"
    with pytest.raises(Failed, match=r"unresolvable CDI devices nvidia.com/gpu=all.*nvidia-ctk cdi generate"):
        run("sl", **params)
    edits = {"containerEdits": {"deviceNodes": [{"path": "/dev/nvidia0", "hostPath": "/dev/null"}]}}
    spec = {"cdiVersion": "0.6.0", "kind": "nvidia.com/gpu", "devices": [{"name": name, **edits} for name in ("0", "all")]}
    host.exec_run(["mkdir", "-p", str(Path(CDI).parent)])
    try:
        assert host.exec_run(["sh", "-c", f"echo '{json.dumps(spec)}' >{CDI}"]).exit_code == 0
        run("sl", state="absent", name=params["name"], ml={"name": params["ml"]["name"]}, docker_host=ENGINE)
        climb("sl", [True, True, False, False], **params)
        assert world.says("ml", "ls", "/dev/nvidia0") == "/dev/nvidia0\n"
        for gpus in ("device=0", "nvidia.com/gpu=all"):
            params["ml"]["gpus"] = gpus
            climb("sl", [True, True, False, False], **params)
            assert tried(gpus)["changed"] is False
        with pytest.raises(Failed, match=r"ml-1: gpus device=7: the engine has no such GPU \(.*nvidia-ctk cdi list"):
            tried("device=7")
    finally:
        host.exec_run(["rm", "-f", CDI])


def test_info_and_stop(world, tmp_path):
    for module in ("sn", "sl"):
        run(module, **world.params(module))
    found = {c["name"]: c for c in run("swarm_info", docker_host=ENGINE)["containers"]}
    shown = {name: (found[world.name(name)]["component"], found[world.name(name)]["release"]) for name in ("sn", "sl", "ml")}
    assert shown == {"sn": ("sn", "2.3.0"), "sl": ("sl", "2.3.0"), "ml": ("ml", "2.3.0")}
    assert found[world.name("sn")]["ready"]
    done = run("swarm_stop", docker_host=ENGINE, log_dir=str(tmp_path), stop_timeout=1)
    assert world.containers() == {}
    assert [action.partition("-")[0] for action in done["actions"]] == [f"{what} swarm" for what in ("stop", "remove")] * 3
    assert SN_UP in (tmp_path / f"{world.name('sn')}.log").read_text()


def test_what_podmans_own_list_leaves_out(world):
    """All but the first of ports in a row, and where something is mounted, by which the programs are known that a SWOP starts."""
    run("sn", **world.params("sn"), publish=["31303:30303", "31304:30304"])
    wanted = {
        binding[0]["HostPort"] for binding in world.client.containers.get(world.name("sn")).attrs["HostConfig"]["PortBindings"].values()
    }
    engine = Engine(ENGINE_OPTIONS)
    [listed] = [one for one in engine.publishing() if one["Names"] == [f"/{world.name('sn')}"]]
    assert {str(port["PublicPort"]) for port in listed["Ports"]} == wanted
    assert len(wanted) > 1
    made = world.client.containers.create(IMAGE, name=world.name("ml"), mounts=[docker.types.Mount("/tmp/channel", None, type="volume")])
    assert made.id in engine.mounting("/tmp/channel")
    assert listed["Id"] not in engine.mounting("/tmp/channel")


def test_modules_on_the_host_itself(world, tmp_path):
    """As a playbook does it: through SSH, with the ports that the host publishes and the socket that Podman names."""
    tasks = []
    for module in ("apls", "sl", "swop", "spire_agent"):
        params = {**Sandbox.params(world, module), "docker_host": "unix:///run/podman/podman.sock"}
        for check in (True, False, False, True):
            tasks.append({"name": module, f"swarm.learning.{module}": params, "check_mode": check})
    play = [{"hosts": "all", "gather_facts": False, "tasks": tasks}]
    file, inventory, log = (tmp_path / name for name in ("play.yml", "hosts.yml", "log.jsonl"))
    file.write_text(json.dumps(play))
    ssh = f"-o UserKnownHostsFile={hosts.PODMAN_KNOWN_HOSTS} -o StrictHostKeyChecking=yes -o IdentitiesOnly=yes"
    reached = {"ansible_host": settings.PODMAN.ip, "ansible_user": "root", "ansible_ssh_private_key_file": str(hosts.KEY)}
    reached |= {"ansible_ssh_common_args": ssh, "ansible_python_interpreter": "/usr/bin/python3"}
    inventory.write_text(json.dumps({"all": {"hosts": {settings.PODMAN.name: reached}}}))
    ran = playbook_runner.run(str(file), ["-i", str(inventory)], lambda _kind, _run: None, log)
    assert not ran.failures, ran.failures
    events = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    results = [event["hosts"][settings.PODMAN.name] for event in events if event["_event"] == "v2_runner_on_ok"]
    assert [result["changed"] for result in results] == [True, True, False, False] * 4
    for result in (results[9], results[13]):  # SWOP's and the SPIRE Agent's
        assert any(bind.startswith("/run/podman/podman.sock:/var/run/docker.sock:") for bind in result["container"]["HostConfig"]["Binds"])
