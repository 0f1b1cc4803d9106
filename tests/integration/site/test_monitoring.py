# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Prometheus scrapes a platform that is monitored, and alerts fire because what they are about has happened.

Every alert is fired here by its cause. `tests/integration/alerts.yml` has them again, with series made up and with the times that the rules have.
"""

from __future__ import annotations

import json
import re
import time
import urllib.parse
from contextlib import ExitStack, contextmanager

import pytest
import yaml

from lab import settings
from tests.integration.site import lab_platform as world
from tests.integration.site.alerting import (
    CONFIGURATION,
    METRICS,
    MONITORED,
    OF_TRAINING,
    PROGRAM,
    RULES,
    Prometheus,
    gather,
    gathering,
    node_exporter,
    undone,
)

ONE, TWO = world.HOSTS
SMALL = "/tmp/small"
IMAGE = "registry.lab:5000/hpe/swarm-learning/swop:2.3.0"
WANTED = {**MONITORED, "monitoring_directories": [SMALL]}
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
# What wants more than a moment: the rules' times → those of this test. Those of a training are fired in `test_in_progress`.
LATER = {
    "SwarmAgentExpired": {},
    "SwarmAuthorityExpiring": {},
    "SwarmBundleExpiring": {},
    "SwarmBundleOutdated": {},
    "SwarmLicensesShort": {},
    "SwarmMetricsMissing": {"offset 1h": "offset 5s"},
    "SwarmMetricsStale": {"> 300": "> 5"},
    "SwarmReleasesDiffer": {},
    "SwarmTokenUnused": {},
}
SPIRE = f"{settings.REGISTRY}/spiffe"
SERVER = "/opt/spire/bin/spire-server"
SHORT = "short.example"  # a trust domain whose CA and identities end soon
SHORT_SERVER = f"""
server {{
  trust_domain = "{SHORT}"
  bind_port = 18081
  data_dir = "/tmp/data"
  ca_ttl = "24h"
  agent_ttl = "6s"
  default_x509_svid_ttl = "1h"
}}
plugins {{
  DataStore "sql" {{ plugin_data {{ database_type = "sqlite3" connection_string = "/tmp/datastore.sqlite3" }} }}
  KeyManager "memory" {{ plugin_data {{}} }}
  NodeAttestor "join_token" {{ plugin_data {{}} }}
}}
"""
SHORT_AGENT = f"""
agent {{
  trust_domain = "{SHORT}"
  server_address = "127.0.0.1"
  server_port = 18081
  insecure_bootstrap = true
  data_dir = "/tmp/data"
}}
plugins {{
  KeyManager "memory" {{ plugin_data {{}} }}
  NodeAttestor "join_token" {{ plugin_data {{}} }}
  WorkloadAttestor "unix" {{ plugin_data {{}} }}
}}
"""


def dashboard_expressions():
    """What the panels of the dashboards ask for, of all hosts."""
    for path in RULES.parent.glob("*.json"):
        for panel in json.loads(path.read_text(encoding="utf-8"))["panels"]:
            yield from (target["expr"].replace("$instance", ".*") for target in panel["targets"])


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


def configured(host, **changes):
    """What the site says of a host in the configuration of its metrics, changed: what another inventory would say of it."""
    configuration = json.loads(host.run("cat", CONFIGURATION))
    text = json.dumps({**configuration, "site": {**configuration["site"], **changes}})
    host.run("sh", "-c", 'printf %s "$1" > "$2"', "sh", text, CONFIGURATION)


def spire(*words):
    """What the SPIRE Server whose CA ends soon answers."""
    return TWO.run("docker", "exec", "short", SERVER, *words)


@contextmanager
def short_lived_spire():
    """A SPIRE Server beside host-2's, whose CA ends within a day, and an agent that has ended without renewing its identity."""
    run = "docker run --detach --user 0 --volume /tmp/short-{0}.conf:/short.conf:ro --name {1} {2} " + SPIRE
    run += f"/spire-{{0}}:{settings.SPIRE_VERSION} -config /short.conf"
    for name, text in (("server", SHORT_SERVER), ("agent", SHORT_AGENT)):
        TWO.run("sh", "-c", 'printf %s "$1" > "$2"', "sh", text, f"/tmp/short-{name}.conf")
    try:
        TWO.run("sh", "-c", f"{run.format('server', 'short', '')} && until docker exec short {SERVER} healthcheck; do sleep 0.2; done")
        token = json.loads(spire("token", "generate", "-output", "json"))["value"]
        attested = f"until docker exec short {SERVER} agent list | grep -q {token}; do sleep 0.2; done"
        TWO.run("sh", "-c", f"{run.format('agent', 'short-agent', '--network container:short')} -joinToken {token} && {attested}")
        TWO.run("docker", "kill", "short-agent")
        yield
    finally:
        TWO.run("docker", "rm", "--force", "short", "short-agent")
        TWO.run("rm", "/tmp/short-server.conf", "/tmp/short-agent.conf")


@contextmanager
def trusted(bundle):
    """host-1's SPIRE Server trusts that other one."""
    server = f"docker exec --interactive spire-server {SERVER} bundle"
    ONE.run("sh", "-c", f'printf %s "$1" | {server} set -id spiffe://{SHORT}', "sh", bundle)
    try:
        yield
    finally:
        ONE.run("sh", "-c", f"{server} delete -id spiffe://{SHORT}")


@contextmanager
def unused_token(tmp_path, log):
    """A join token of host-1's SPIRE Server that no agent takes."""
    token_dir = json.loads(ONE.run("cat", CONFIGURATION))["site"]["token_dir"]
    options = {"name": "spire-server", "spiffe_id": "spiffe://org1.swarm.learning/nobody", "token_dir": token_dir}
    book = tmp_path / "token.json"
    book.write_text(json.dumps([{"hosts": "host-1", "gather_facts": False, "tasks": [{"swarm.learning.spire_token": options}]}]))
    there = set(ONE.run("sh", "-c", f"ls {token_dir} || true").split())
    world.worked(world.play(log, "-i", str(world.LAB), book=str(book)))
    [made] = set(ONE.run("ls", token_dir).split()) - there
    try:
        yield
    finally:
        ONE.run("rm", f"{token_dir}/{made}")


def test_every_alert_is_fired():
    rules = yaml.safe_load(RULES.read_text(encoding="utf-8"))
    assert {rule["alert"] for group in rules["groups"] for rule in group["rules"]} == {*AT_ONCE, "SwarmEngineDown", *LATER, *OF_TRAINING}


@pytest.mark.usefixtures("platform")
def test_alerts_fire_by_their_causes(tmp_path, log):
    monitored = ("-i", str(world.LAB), *world.extra(tmp_path, WANTED))
    changes = world.worked(world.play(log, *monitored)).changes()
    assert {host for host, task in changes if task == "Write the program that writes the host's metrics"} == {"host-1", "host-2"}
    assert world.worked(world.play(log, *monitored)).changes() == []

    with ExitStack() as stack:
        for host in world.HOSTS:
            stack.enter_context(node_exporter(host))
        soon = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + 86400))
        stack.enter_context(undone(TWO, f"mkdir {SMALL}", f"rmdir {SMALL}"))
        gather(ONE, TWO)
        prometheus = stack.enter_context(Prometheus(tmp_path / "prometheus", {name: {} for name in (*AT_ONCE, "SwarmEngineDown")}))
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


@pytest.mark.usefixtures("platform")
def test_alerts_of_what_ends_by_itself_fire_by_their_causes(tmp_path, log):
    """On the platform that the test before has left monitored."""
    with ExitStack() as stack:
        for host in world.HOSTS:
            stack.enter_context(node_exporter(host))
        prometheus = stack.enter_context(Prometheus(tmp_path / "prometheus", LATER))
        with ExitStack() as causes:
            causes.enter_context(gathering(ONE, TWO))
            prometheus.until(
                lambda firing: len(prometheus.ask("query?query=swarm_spire_up")["result"]) == len(world.HOSTS), "metrics of all"
            )
            prometheus.until(lambda firing: not firing, "nothing has happened")

            causes.enter_context(unused_token(tmp_path, log))
            causes.enter_context(short_lived_spire())
            causes.enter_context(trusted(spire("bundle", "show")))
            for host in world.HOSTS:  # each in an inventory of its own, in which one is enough
                configured(host, licenses={"sn": {"wanted": 1, "capacity": 1}})
            configured(TWO, release="2.2.0", spire_server="short")
            seen = set(LATER) - {"SwarmBundleOutdated", "SwarmMetricsMissing", "SwarmMetricsStale"}
            prometheus.until(lambda firing: firing == seen, f"expected {sorted(seen)}")
            spire("localauthority", "x509", "prepare")
            prometheus.until(lambda firing: "SwarmBundleOutdated" in firing, "the other server has a new CA")
        prometheus.until(lambda firing: "SwarmMetricsStale" in firing, "nobody gathers metrics any more")
        TWO.run("rm", METRICS)
        prometheus.until(lambda firing: "SwarmMetricsMissing" in firing, "the metrics are gone")

    planned = world.play(log, "-i", str(world.LAB), book="swarm.learning.teardown").said
    assert re.search(rf"host-1: .*file {METRICS}", planned)

    # The next run of site takes SPIRE's metrics back too.
    world.worked(world.play(log, "-i", str(world.LAB), "--tags", "monitoring"))
    assert [host.run("sh", "-c", f"ls {PROGRAM} {METRICS} 2>/dev/null || true") for host in world.HOSTS] == ["", ""]
