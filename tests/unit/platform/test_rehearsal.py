# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""ML programs without the platform: what is in their way, how they have ended, and what they get of the model directory."""

import os
from types import SimpleNamespace

import pytest
from ansible_collections.swarm.learning.plugins.module_utils._container.engine import EngineError
from ansible_collections.swarm.learning.plugins.module_utils._container.spec import ContainerSpec
from ansible_collections.swarm.learning.plugins.module_utils._platform import rehearsal
from ansible_collections.swarm.learning.plugins.module_utils._platform.containers import REHEARSAL_LABEL

OURS = {REHEARSAL_LABEL: "ml-1"}
NAME = "ml-1-rehearsal"


def wanted(**facts):
    return ContainerSpec(**{"name": NAME, "image": "i", "hostname": "ml-1", "labels": OURS, **facts})


def there(runs=True, **facts):
    return ContainerSpec(**{"name": "swop-1-ml-0", "image": "i", "hostname": "ml-7", **facts}), runs


IN_THE_WAY = {
    "another program of a training": ({}, there(), ""),
    "the same program in a training": ({}, there(hostname="ml-1"), "container swop-1-ml-0 is this program in a training"),
    "the same program of a training that has ended": ({}, there(False, hostname="ml-1"), ""),
    "one of its GPUs": ({"gpus": "device=0,1"}, there(gpus="device=1,2"), "has GPU 1, which the rehearsal needs"),
    "another GPU": ({"gpus": "device=0"}, there(gpus="device=1"), ""),
    "all GPUs": ({"gpus": "device=0"}, there(gpus="all"), "has GPUs, which the rehearsal needs"),
    "GPUs by their count": ({"gpus": "1"}, there(gpus="device=1"), "has GPUs, which the rehearsal needs"),
    "a GPU by its CDI name": ({"gpus": "nvidia.com/gpu=0"}, there(gpus="device=0"), "has GPU 0, which the rehearsal needs"),
    "GPUs of AMD": ({"devices": ("/dev/kfd:/dev/kfd:rwm",)}, there(devices=("/dev/kfd:/dev/kfd:rwm",)), "has GPUs"),
    "no GPU": ({"gpus": "all"}, there(), ""),
    "a rehearsal that was cut off": ({}, there(False, name=NAME, labels=OURS), ""),
    "a rehearsal that still runs": ({}, there(name=NAME, labels=OURS), "is this program in another rehearsal, which still runs"),
    "a container of that name": ({}, there(False, name=NAME), "has the name that the rehearsal's container would have"),
}


@pytest.mark.parametrize(("facts", "other", "words"), IN_THE_WAY.values(), ids=IN_THE_WAY)
def test_what_is_in_the_way(facts, other, words):
    found = rehearsal.conflicts([wanted(**facts)], [other])
    assert (len(found), found[0].startswith("ml-1: ") and words in found[0]) == (1, True) if words else found == []


class Module:
    """What AnsibleModule is to `run`."""

    check_mode = True

    def __init__(self, container):
        self.no_log_values = set()
        self.params = {"docker_host": None, "timeout": 60, "programs": [{"name": "ml-1", "container": container}]}

    def fail_json(self, msg):
        raise SystemExit(msg)


def test_an_option_that_containers_do_not_have_is_named():
    with pytest.raises(SystemExit, match=r"^programs: ml-1: .*colour"):
        rehearsal.run(Module({"name": NAME, "image": "i", "colour": "red"}))


VERDICTS = {
    "it has saved its model": ({"ExitCode": 0}, True, "finished", ""),
    "it has saved nothing": ({"ExitCode": 0}, False, "failed", "left no file in /r/saved_models: let the program save its model there"),
    "it has failed": ({"ExitCode": 3}, True, "failed", "ended with exit code 3"),
    "it has run out of memory": ({"ExitCode": 137, "OOMKilled": True}, False, "failed", "raise memory of the ML container"),
    "it still runs": ({"Running": True}, False, "late", "did not end within 60 s: raise sl_rehearsal_minutes"),
}


@pytest.mark.parametrize(("state", "has_model", "verdict", "words"), VERDICTS.values(), ids=VERDICTS)
def test_verdict(state, has_model, verdict, words):
    found, why = rehearsal.verdict(state, 60, "/r/saved_models", has_model)
    assert (found, words in why, bool(why)) == (verdict, True, bool(words))


def test_the_copy_of_a_model_directory_has_all_but_the_models_of_trainings(tmp_path):
    for path in (
        "cifar10.py",
        "weights/start.npz",
        "saved_models/final.npz",
        "saved_models.2026-01-01/old.npz",
        "weights/saved_models/keep.npz",
    ):
        (tmp_path / "model" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "model" / path).write_text(path, encoding="utf-8")
    (tmp_path / "model/latest").symlink_to("weights")
    rehearsal.copy(f"{tmp_path}/model/", f"{tmp_path}/copy", "saved_models")
    found = sorted(str(path.relative_to(tmp_path / "copy")) for path in (tmp_path / "copy").rglob("*") if path.is_file())
    assert found == ["cifar10.py", "weights/saved_models/keep.npz", "weights/start.npz"]
    assert os.readlink(tmp_path / "copy/latest") == "weights"
    assert rehearsal.has_files(str(tmp_path / "copy"))
    assert not rehearsal.has_files(str(tmp_path / "copy/saved_models"))


class Engine:
    """An engine on which each program ends as `ends` says: its exit code, or an EngineError at its start. `did` is what it was asked to do."""

    address = "unix:///var/run/docker.sock"

    def __init__(self, ends):
        self.ends, self.did, self.made = ends, [], {}

    def containers(self, _filters):
        return []

    def mounting(self, _path):
        return set()

    def image(self, _reference):
        return {"Id": "sha256:1"}

    def create(self, spec):
        self.made[spec.name] = spec

    def start(self, name):
        self.did.append(f"start {name}")
        if isinstance(self.ends[name], EngineError):
            raise self.ends[name]

    def wait(self, name, _timeout):
        self.did.append(f"wait {name}")

    def inspect(self, name):
        state = {"ExitCode": self.ends[name], "StartedAt": "2026-01-01T00:00:00Z", "FinishedAt": "2026-01-01T00:00:05Z"}
        config = {"Env": [f"{key}={value}" for key, value in self.made[name].env.items()]}
        return {"Id": name, "Name": f"/{name}", "State": state, "Config": config}

    def log_tail(self, _name, _lines):
        return "ModuleNotFoundError: No module named 'pandas', s3cr3t-token"

    def remove(self, name):
        self.did.append(f"remove {name}")


def programs(tmp_path, **container):
    (tmp_path / "model").mkdir()
    for name in ("ml-1", "ml-2"):
        options = rehearsal._validated(
            {"name": name, "container": {"name": f"{name}-rehearsal", "image": "i", "hostname": name, **container}}
        )
        places = {"model_dir": f"{tmp_path}/model", "model_mount": "/m", "rehearsal_dir": f"{tmp_path}/rehearsal/{name}"}
        yield {"name": name, "container": options, **places}


def work(engine, given, check_mode=False):
    params = {
        "programs": list(given),
        "saved": ".",
        "release": "2.3.0",
        "wait_timeout": 60,
        "docker_host": "unix:///x",
        "api_version": "auto",
    }
    return rehearsal._Rehearsal(SimpleNamespace(params=params, check_mode=check_mode), engine)


def test_all_start_before_the_first_is_waited_for_and_none_stays(tmp_path):
    (tmp_path / "rehearsal/ml-1").mkdir(parents=True)
    (tmp_path / "rehearsal/ml-1/of-the-last-one").touch()
    engine = Engine({"ml-1-rehearsal": 0, "ml-2-rehearsal": 1})
    one = work(engine, programs(tmp_path, env={"API_TOKEN": "s3cr3t-token"}))
    (tmp_path / "model/program.py").touch()
    found = one.carry_out(one.wanted())
    assert [(each["state"], each["exit_code"], each["seconds"]) for each in found] == [("finished", 0, 5), ("failed", 1, 5)]
    assert "the ML program needs a Python package that its image does not have" in found[1]["failure"]
    assert "s3cr3t-token" not in str(found)
    names = [f"ml-{number}-rehearsal" for number in (1, 2)]
    begun = [step for name in names for step in (f"remove {name}", f"start {name}")]
    assert engine.did == [*begun, *(f"wait {name}" for name in names), *(f"remove {name}" for name in names)]
    assert os.listdir(tmp_path / "rehearsal/ml-1") == ["program.py"]
    assert [(mount.source, mount.target) for mount in engine.made[names[0]].mounts] == [(f"{tmp_path}/rehearsal/ml-1", "/m")]


def test_one_that_cannot_be_started_does_not_keep_the_others_from_it(tmp_path):
    engine = Engine({"ml-1-rehearsal": EngineError("no GPU"), "ml-2-rehearsal": 0})
    one = work(engine, programs(tmp_path))
    (tmp_path / "model/program.py").touch()
    found = one.carry_out(one.wanted())
    assert [(each["state"], each["failure"]) for each in found] == [("failed", "no GPU"), ("finished", "")]
    assert engine.did[-2:] == ["remove ml-1-rehearsal", "remove ml-2-rehearsal"]


def test_bad_options_are_named_before_anything_starts(tmp_path):
    engine = Engine({})
    [one, _two] = programs(tmp_path)
    for changed, words in (
        ({"container": {**one["container"], "workdir": "model"}}, "programs: ml-1: workdir: 'model' is not valid"),
        ({"container": {**one["container"], "volumes": ["/nowhere:/data"]}}, "binds /nowhere, which does not exist on the host"),
        ({"model_dir": ""}, "have no directory at /m, model_mount of swarm_training"),
    ):
        with pytest.raises(ValueError, match=words):
            work(engine, [{**one, **changed}]).wanted()
    assert engine.did == []
    assert work(engine, [{**one, "container": {**one["container"], "volumes": ["/nowhere:/data"]}}], check_mode=True).wanted()
