# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a bundle has, that each of its bytes is checked, and where the Docker SDK from it may be installed."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from ansible_collections.swarm.learning.plugins.module_utils._platform import bundle, image, sbom, sdk

from tests.support.module_runner import Failed, run

SN = {"reference": "registry.example:5000/hpe/sn:2.3.0", "file": "images/sn.tar", "id": "sha256:1", "architecture": "amd64"}
SN["digests"] = ["registry.example:5000/hpe/sn@sha256:" + "a" * 64]
WHEEL = "wheels/hosts/charset_normalizer-3.4.4-py3-none-any.whl"


@pytest.fixture
def installed(tmp_path):
    """A collection as it is installed, without a file that it lists."""
    place = tmp_path / "installed"
    (place / "plugins").mkdir(parents=True)
    (place / "README.md").write_text("read me", encoding="utf-8")
    (place / "plugins/one.py").write_text("pass", encoding="utf-8")
    listed = [{"name": name, "ftype": "file", "chksum_sha256": "0"} for name in ("README.md", "tests/gone.py", "plugins/one.py")]
    directories = [{"name": ".", "ftype": "dir"}, {"name": "plugins", "ftype": "dir"}]
    (place / "FILES.json").write_text(json.dumps({"files": [*directories, *listed], "format": 1}), encoding="utf-8")
    info = {"namespace": "swarm", "name": "learning", "version": "1.0.0", "dependencies": {}}
    document = {"collection_info": info, "file_manifest_file": {"name": "FILES.json", "chksum_sha256": "0"}, "format": 1}
    (place / "MANIFEST.json").write_text(json.dumps(document), encoding="utf-8")
    return place


@pytest.fixture
def pack(tmp_path, installed):
    """Packs a bundle of two small files, and returns (its path, the module's result)."""

    def packed(content="image", **further):
        staged = tmp_path / "staged"
        for name, text in ((SN["file"], content), (WHEEL, "wheel")):
            (staged / name).parent.mkdir(parents=True, exist_ok=True)
            (staged / name).write_text(text, encoding="utf-8")
        path = tmp_path / "swarm-bundle.tar"
        options = {"path": str(path), "directory": str(staged), "collections": [str(installed)], "images": [SN]}
        result = run("swarm_bundle", **{**options, **further})
        assert [one for one in staged.rglob("*") if one.is_file()] == []
        assert list(tmp_path.glob("*.partial")) == []
        return path, result

    return packed


def test_a_bundle_has_what_its_manifest_says(pack):
    path, result = pack()
    with tarfile.open(path) as tar:
        content = {entry.name: tar.extractfile(entry).read() for entry in tar}
    manifest = json.loads(content["manifest.json"])
    assert {one["name"]: (one["size"], one["sha256"]) for one in manifest["files"]} == {
        name: (len(data), hashlib.sha256(data).hexdigest()) for name, data in content.items() if name not in ("manifest.json", "checksum")
    }
    assert manifest["images"] == [SN]
    assert manifest["collections"] == [{"name": "swarm.learning", "version": "1.0.0", "file": "collections/swarm-learning-1.0.0.tar.gz"}]
    assert result["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert result["size"] == path.stat().st_size
    assert subprocess.run(["tar", "--list", "--file", path], check=True, capture_output=True, text=True).stdout.split() == list(content)


def test_the_same_content_makes_the_same_bundle(pack):
    path, first = pack()
    inode = path.stat().st_ino
    assert first["changed"] is True
    assert pack()[1] == {**first, "changed": False}
    assert path.stat().st_ino == inode
    assert pack("another image")[1]["changed"] is True


def test_ansible_galaxy_installs_the_collection(pack, tmp_path):
    path, _result = pack()
    run("swarm_unbundle", path=str(path), files=["collections"], dest=str(tmp_path / "out"))
    galaxy = [Path(sys.executable).parent / "ansible-galaxy", "collection", "install", "--offline", "--force", "-p", tmp_path / "there"]
    subprocess.run([*galaxy, tmp_path / "out/collections/swarm-learning-1.0.0.tar.gz"], check=True, capture_output=True)
    there = tmp_path / "there/ansible_collections/swarm/learning"
    assert (there / "plugins/one.py").read_text(encoding="utf-8") == "pass"


def test_a_checkout_is_refused(pack, tmp_path):
    with pytest.raises(Failed, match=r"is a checkout of its source: build and install it"):
        pack(collections=[str(tmp_path)])
    assert not (tmp_path / "swarm-bundle.tar").exists()


def test_each_changed_byte_is_found(pack):
    """One of each block of 7 bytes: headers, contents, what is between, and the end."""
    path, _result = pack()
    whole = path.read_bytes()
    bundle.check(str(path))
    for place in range(0, len(whole), 7):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(ValueError, match=r"swarm-bundle\.tar"):
            bundle.check(str(path))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda whole: whole.replace(b"image\0", b"imagf\0"),
            r"was changed after it was written \(images/sn.tar differs from its checksum\): copy it",
        ),
        (
            lambda whole: whole.replace(b'"format": 1', b'"format": 2'),
            r"was changed after it was written \(what is between its files differs",
        ),
        (
            lambda whole: whole.replace(b'"files": [', b'"files": x'),
            r"was changed after it was written \(its list of files cannot be read\)",
        ),
        (lambda whole: whole[:-1024], "is not complete, as its end is missing: copy it again"),
        (lambda whole: whole + b"\0" * 512, "is not complete, as its end is missing"),
        (lambda whole: b"", "is not a bundle: set swarm_bundle to a file that the playbook"),
        (lambda whole: b"PK" * 4096, "is not a bundle"),
    ],
)
def test_a_bad_bundle_is_refused(pack, tmp_path, change, message):
    path, _result = pack()
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(Failed, match=message):
        run("swarm_unbundle", path=str(path), files=["images"], dest=str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_a_bundle_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(Failed, match=r"none.tar does not exist: set swarm_bundle"):
        run("swarm_unbundle", path=str(tmp_path / "none.tar"))


def test_a_bundle_of_a_newer_collection_is_refused(pack, monkeypatch):
    monkeypatch.setattr(bundle, "FORMAT", 2)
    path, _result = pack()
    monkeypatch.undo()
    with pytest.raises(Failed, match="has format 2, of a newer version of the collection"):
        run("swarm_unbundle", path=str(path))


def test_only_what_is_asked_for_is_written(pack, tmp_path):
    path, _result = pack()
    out = tmp_path / "out"
    asked = {"path": str(path), "files": [SN["file"]], "dest": str(out)}
    assert run("swarm_unbundle", check=True, **asked)["files"] == [SN["file"]]
    assert not out.exists()
    assert run("swarm_unbundle", **asked)["images"] == [SN]
    assert [one.relative_to(out).as_posix() for one in out.rglob("*") if one.is_file()] == [SN["file"]]
    assert (out / SN["file"]).read_text(encoding="utf-8") == "image"
    with pytest.raises(Failed, match=r"has no images/sl.tar: write the bundle again"):
        run("swarm_unbundle", path=str(path), files=["images/sl.tar"])


def test_the_list_of_software_names_every_part(pack, tmp_path):
    path, _result = pack()
    run("swarm_unbundle", path=str(path), files=[bundle.SBOM], dest=str(tmp_path / "out"))
    document = json.loads((tmp_path / "out" / bundle.SBOM).read_text(encoding="utf-8"))
    assert {(one["type"], one["name"], one["version"], one["purl"]) for one in document["components"]} == {
        ("library", "swarm.learning", "1.0.0", "pkg:generic/swarm.learning@1.0.0"),
        ("library", "charset-normalizer", "3.4.4", "pkg:pypi/charset-normalizer@3.4.4"),
        (
            "container",
            "registry.example:5000/hpe/sn",
            "2.3.0",
            f"pkg:oci/sn@sha256%3A{'a' * 64}?repository_url=registry.example%3A5000/hpe/sn&tag=2.3.0",
        ),
    }
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.5")


def test_an_image_that_no_registry_has_is_listed_without_a_package_url():
    local = {**SN, "reference": "own", "digests": []}
    manifest = {"files": [{"name": SN["file"], "sha256": "0"}], "images": [local]}
    own = {"name": "swarm.learning", "version": "1.0.0", "file": SN["file"]}
    found = sbom.document({**manifest, "collections": [own]})["components"][-1]
    assert (found["name"], found["version"], "purl" in found) == ("own", "latest", False)


class Engine:
    """An engine that has images, and gets those of the archives that are loaded."""

    def __init__(self, there, archives):
        self.there, self.archives, self.loaded = set(there), archives, []

    def image(self, name):
        return {"Id": name} if name in self.there else None

    def load(self, path):
        self.loaded.append(path)
        self.there |= self.archives[path]


@pytest.mark.parametrize(
    ("there", "check", "changed", "loaded"), [("a", False, False, []), ("", True, True, []), ("", False, True, ["a.tar"])]
)
def test_an_image_is_loaded_where_it_is_missing(there, check, changed, loaded):
    engine = Engine(there, {"a.tar": {"a"}})
    assert image.load(engine, {"name": "a", "path": "a.tar"}, check) == {"changed": changed}
    assert engine.loaded == loaded


def test_an_archive_without_the_image_is_an_error():
    with pytest.raises(ValueError, match=r"b.tar was loaded, but does not have a: save that image again"):
        image.load(Engine("", {"b.tar": {"b"}}), {"name": "a", "path": "b.tar"}, False)


@pytest.mark.parametrize("name", ["new/bin/python3", "venv/bin/python3.12", "system/bin/python3", "new/python3", "new/bin/sh"])
def test_the_sdk_is_installed_only_in_an_environment_of_its_own(tmp_path, name):
    for directory in ("venv/bin", "system/bin"):
        (tmp_path / directory).mkdir(parents=True)
    (tmp_path / "venv/pyvenv.cfg").touch()
    if name in ("new/bin/python3", "venv/bin/python3.12"):
        assert sdk.environment_of(str(tmp_path / name)) == str(tmp_path / name.partition("/")[0])
        return
    with pytest.raises(ValueError, match="set ansible_python_interpreter of this host to a path in a directory that does not exist yet"):
        sdk.environment_of(str(tmp_path / name))


@pytest.mark.parametrize("python", ["", "auto", "python3"])
def test_a_python_without_a_path_gets_nothing(python):
    with pytest.raises(ValueError, match="lacks the Docker SDK"):
        sdk.environment_of(python)


def test_a_python_that_has_the_sdk_is_left_alone(tmp_path):
    assert run("swarm_sdk", python=sys.executable, wheels=str(tmp_path))["changed"] is False


def test_an_environment_is_foreseen_and_wheels_without_pip_are_refused(tmp_path):
    wanted = {"python": str(tmp_path / "new/bin/python3"), "wheels": str(tmp_path)}
    assert run("swarm_sdk", check=True, **wanted)["changed"] is True
    assert not (tmp_path / "new").exists()
    with pytest.raises(Failed, match="has no wheel of pip"):
        run("swarm_sdk", **wanted)
