# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/from-the-scripts.md has a row for every flag of the platform's scripts, and names only what exists."""

import functools
import importlib
import re

import pytest
import yaml

from tests.unit.test_house import ROOT, load

PAGE = (ROOT / "docs/from-the-scripts.md").read_text(encoding="utf-8")
COLLECTION = "ansible_collections.swarm.learning.plugins"
COMPONENTS = ("apls", "spire_server", "sn", "sl", "swci")
# Every flag that the platform's own documentation of the scripts has, and the modules that take its place.
LONG = "--detach --interactive --tty --env --label --publish --user --volume"
SHORT = "-d -i -t -e -l -p -u -v -w -h"
LICENSE = "--apls-ip --apls-port --apls-docker-name"
AGENT = "-genJoinToken --gen-join-token -serverAddress --spire-docker-name --help"
FLAGS = {
    "Every `run-` script": (
        COMPONENTS,
        f"{SHORT} {LONG} --hostname --name --network --net --sudo --workdir --rm --help",
    ),
    "`run-apls`": (("apls",), "--apls-port"),
    "`run-spire-server`": (("spire_server",), "-config"),
    "`run-sn`": (
        ("sn",),
        f"{LICENSE} --host-ip --sentinel-ip --sn-p2p-port --sn-api-port --sn-fs-port --sentinel-fs-port {AGENT}",
    ),
    "`run-sl`": (
        ("sl",),
        f"{LICENSE} --data-dir --model-dir --model-program --host-ip --sn-ip --sn-api-port --sl-fs-port --sl-platform --gpu {AGENT}",
    ),
    "`run-swci`": (("swci",), "-config -genJoinToken -serverAddress --spire-docker-name --usr-dir --init-script-name"),
    "Every `run-` script, release 2.x": (
        ("sn", "sl", "swop", "swci"),
        (
            "--apls-ip --primary-apls-ip --apls-port --primary-apls-port --secondary-apls-ip --secondary-apls-port --apls-docker-name "
            "--key --cert --cacert --capath --socket-path --pull --memory --memory-reservation --cpus --cpuset-cpus --shm-size "
            "--ulimit --gpus --device --restart --security-opt --cap-add --cap-drop --group-add --privileged --read-only --pid "
            "--cgroupns --init --entrypoint --network-alias --add-host --dns --dns-search --log-driver --log-opt "
            "--dns-option --domainname --ip --ip6 --ipc --uts --userns --tmpfs --sysctl --pids-limit --memory-swap "
            "--memory-swappiness --oom-kill-disable --oom-score-adj --cpu-shares --cpu-period --cpu-quota --cpuset-mems "
            "--blkio-weight --cgroup-parent --device-cgroup-rule --storage-opt --runtime --stop-signal --stop-timeout "
            "--health-cmd --health-interval --health-timeout --health-start-period --health-retries --no-healthcheck "
            "--mount --env-file --label-file --expose --publish-all --link --volumes-from --volume-driver --platform "
            "--disable-content-trust --cidfile"
        ),
    ),
    "`run-sn`, release 2.x": (
        ("sn",),
        (
            "--host-ip --sentinel --sentinel-ip --sentinel-api-port --sentinel-api-service --sn-api-port --sn-api-service "
            "--sn-p2p-port --sn-p2p-service"
        ),
    ),
    "`run-sl`, release 2.x": (
        ("sl",),
        (
            "--host-ip --sn-ip --sn-api-port --sn-api-service --sn-docker-name --sl-fs-port --sl-fs-service --ml-image --ml-name "
            "--ml-entrypoint --ml-cmd --ml-w --ml-v --ml-e --ml-user --ml-device --ml-shm-size --ml-cap-add --ml-security-opt "
            "--ml-group-add --ml-privileged --ml-it --ml-ipc"
        ),
    ),
    "`run-swop`, release 2.x": (
        ("swop",),
        ("--usr-dir --profile-file-name --docker-socket-file --docker-group-id --swop-uid --sn-ip --sn-api-port --sn-api-service"),
    ),
    "`run-swci`, release 2.x": (("swci",), "--usr-dir --init-script-name"),
    "`stop-swarm`": (
        ("swarm_stop",),
        "--all --apls --spire-server --sl --sl-pyt --sl-tf --sn --swci --swop --keep --sudo --help",
    ),
}
ARGUMENTS = ["APLS_IP", *(f"Host_{number}_{what}" for number in (1, 2) for what in ("IP", "USER", "INSTALL_DIR"))]
NOTHING = "—"


def section(title):
    """The text below a heading, up to the next one."""
    return re.split(r"\n#+ ", PAGE.partition(f"# {title}\n")[2])[0]


def rows(text):
    """The cells of a table's rows, its two head lines left out."""
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")][2:]


def quoted(cell):
    return re.findall(r"`([^`]+)`", cell)


@functools.cache
def options(module):
    """The options that a module documents, those of its fragments too."""
    documentation = yaml.safe_load(importlib.import_module(f"{COLLECTION}.modules.{module}").DOCUMENTATION)
    found = dict(documentation["options"])
    for fragment in documentation.get("extends_documentation_fragment", ()):
        _namespace, _collection, name, *variant = fragment.split(".")
        texts = importlib.import_module(f"{COLLECTION}.doc_fragments.{name}").ModuleDocFragment
        text = getattr(texts, variant[0].upper() if variant else "DOCUMENTATION")
        found.update(yaml.safe_load(text).get("options", {}))
    return found


@functools.cache
def variables():
    """Every variable that a role documents."""
    specified = [load(path)["argument_specs"] for path in ROOT.glob("roles/*/meta/argument_specs.yml")]
    return {name for entry_points in specified for entry_point in entry_points.values() for name in entry_point["options"]}


@pytest.mark.parametrize("script", FLAGS)
def test_every_flag_has_its_row(script):
    named = [flag for row in rows(section(script)) for flag in quoted(row[0])]
    assert sorted(named) == sorted(FLAGS[script][1].split())


@pytest.mark.parametrize("script", FLAGS)
def test_rows_name_existing_options_and_variables(script):
    modules = FLAGS[script][0]
    known = variables()
    for flag, option, variable, remark in rows(section(script)):
        assert option == NOTHING or all(quoted(option)[0] in options(module) for module in modules), (flag, option)
        assert variable == NOTHING or set(quoted(variable)) <= known, (flag, variable)
        assert remark or NOTHING not in (option, variable), (flag, "why is there nothing?")


def test_every_argument_of_the_example_has_its_row():
    [table] = [t for t in PAGE.split("\n\n") if t.startswith("| argument |")]
    assert sorted(name for row in rows(table) for name in quoted(row[0])) == sorted(ARGUMENTS)


TASKS = [task for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL) for task in yaml.safe_load(block)]


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task["name"])
def test_tasks_have_existing_options(task):
    [(module, given)] = [(key.rpartition(".")[2], value) for key, value in task.items() if key.startswith("swarm.learning.")]
    assert set(given) <= set(options(module))


def test_every_script_has_its_task():
    modules = {key.rpartition(".")[2] for task in TASKS for key in task if key != "name"}
    assert modules == set(COMPONENTS)


def test_playbooks_of_the_text_exist():
    named = set(re.findall(r"swarm\.learning\.(\w+)(?: --|\n|`)", PAGE))
    modules = {path.stem for path in (ROOT / "plugins/modules").glob("*.py")}
    assert named <= modules | {path.stem for path in (ROOT / "playbooks").glob("*.yml")}
