# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two hundred secrets of every kind are planted where a host has such, and none is in what is collected for support."""

from __future__ import annotations

import itertools
import random
import shlex
import string
import tarfile

import pytest
from ansible_collections.swarm.learning.plugins.module_utils._platform import support

HOW_MANY = 200
WORD = string.ascii_letters + string.digits
MARKS = WORD + "!#%&*+,;=?^ "  # in quotes a secret may have them all
ENVIRONMENT = (
    *("DB_PASSWORD={}", "API_TOKEN={}", "AWS_SECRET_ACCESS_KEY={}", "MYSQL_PWD={}", "REGISTRY_PASS={}", "KEY_PASSPHRASE={}"),
    *("HTTPS_PROXY=http://me:{}@proxy.example:3128", "DATABASE_URL=postgres://spire:{}@db.example/spire", "GIT_CREDENTIALS={}"),
)
COMMANDS = (
    "train --password {}",
    "train --api-token={}",
    "train --index-url https://{}@packages.example/simple",
    "curl --user me:{} https://data.example",
    "curl -u me:{} https://data.example",
    "curl -H 'Authorization: Bearer {}' https://data.example",
)
LOG = (
    "connecting to redis://:{}@cache.example/0",
    "login with password={} has failed",
    'config: {{"db": {{"password": "{}"}}}}',
    r'level=info msg="{{\"token\": \"{}\"}}"',
    "Authorization: Bearer {}",
    "authorization: Basic {}",
    "header X-Vault-Token: {}",
    "Set-Cookie: session={}; HttpOnly",
    "dsn Server=db;Uid=me;Pwd={};",
    "found eyJhbGciOiJFUzI1NiJ9.eyJ{}.{}",
    "using ghp_{} for the repository",
    "using hf_{} for the model",
    "AGE-SECRET-KEY-1{}",
    "-----BEGIN EC PRIVATE KEY-----\n{}\n-----END EC PRIVATE KEY-----",
    r"key: -----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----",
)
QUOTED = (
    ("profile.yml", 'envvars:\n- API_TOKEN: "{}"\n'),
    ("profile.yml", "Auth: {{username: me, password: '{}'}}\n"),
    ("server.conf", 'password = "{}"\n'),
    ("server.conf", 'connection_string = "dbname=spire user=spire password={} sslmode=on"\n'),
    ("tasks.json", '{{"auths": {{"registry.example": {{"auth": "{}"}}}}}}\n'),
    ("tasks.json", '{{"smtp_passwd" : "{}"}}\n'),
)
PLACES = [*itertools.product(["env"], ENVIRONMENT), *itertools.product(["command"], COMMANDS), *itertools.product(["log"], LOG), *QUOTED]


def planted():
    """(place, text, secret) of each."""
    chance = random.Random(1)
    found = []
    for number in range(HOW_MANY):
        place, template = PLACES[number % len(PLACES)]
        may_have_marks = place.partition(".")[2] and "{} sslmode" not in template
        secret = "".join(chance.choices(MARKS if may_have_marks else WORD, k=chance.randint(20, 40)))
        found.append((place, template.replace("{}", secret).replace("{{", "{").replace("}}", "}"), secret))
    return found


SECRETS = planted()


class Host:
    """An engine with one ML container, in which secrets are planted."""

    def containers(self, _filters):
        labels = {"learning.swarm.component": "ml"}
        return [{"Id": "ml", "Names": ["/ml"], "Image": "ml", "State": "running", "Status": "Up", "Labels": labels}]

    def mounting(self, _path):
        return set()

    def inspect(self, _name):
        commands = [word for place, text, _secret in SECRETS if place == "command" for word in shlex.split(text)]
        environment = [text for place, text, _secret in SECRETS if place == "env"]
        config = {"Env": environment, "Cmd": commands, "Labels": {"learning.swarm.component": "ml"}}
        return {"Id": "ml", "Name": "/ml", "State": {"Running": True}, "Config": config, "Path": commands[0], "Args": commands[1:]}

    def info(self):
        return {}

    def log_end(self, _inspect, _since, _most):
        # A program may write its command line and its environment too.
        return "\n".join(text for place, text, _secret in SECRETS if place in ("log", "command", "env"))


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """Everything that was collected, as one text."""
    directory = tmp_path_factory.mktemp("host")
    for number, (place, text, _secret) in enumerate(SECRETS):
        if "." in place:
            (directory / f"swop/{number}").mkdir(parents=True)
            (directory / f"swop/{number}/{place}").write_text(text, encoding="utf-8")
    path = str(directory.parent / "archive.tar.gz")
    options = {"path": path, "name": "host", "directory": str(directory), "since": 60, "max_size": 1_000_000, "secrets": []}
    support.support(Host(), options, check_mode=False)
    with tarfile.open(path) as tar:
        return "\n".join(tar.extractfile(entry).read().decode() for entry in tar)


def test_none_of_two_hundred_secrets_comes_through(archive):
    assert len({secret for _place, _text, secret in SECRETS}) == HOW_MANY
    assert {text for _place, text, secret in SECRETS if secret in archive or secret[8:] in archive} == set()
    assert archive.count("********") >= HOW_MANY
