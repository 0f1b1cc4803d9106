# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Prometheus scrapes a platform that is monitored, and alerts fire because what they are about has happened.

The alerts of FIRED are fired here by their causes. `tests/integration/alerts.yml` has the others, and these again, with series made up.
"""

from __future__ import annotations

import json
import socket
import subprocess
import time
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pytest
import yaml

from lab import packages, settings
from tests.integration.site import lab_platform as world

ONE, TWO = world.HOSTS
RULES = world.ROOT / "roles/monitoring/files/swarm_learning.rules.yml"
PROGRAM = "/var/lib/swarm-learning/monitoring/swarm-metrics"
METRICS = "/var/lib/node_exporter/swarm_learning.prom"
SMALL = "/tmp/small"
IMAGE = "registry.lab:5000/hpe/swarm-learning/swop:2.3.0"
MONITORED = {
    "swarm_monitoring": True,
    "monitoring_timer": False,
    "swarm_monitoring_address": "{{ ansible_host }}",
    "monitoring_directories": [SMALL],
}
PATIENCE = 30  # seconds for an alert
AT_ONCE = {
    "SwarmContainerDown",
    "SwarmContainerNotReady",
    "SwarmContainerRestarting",
    "SwarmContainerUnhealthy",
    "SwarmDiskFilling",
    "SwarmDiskFull",
    "SwarmIdentityExpired",
    "SwarmIdentityExpiring",
    "SwarmLicenseServerDown",
    "SwarmMetricsIncomplete",
    "SwarmSpireServerDown",
    "SwarmSpireTelemetryDown",
    "SwarmTrainingFailed",
    "SwarmTrainingScriptFailed",
}
FIRED = AT_ONCE | {"SwarmEngineDown"}


class Prometheus:
    """A Prometheus of this machine that scrapes the hosts each second, and evaluates the rules without waiting for what may pass."""

    def __init__(self, place):
        rules = yaml.safe_load(RULES.read_text(encoding="utf-8"))
        for rule in (rule for group in rules["groups"] for rule in group["rules"]):
            rule.pop("for", None)
        (place / "rules.yml").write_text(yaml.safe_dump(rules), encoding="utf-8")
        addresses = [settings.host_ip(number) for number in (1, 2)]
        jobs = {"node": [9100], "swarm-spire": [9988, 9989]}
        config = {
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
            "rule_files": ["rules.yml"],
            "scrape_configs": [
                {"job_name": job, "static_configs": [{"targets": [f"{ip}:{port}" for ip in addresses for port in ports]}]}
                for job, ports in jobs.items()
            ],
        }
        (place / "prometheus.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._address = f"127.0.0.1:{free.getsockname()[1]}"
        command = [packages.ensure("prometheus"), f"--config.file={place}/prometheus.yml", f"--storage.tsdb.path={place}/data"]
        self._log = (place / "log").open("w")
        self.process = subprocess.Popen([*command, f"--web.listen-address={self._address}"], stdout=self._log, stderr=subprocess.STDOUT)

    def ask(self, what):
        """The `data` of an answer of the API."""
        with urllib.request.urlopen(f"http://{self._address}/api/v1/{what}", timeout=5) as answer:
            return json.load(answer)["data"]

    def firing(self):
        return {one["labels"]["alertname"] for one in self.ask("alerts")["alerts"] if one["state"] == "firing"}

    def until(self, is_so, what):
        """Wait until is_so(firing alerts)."""
        end, found = time.monotonic() + PATIENCE, set()
        while time.monotonic() < end:
            try:
                found = self.firing()
            except OSError:
                assert self.process.poll() is None, "Prometheus has ended"
            else:
                if is_so(found):
                    return
            time.sleep(0.3)
        pytest.fail(f"{what}, but firing: {sorted(found)}")

    def end(self):
        self.process.terminate()
        self.process.wait()
        self._log.close()


def dashboard_expressions():
    """What the panels of the dashboards ask for, of all hosts."""
    for path in RULES.parent.glob("*.json"):
        for panel in json.loads(path.read_text(encoding="utf-8"))["panels"]:
            yield from (target["expr"].replace("$instance", ".*") for target in panel["targets"])


def gather(*hosts):
    """What the timer does on hosts."""
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda host: host.run(PROGRAM, PROGRAM.replace("swarm-metrics", "configuration.json")), hosts))


@contextmanager
def node_exporter(host):
    """The node exporter of Debian's package on a host."""
    subprocess.run(["docker", "cp", packages.ensure("prometheus-node-exporter"), f"{host.container}:/tmp/node-exporter"], check=True)
    options = ("--collector.disable-defaults", "--collector.textfile", f"--collector.textfile.directory={METRICS.rpartition('/')[0]}")
    host.run("sh", "-c", 'setsid "$@" >/tmp/node-exporter.log 2>&1 & echo $! >/tmp/node-exporter.pid', "sh", "/tmp/node-exporter", *options)
    try:
        yield
    finally:
        host.run("sh", "-c", "kill $(cat /tmp/node-exporter.pid); rm /tmp/node-exporter*")


@contextmanager
def undone(host, do, undo):
    """A command on a host, and afterwards the one that undoes it."""
    host.run("sh", "-c", do)
    try:
        yield
    finally:
        host.run("sh", "-c", undo)


def container(name, component, *options, program="import signal; signal.sigwait([signal.SIGTERM])", verb="run --detach"):
    """Commands that run or create a container of the platform's kind, and remove it."""
    label = f"--label learning.swarm.component={component} --label learning.swarm.release=2.3.0"
    return (
        f'docker {verb} --name {name} {label} {" ".join(options)} --entrypoint python3 {IMAGE} -c "{program}"',
        f"docker rm --force {name}",
    )


def certificate(path, ends):
    """Commands that make a certificate which ends at a time, as openssl takes it, and remove it."""
    subject = "-subj /CN=node -newkey rsa:2048 -nodes -keyout /dev/null"
    return f"openssl req -x509 {subject} -not_before 20260101000000Z -not_after {ends} -out {path}", f"rm {path}"


@pytest.mark.usefixtures("platform")
def test_alerts_fire_by_their_causes(tmp_path, log):
    monitored = ("-i", str(world.LAB), *world.extra(tmp_path, MONITORED))
    changes = world.worked(world.play(log, *monitored)).changes()
    assert {host for host, task in changes if task == "Write the program that writes the host's metrics"} == {"host-1", "host-2"}
    assert world.worked(world.play(log, *monitored)).changes() == []

    with ExitStack() as stack:
        for host in world.HOSTS:
            stack.enter_context(node_exporter(host))
        soon = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + 86400))
        stack.enter_context(undone(TWO, f"mkdir {SMALL}", f"rmdir {SMALL}"))
        gather(ONE, TWO)
        prometheus = Prometheus(tmp_path)
        stack.callback(prometheus.end)
        prometheus.until(lambda firing: len(prometheus.ask("query?query=swarm_site_info")["result"]) == len(world.HOSTS), "metrics of all")
        prometheus.until(lambda firing: not firing, "nothing has happened")
        for expression in dashboard_expressions():
            prometheus.ask(f"query?{urllib.parse.urlencode({'query': expression})}")

        with ExitStack() as causes:
            causes.enter_context(undone(TWO, *container("again", "swop", "--restart always", program="raise SystemExit(1)", verb="create")))
            gather(TWO)
            scraped = "query?query=swarm_container_restarts_total{name='again'}"
            prometheus.until(lambda firing: prometheus.ask(scraped)["result"], "metrics of the container that starts again and again")
            for host, do, undo in (
                (TWO, "docker start again", "docker stop again"),
                (ONE, "docker pause apls", "docker unpause apls"),
                (ONE, "docker pause spire-server", "docker unpause spire-server"),
                (TWO, "docker kill swop-2", "docker start swop-2"),
                (TWO, f"mount -t tmpfs -o size=64k tmpfs {SMALL} && head -c 64k /dev/zero >{SMALL}/full", f"umount {SMALL}"),
                (TWO, *container("sick", "swci", "--health-cmd false --health-interval 1s --health-retries 1")),
                (TWO, *container("script", "swci", program="raise SystemExit(3)")),
                (TWO, *container("program", "ml", program="raise SystemExit(1)")),
                (TWO, *certificate("/tmp/soon.pem", soon)),
                (TWO, *certificate("/tmp/ended.pem", "20260102000000Z")),
                (TWO, *container("ending", "sn", "--env SWARM_ID_CERT=/tmp/soon.pem")),
                (TWO, *container("ended", "sn", "--env SWARM_ID_CERT=/tmp/ended.pem")),
            ):
                causes.enter_context(undone(host, do, undo))
            gather(ONE, TWO)
            prometheus.until(lambda firing: firing >= AT_ONCE, f"expected {sorted(AT_ONCE)}")
            assert prometheus.firing() == AT_ONCE

        with undone(TWO, "mv /run/docker.sock /run/docker.away", "mv /run/docker.away /run/docker.sock"):
            gather(TWO)
            prometheus.until(lambda firing: "SwarmEngineDown" in firing, "the engine does not answer")
        gather(ONE, TWO)
        prometheus.until(lambda firing: firing <= {"SwarmContainerRestarting"}, "nothing is left")

    # The next run of site takes SPIRE's metrics back too.
    world.worked(world.play(log, "-i", str(world.LAB), "--tags", "monitoring"))
    assert [host.run("sh", "-c", f"ls {PROGRAM} {METRICS} 2>/dev/null || true") for host in world.HOSTS] == ["", ""]
