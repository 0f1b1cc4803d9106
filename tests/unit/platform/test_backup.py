# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is archived, encrypted and restored, with real files and the real age; only the engine is a table."""

from __future__ import annotations

import io
import os
import sqlite3
import subprocess

import pytest
from ansible_collections.swarm.learning.plugins.module_utils._container.engine import EngineError
from ansible_collections.swarm.learning.plugins.module_utils._platform import age, backup, restore

from lab import packages

RECIPIENTS = "recipients"


DATABASE = {
    "type": "postgres",
    "host": "db.example",
    "database": "spire",
    "username": "spire",
    "password": "very-secret",
    "tls": {"ca": "CA"},
    "image": "postgres:17",
    "network": "swarm",
    "container": "spire-server",
}
EMPTY = b"-- Dumped from database version 17.5\n-- PostgreSQL database dump complete\n"
FILLED = EMPTY + b"CREATE TABLE public.bundles (\n);\n"
NEWER = FILLED + b"INSERT\n"
PLACE = {"type": "postgres", "host": "db.example", "port": 5432, "database": "spire"}


class Table:
    """An engine with containers and volumes below a directory; notes which containers are paused.

    stored: what a dump of the database would be; its programs run in a container of any image in `images`, with the exit code `code`
    """

    def __init__(self, place, containers=(), stored=EMPTY, images=("postgres:17",), code=0):
        self.place, self.listed, self.paused, self.done = place, list(containers), set(), []
        self.stored, self.images, self.code, self.sent, self.ran = stored, images, code, b"", []

    def image(self, reference):
        return {"Id": reference} if reference in self.images else None

    def network(self, name):
        return None

    def create(self, spec):
        self.ran.append(spec)

    def put_file(self, _name, _path, _text, mode):
        assert mode == 0o600

    def send(self, _name, _path, content, mode):
        assert mode == 0o600
        self.sent = content.read()

    def fetch(self, _name, _path, target):
        target.write(self.stored)

    def start(self, name):
        pass

    remove = start

    def wait(self, _name, _seconds):
        return self.code

    def log_tail(self, _name, _lines):
        return "Warning: unknown\npg_dump: error: no route"

    def containers(self, _filters):
        return self.listed

    def mounting(self, _path):
        return set()

    def volume(self, name):
        path = self.place / name
        return {"Name": name, "Mountpoint": str(path)} if path.is_dir() else None

    def create_volume(self, name):
        (self.place / name).mkdir(parents=True)
        return self.volume(name)

    def pause(self, name):
        self.paused.add(name)
        self.done.append(f"pause {name}")

    def unpause(self, name):
        self.paused.discard(name)
        self.done.append(f"unpause {name}")


def container(name, component, mounts, state="running"):
    listed = [{"Source": mount} if mount.startswith("/") else {"Source": f"/volumes/{mount}", "Name": mount} for mount in mounts]
    basic = {"Id": name, "Names": [f"/{name}"], "Image": "", "Labels": {"learning.swarm.component": component}, "State": state}
    return {**basic, "Mounts": listed, "Status": "Up", "NetworkSettings": {"Networks": {"swarm": {}}}}


@pytest.fixture(scope="session")
def keys():
    """(public key, identity file's text) of two key pairs."""
    packages.ensure("age")
    pairs = []
    for _number in range(2):
        text = subprocess.run(["age-keygen"], capture_output=True, text=True, check=True).stdout
        pairs.append((next(line.split()[-1] for line in text.splitlines() if "public key" in line), text))
    return pairs


@pytest.fixture
def host(tmp_path):
    """A host's directory with a database, a key, a link, a socket's like and data of the user, and a volume with a ledger."""
    directory = tmp_path / "swarm"
    (directory / "spire-server/data").mkdir(parents=True)
    (directory / "model").mkdir()
    (directory / "model/big.npz").write_bytes(b"user's own")
    (directory / "spire-server/data/keys.json").write_text("{}", encoding="ascii")
    (directory / "spire-server/data/keys.json").chmod(0o600)
    os.symlink("keys.json", directory / "spire-server/data/link")
    os.mkfifo(directory / "api.sock")
    with sqlite3.connect(directory / "spire-server/data/datastore.sqlite3") as base:
        base.execute("PRAGMA journal_mode=WAL")
        base.execute("CREATE TABLE entries (id TEXT)")
        base.execute("INSERT INTO entries VALUES ('one')")
    base.close()
    (tmp_path / "volumes/sn-1-smlnode").mkdir(parents=True)
    (tmp_path / "volumes/sn-1-smlnode/chain").write_bytes(b"\x00" * 300_000 + b"block 1")
    return tmp_path


def parameters(host, keys, **others):
    return {
        "path": str(host / "archive.age"),
        "directory": str(host / "swarm"),
        "volumes": ["sn-1-smlnode", "apls-volume"],
        "keep": [str(host / "swarm/model")],
        "recipients": [keys[0][0]],
        "identity": keys[0][1],
        "network": "swarm",
        "trust_domain": "org1.example",
        "host": "host-1",
        "release": "2.3.0",
        "datastore": None,
        "existing_database": "refuse",
        **others,
    }


def test_a_backup_is_restored_on_an_empty_host(host, keys):
    mounts = {"sn-1": ["sn-1-smlnode"], "spire-agent": [str(host / "swarm/spire-agent")]}
    engine = Table(
        host / "volumes", [container("sn-1", "sn", mounts["sn-1"]), container("spire-agent", "spire_agent", mounts["spire-agent"])]
    )
    open_base = sqlite3.connect(host / "swarm/spire-server/data/datastore.sqlite3")  # as by a SPIRE Server that runs
    open_base.execute("INSERT INTO entries VALUES ('two')")
    open_base.commit()
    done = backup.backup(engine, parameters(host, keys), check_mode=False)
    open_base.close()
    assert (done["parts"], done["paused"]) == ([str(host / "swarm"), "sn-1-smlnode"], ["sn-1", "spire-agent"])
    assert engine.done == ["pause sn-1", "pause spire-agent", "unpause spire-agent", "unpause sn-1"]
    content = (host / "archive.age").read_bytes()
    assert content.startswith(b"age-encryption.org/")
    assert b"block 1" not in content
    assert os.stat(host / "archive.age").st_mode & 0o777 == 0o600

    new = host / "new"
    new.mkdir()
    engine = Table(new / "volumes")
    wanted = parameters(host, keys, directory=str(new / "swarm"))
    tried = restore.restore(engine, wanted, check_mode=True)
    assert (tried["changed"], list(new.iterdir())) == (True, [])
    assert restore.restore(engine, wanted, check_mode=False) == tried
    data = new / "swarm/spire-server/data"
    assert sorted(os.listdir(new / "swarm")) == [".restored", "spire-server"]
    assert (data / "keys.json").stat().st_mode & 0o777 == 0o600
    assert os.readlink(data / "link") == "keys.json"
    assert sqlite3.connect(data / "datastore.sqlite3").execute("SELECT id FROM entries").fetchall() == [("one",), ("two",)]
    assert (new / "volumes/sn-1-smlnode/chain").read_bytes().endswith(b"block 1")
    assert restore.restore(engine, wanted, check_mode=False) == {**tried, "changed": False}


def test_containers_run_on_when_the_archive_cannot_be_written(host, keys):
    engine = Table(host / "volumes", [container("sn-1", "sn", ["sn-1-smlnode"]), container("sn-2", "sn", ["sn-1-smlnode"], "paused")])
    with pytest.raises(ValueError, match=r"not encrypted: .*; check backup_recipients"):
        backup.backup(engine, parameters(host, keys, recipients=["age1wrong"]), check_mode=False)
    assert engine.paused == set()
    assert engine.done == ["pause sn-1", "unpause sn-2", "unpause sn-1"]  # an earlier backup that was killed had left sn-2 paused
    assert [name for name in os.listdir(host) if "archive" in name or name.startswith(".backup")] == []


def test_check_mode_writes_and_pauses_nothing(host, keys):
    engine = Table(host / "volumes", [container("sn-1", "sn", ["sn-1-smlnode"])])
    tried = backup.backup(engine, parameters(host, keys), check_mode=True)
    assert (tried["changed"], tried["paused"], engine.done, (host / "archive.age").exists()) == (True, ["sn-1"], [], False)


def test_a_host_without_a_platform_has_nothing_to_back_up(tmp_path, keys):
    with pytest.raises(ValueError, match="the platform keeps nothing on this host"):
        backup.backup(Table(tmp_path / "volumes"), parameters(tmp_path, keys), check_mode=False)


def damage(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("others", "before", "said"),
    [
        ({"trust_domain": "org2.example"}, None, "is a backup of trust domain org1.example, not of org2.example"),
        ({"host": "host-2"}, None, "is a backup of host host-1, not of host-2"),
        ({}, damage, "cannot be decrypted: failed to decrypt and authenticate payload chunk|is damaged"),
        ({}, lambda path: path.write_bytes(path.read_bytes()[:-20]), "cannot be decrypted|is damaged"),
        ({}, lambda path: path.write_bytes(b"something else"), "cannot be decrypted"),
    ],
    ids=["another domain", "another host", "a byte changed", "cut off", "no archive"],
)
def test_an_archive_that_must_not_be_restored_changes_nothing(host, keys, others, before, said):
    backup.backup(Table(host / "volumes"), parameters(host, keys), check_mode=False)
    if before:
        before(host / "archive.age")
    new = host / "new"
    with pytest.raises(ValueError, match=said):
        restore.restore(Table(new / "volumes"), {**parameters(host, keys, directory=str(new / "swarm")), **others}, check_mode=False)
    assert not new.exists()


def test_an_archive_needs_an_identity_of_its_recipients(host, keys):
    backup.backup(Table(host / "volumes"), parameters(host, keys), check_mode=False)
    with pytest.raises(age.AgeError, match="cannot be decrypted: no identity matched"):
        restore.restore(Table(host / "volumes"), parameters(host, keys, identity=keys[1][1]), check_mode=False)


def test_nothing_that_exists_is_replaced(host, keys):
    engine = Table(host / "volumes")
    backup.backup(engine, parameters(host, keys), check_mode=False)
    with pytest.raises(ValueError, match="volume sn-1-smlnode is not empty on this host"):
        restore.restore(engine, parameters(host, keys), check_mode=False)
    engine = Table(host / "volumes", [container("sn-1", "sn", ["sn-1-smlnode"])])
    with pytest.raises(ValueError, match=r"this platform still has containers on this host \(sn-1\)"):
        restore.restore(engine, parameters(host, keys, directory=str(host / "new")), check_mode=False)


def test_an_interrupted_restore_is_completed(host, keys, monkeypatch):
    backup.backup(Table(host / "volumes"), parameters(host, keys), check_mode=False)
    new = host / "new"
    engine, wanted = Table(new / "volumes"), parameters(host, keys, directory=str(new / "swarm"))

    def killed(*_arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(restore.os, "symlink", killed)
        with pytest.raises(KeyboardInterrupt):
            restore.restore(engine, wanted, check_mode=False)
    assert (new / "swarm/.restoring").exists()
    assert restore.restore(engine, wanted, check_mode=False)["changed"]
    assert (new / "volumes/sn-1-smlnode/chain").stat().st_size == 300_007
    assert not (new / "swarm/.restoring").exists()


def stored_in(host, keys, engine=None):
    """The archive of a host whose server has its data in DATABASE."""
    engine = engine or Table(host / "volumes", stored=FILLED)
    return backup.backup(engine, parameters(host, keys, datastore=DATABASE), check_mode=False)


def test_a_database_is_archived_with_its_version(host, keys):
    engine = Table(host / "volumes", [container("sn-1", "sn", ["sn-1-smlnode"])], stored=FILLED)
    assert stored_in(host, keys, engine)["parts"][-1] == "the PostgreSQL database spire on db.example"
    [spec] = engine.ran
    assert (spec.name, spec.image, spec.network) == ("spire-server-dump", "postgres:17", "host")  # as the host has no network swarm
    manifest = restore.check(parameters(host, keys, datastore=DATABASE), io.BytesIO()).manifest
    assert manifest["datastore"] == {**PLACE, "version": "17.5"}
    assert "datastore/dump.sql" in manifest["files"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"code": 1}, "pg_dump failed on the PostgreSQL database spire on db.example: pg_dump: error: no route"),
        ({"code": 127}, "backup_datastore_image is postgres:17, which has no pg_dump: set it to an image of the version"),
        ({"stored": FILLED[:20]}, "the dump of the PostgreSQL database spire on db.example has no end"),
    ],
)
def test_without_a_dump_there_is_no_archive(host, keys, options, said):
    engine = Table(host / "volumes", [container("sn-1", "sn", ["sn-1-smlnode"])], **options)
    with pytest.raises(EngineError, match=said):
        stored_in(host, keys, engine)
    assert (engine.done, (host / "archive.age").exists()) == ([], False)


@pytest.mark.parametrize(
    ("stored", "existing", "done", "sent"),
    [
        (EMPTY, "refuse", "restored", FILLED),
        (FILLED, "refuse", "same", b""),
        (NEWER, "keep", "kept", b""),
        (NEWER, "replace", "restored", b"DROP TABLE public.bundles CASCADE;\n" + FILLED),
        (EMPTY, "keep", "restored", FILLED),
    ],
)
def test_a_database_is_restored_where_nothing_is_lost_unasked(host, keys, stored, existing, done, sent):
    stored_in(host, keys)
    new = host / "new"
    wanted = parameters(host, keys, directory=str(new / "swarm"), datastore=DATABASE, existing_database=existing)
    engine = Table(new / "volumes", stored=stored)
    tried = restore.restore(engine, wanted, check_mode=True)
    assert (tried["datastore"], engine.sent, new.exists()) == (done, b"", False)
    assert restore.restore(engine, wanted, check_mode=False) == tried
    assert engine.sent == sent
    assert not (new / "swarm/datastore").exists()
    assert restore.restore(engine, wanted, check_mode=False) == {**tried, "changed": False, "datastore": "unseen"}


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ({}, "has content that the archive does not have, which would be lost: set backup_existing_database to keep"),
        ({"datastore": None}, "but the inventory's spire_server_datastore is none that is restored with this host"),
        ({"datastore": {**DATABASE, "type": "mysql"}}, "a dump of the PostgreSQL database .* is one of type mysql: set it"),
    ],
)
def test_a_database_that_must_not_be_restored_changes_nothing(host, keys, others, said):
    stored_in(host, keys)
    new = host / "new"
    engine = Table(new / "volumes", stored=NEWER)
    with pytest.raises(ValueError, match=said):
        restore.restore(
            engine, parameters(host, keys, **{"directory": str(new / "swarm"), "datastore": DATABASE, **others}), check_mode=False
        )
    assert (new.exists(), engine.sent) == (False, b"")


def test_a_dump_without_its_end_is_refused_although_its_checksum_is_right(host, keys, monkeypatch):
    def cut_off(_engine, _wanted, target):
        target.write(FILLED[:20])
        return backup.database.facts(target)

    monkeypatch.setattr(backup.database, "save", cut_off)
    stored_in(host, keys)
    wanted = parameters(host, keys, directory=str(host / "new/swarm"), datastore=DATABASE)
    with pytest.raises(ValueError, match=r"is damaged: its dump of the PostgreSQL database spire on db.example has no end"):
        restore.restore(Table(host / "new", images=()), wanted, check_mode=True)


def test_a_dump_is_proven_where_its_database_cannot_be_looked_at(host, keys):
    stored_in(host, keys)
    wanted = parameters(host, keys, directory=str(host / "new/swarm"), datastore=DATABASE)
    assert restore.restore(Table(host / "new", images=()), wanted, check_mode=True)["datastore"] == "unseen"


def test_files_are_not_restored_when_the_database_fails(host, keys):
    stored_in(host, keys)
    new = host / "new"

    class Failing(Table):
        def wait(self, _name, _seconds):
            return 1 if self.sent else 0

    wanted = parameters(host, keys, directory=str(new / "swarm"), datastore=DATABASE)
    with pytest.raises(EngineError, match=r"psql failed on .*; the database is as it was"):
        restore.restore(Failing(new / "volumes"), wanted, check_mode=False)
    assert os.listdir(new / "swarm") == [".restoring"]
    assert restore.restore(Table(new / "volumes"), wanted, check_mode=False)["datastore"] == "restored"


@pytest.mark.parametrize("name", ["../../etc/passwd", "directory/../../x", "elsewhere/x", "volumes"])
def test_members_that_lead_out_are_refused(name):
    with pytest.raises(ValueError, match="an unexpected member"):
        restore._place(restore.tarfile.TarInfo(name))
