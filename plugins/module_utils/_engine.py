# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The only file that talks to the Docker SDK for Python (private to the collection).

Every failure leaves as an EngineError whose message says in words what is wrong and what to do.
"""

from __future__ import annotations

import io
import os
import queue
import re
import tarfile
import threading
import traceback
from contextlib import contextmanager

from ansible_collections.swarm.learning.plugins.module_utils import _spec

try:
    import docker
    from docker.errors import APIError, DockerException, NotFound
    from docker.utils.socket import frames_iter
    from requests.exceptions import ConnectionError as NoConnection
    from requests.exceptions import RequestException
except ImportError:
    DOCKER_IMPORT_ERROR = traceback.format_exc()
else:
    DOCKER_IMPORT_ERROR = None

# Docker Engine 20.10 to 28 and Podman speak it, so that no call is spent on asking; others are asked.
_COMMON_API_VERSION = "1.41"
_OTHER_API_VERSION = re.compile(r"client version .* is too (old|new)")


class EngineError(Exception):
    """The engine did not do what it was asked to."""


class Engine:
    """A Docker Engine, or Podman through its Docker-compatible API.

    params: the module's engine options (docker_host, tls, validate_certs, ca_path, client_cert, client_key, api_version, timeout).
    """

    def __init__(self, params):
        self._params = params
        self._client = None
        self.address = params["docker_host"]

    def _connect(self, version):
        p = self._params
        tls = None
        if p["tls"] or p["validate_certs"]:
            pair = (p["client_cert"], p["client_key"]) if p["client_cert"] and p["client_key"] else None
            tls = docker.tls.TLSConfig(client_cert=pair, ca_cert=p["ca_path"], verify=bool(p["validate_certs"]))
        address = p["docker_host"]
        if tls and address.startswith("tcp://"):
            address = "https://" + address.removeprefix("tcp://")
        return docker.APIClient(base_url=address, tls=tls, version=version, timeout=p["timeout"])

    @contextmanager
    def _words(self, doing):
        """Turn the SDK's exceptions into an EngineError that says what was being done."""
        try:
            yield
        except NotFound as error:
            raise EngineError(f"{doing}: {_not_found(_explained(error))}") from error
        except APIError as error:
            raise EngineError(f"{doing}: {self._api_error(_explained(error))}") from error
        except (DockerException, RequestException, OSError) as error:
            raise EngineError(f"{doing}: {self._no_answer(error)}") from error

    def _call(self, doing, call):
        """Run call(client); the API version is asked for only where the common one is refused."""
        with self._words(doing):
            if self._client is None:
                version = self._params["api_version"]
                self._client = self._connect(_COMMON_API_VERSION if version == "auto" else version)
            try:
                return call(self._client)
            except APIError as error:
                if self._params["api_version"] != "auto" or not _OTHER_API_VERSION.search(_explained(error)):
                    raise
                self._client = self._connect("auto")
                return call(self._client)

    def _no_answer(self, error):
        where, text = self._params["docker_host"], str(error)
        if "Permission denied" in text:
            return f"no permission to use {where}; run the task with become, or as a member of the group that owns the socket"
        if "timed out" in text.lower():
            return f"{where} did not answer within {self._params['timeout']} s; raise timeout, or look at the engine's log"
        if isinstance(error, (NoConnection, DockerException)):
            return f"no engine answers at {where}; start Docker, or name its address in docker_host ({_short(text)})"
        return text

    def _api_error(self, text):
        if "port is already allocated" in text or "address already in use" in text:
            return f"{text}; the port is taken{self._holder(text)}"
        if "no space left" in text:
            return f"{text}; free space where the engine keeps its data"
        if "unauthorized" in text or "denied" in text or "authentication required" in text:
            return f"{text}; log in to the registry first (community.docker.docker_login)"
        return text

    def _holder(self, text):
        match = re.search(r":(\d+)(?:/tcp)? ?(?:failed|:|$)|:(\d+): bind", text)
        port = next((int(p) for p in (match.groups() if match else ()) if p), None)
        for container in self.containers({}) if port else ():
            if any(p.get("PublicPort") == port for p in container.get("Ports") or ()):
                return f" by container {container['Names'][0].lstrip('/')}: port {port}; stop it or choose another port"
        return "; choose another port, or see with `ss -ltnp` who has it"

    # --- looking ---------------------------------------------------------------------------------------------------

    def inspect(self, name):
        """What the engine says of a container; None where there is none of that name."""
        return self._call(f"looking at container {name}", lambda client: _or_none(client.inspect_container, name))

    def image(self, reference):
        """What the engine says of an image; None where it is not there."""
        return self._call(f"looking at image {reference}", lambda client: _or_none(client.inspect_image, reference))

    def volume(self, name):
        """What the engine says of a volume; None where there is none."""
        return self._call(f"looking at volume {name}", lambda client: _or_none(client.inspect_volume, name))

    def containers(self, filters):
        """The summaries of all containers, running or not, that the filters let through."""
        return self._call("listing containers", lambda client: client.containers(all=True, filters=filters))

    def info(self):
        """What the engine says of itself."""
        return self._call("asking the engine about itself", lambda client: client.info())

    # --- changing --------------------------------------------------------------------------------------------------

    def pull(self, reference):
        """Pull an image. Raises EngineError when the registry has it not, or does not let us in."""

        def pull(client):
            name, _at, digest = reference.partition("@")
            tag = None
            if not digest and ":" in name.rsplit("/", 1)[-1]:
                name, _colon, tag = name.rpartition(":")
            for line in client.pull(name, tag=digest or tag or "latest", stream=True, decode=True):
                if "error" in line:
                    raise EngineError(f"pulling {reference}: {self._api_error(line['error'])}")

        self._call(f"pulling {reference}", pull)

    def create(self, spec):
        """Create a container and return its ID."""
        body = _spec.to_api(spec)
        return self._call(f"creating container {spec.name}", lambda client: client.create_container_from_config(body, spec.name)["Id"])

    def start(self, name):
        self._call(f"starting container {name}", lambda client: client.start(name))

    def stop(self, name, timeout):
        self._call(f"stopping container {name}", lambda client: client.stop(name, timeout=timeout))

    def restart(self, name, timeout):
        self._call(f"restarting container {name}", lambda client: client.restart(name, timeout=timeout))

    def unpause(self, name):
        self._call(f"unpausing container {name}", lambda client: client.unpause(name))

    def rename(self, name, new_name):
        self._call(f"renaming container {name}", lambda client: client.rename(name, new_name))

    def remove(self, name):
        """Remove a container, running or not, with its anonymous volumes; one that is gone already is fine."""
        self._call(f"removing container {name}", lambda client: _or_none(client.remove_container, name, v=True, force=True))

    def update(self, name, limits):
        """Change limits and restart policy of a container while it runs: a mapping as the Engine API's update takes."""

        def update(client):
            # The SDK's update_container has no NanoCpus.
            client._raise_for_status(client._post_json(client._url("/containers/{0}/update", name), data=limits))

        self._call(f"updating container {name}", update)

    def move_network(self, name, old, new, aliases):
        """Connect a running container to network `new` with these aliases, and disconnect it from `old`."""

        def move(client):
            if old == new:
                client.disconnect_container_from_network(name, _bridge(old))
            client.connect_container_to_network(name, _bridge(new), aliases=list(aliases) or None)
            if old != new:
                client.disconnect_container_from_network(name, _bridge(old))

        self._call(f"moving container {name} to network {new}", move)

    def put_file(self, name, path, text, mode):
        """Write a file into a container, running or not; mode as an integer such as 0o644."""
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            entry = tarfile.TarInfo(os.path.basename(path))
            entry.size, entry.mode = len(text.encode()), mode
            tar.addfile(entry, io.BytesIO(text.encode()))
        self._call(
            f"copying {path} into container {name}",
            lambda client: client.put_archive(name, os.path.dirname(path), archive.getvalue()),
        )

    # --- inside ----------------------------------------------------------------------------------------------------

    def execute(self, name, words, stdin=None):
        """Run a command in a container and return (exit code, stdout, stderr) as text; `stdin` is text for its standard input."""

        def execute(client):
            made = client.exec_create(name, list(words), stdin=stdin is not None)
            if stdin is None:
                out, err = client.exec_start(made["Id"], demux=True)
            else:
                out, err = _converse(client.exec_start(made["Id"], socket=True), stdin)
            return client.exec_inspect(made["Id"])["ExitCode"], (out or b"").decode(), (err or b"").decode()

        return self._call(f"running {words[0]} in container {name}", execute)

    def log_tail(self, name, lines):
        """The last lines of a container's log, as text."""
        raw = self._call(f"reading the log of {name}", lambda client: client.logs(name, tail=lines))
        return raw.decode(errors="replace").rstrip()

    def log_since(self, name, since):
        """A container's log from `since` (seconds since the epoch) on, as text."""
        raw = self._call(f"reading the log of {name}", lambda client: client.logs(name, since=since))
        return raw.decode(errors="replace")

    def follow(self, name, since):
        """A queue that gets the lines of a container's log from `since` (seconds since the epoch) on, and None when it has ended."""
        stream = self._call(
            f"following the log of {name}",
            lambda client: client.logs(name, stream=True, follow=True, since=since),
        )
        lines = queue.Queue()
        threading.Thread(target=_feed, args=(stream, lines), daemon=True).start()
        return lines


def _or_none(call, *arguments, **options):
    try:
        return call(*arguments, **options)
    except NotFound:
        return None


def _explained(error):
    return str(error.explanation or error).strip()


def _short(text):
    return text if len(text) < 200 else text[:200] + "…"


def _not_found(text):
    if "network" in text:
        return f"{text}; create the network first (community.docker.docker_network)"
    if "No such image" in text:
        return f"{text}; allow pull, or load the image first"
    return text


def _bridge(network):
    return "bridge" if network == "default" else network


def _feed(stream, lines):
    rest = b""
    try:
        for chunk in stream:
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                lines.put(line.decode(errors="replace").rstrip("\r"))
    except (DockerException, RequestException, OSError, ValueError):
        pass  # the container or the engine is gone; the reader finds out which when the log ends
    if rest:
        lines.put(rest.decode(errors="replace"))
    lines.put(None)


def _converse(stream, text):
    """Send text to an exec's standard input, end it, and collect (stdout, stderr)."""
    sock = getattr(stream, "_sock", stream)
    sock.sendall(text.encode())
    sock.shutdown(1)
    collected = {1: b"", 2: b""}
    for kind, data in frames_iter(stream, tty=False):
        collected[kind] = collected.get(kind, b"") + data
    stream.close()
    return collected[1], collected[2]
