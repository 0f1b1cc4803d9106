# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Prometheus of this machine, which scrapes the lab's hosts and evaluates the alerts."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import yaml

from lab import packages, settings
from tests.integration.site import lab_platform as world

RULES = world.ROOT / "roles/monitoring/files/swarm_learning.rules.yml"
PROGRAM = "/var/lib/swarm-learning/monitoring/swarm-metrics"
CONFIGURATION = PROGRAM.replace("swarm-metrics", "configuration.json")
METRICS = "/var/lib/node_exporter/swarm_learning.prom"
MONITORED = {
    "swarm_monitoring": True,
    "monitoring_timer": False,
    "swarm_monitoring_address": "{{ ansible_host }}",
}
PATIENCE = 120  # seconds for an alert, on a busy machine
# Alerts of a training in progress: the rules' times → those of the test.
OF_TRAINING = {
    "SwarmTrainingPeersMissing": {},
    "SwarmTrainingSilent": {"> 1800": "> 5"},
    "SwarmTrainingStalled": {"[1h]": "[5s]", "> 3600": "> 5"},
}


class Prometheus:
    """A Prometheus of this machine that scrapes the hosts each second, and evaluates some alerts without waiting for what may pass.

    alerts  name → what its expression says → what it says here
    """

    def __init__(self, place, alerts):
        place.mkdir()
        rules = yaml.safe_load(RULES.read_text(encoding="utf-8"))
        for group in rules["groups"]:
            group["rules"] = [rule for rule in group["rules"] if rule["alert"] in alerts]
            for rule in group["rules"]:
                rule.pop("for", None)
                for said, here in alerts[rule["alert"]].items():
                    assert said in rule["expr"]
                    rule["expr"] = rule["expr"].replace(said, here)
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

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.process.terminate()
        self.process.wait()
        self._log.close()


def gather(*hosts):
    """What the timer does on hosts."""
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda host: host.run(PROGRAM, CONFIGURATION), hosts))


@contextmanager
def gathering(*hosts):
    """The same, again and again."""
    over = threading.Event()

    def loop(host):
        while not over.wait(1):
            gather(host)

    with ThreadPoolExecutor() as pool:
        running = [pool.submit(loop, host) for host in hosts]
        try:
            yield
        finally:
            over.set()
            for one in running:
                one.result()


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
