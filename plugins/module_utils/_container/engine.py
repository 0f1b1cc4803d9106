# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The only file that talks to the Docker SDK for Python (private to the collection).

Every failure is raised as an EngineError whose message says what is wrong and what to do.
"""

from __future__ import annotations

import collections
import hashlib
import io
import os
import queue
import re
import shutil
import socket
import tarfile
import tempfile
import threading
import traceback
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, TypeVar, cast

from . import podman as _podman
from . import spec as _spec
from .host import Host
from .ready_signal import ENGINE_SOCKET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from _typeshed import MaybeNone

    from .spec import ContainerSpec

try:
    import docker
    from docker.errors import APIError, DockerException, NotFound
    from requests.exceptions import ConnectionError as NoConnection
    from requests.exceptions import RequestException
    from urllib3.exceptions import HTTPError
except ImportError:
    DOCKER_IMPORT_ERROR: str | None = traceback.format_exc()
    SDK_VERSION: str = "0"
else:
    DOCKER_IMPORT_ERROR = None
    SDK_VERSION = docker.__version__

# Docker Engine 20.10 to 28 and Podman support it, so no call is needed to ask; others are asked.
_COMMON_API_VERSION = "1.41"
_NO_ENGINE = {
    "No such file": "the socket does not exist",
    "refused": "nothing listens there",
    "Name or service not known": "the host name cannot be resolved",
    "closed connection without response": "it closed the connection",
    "reset by peer": "it closed the connection",
    "Remote end closed": "it closed the connection",
}
_REFUSALS = ("unauthorized", "access to the resource is denied", "authentication required", "no basic auth credentials")
_NOT_STARTED = re.compile(r"\AOCI runtime exec failed: .*\bread init-p: connection reset by peer")
_OTHER_API_VERSION = re.compile(r"client version .* is too (old|new)")
_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class LogSearch:
    """Result of a search in a log.

    readable  whether the log can be read at all
    found     whether the pattern is in it
    whole     whether all of it was looked at
    first     the engine's time of its first line, as it writes it; empty if there is none
    """

    readable: bool = True
    found: bool = False
    whole: bool = True
    first: str = ""


class EngineError(Exception):
    """The engine did not do what it was asked to."""


class Engine:
    """A Docker Engine, or Podman through its Docker-compatible API.

    params: the module's engine options (docker_host, tls, validate_certs, ca_path, client_cert, client_key, api_version, timeout).
    """

    def __init__(self, params: dict[str, Any]) -> None:
        self._params = params
        self._client: Any = None
        self._podman: str | MaybeNone = None
        self.address: str = params["docker_host"]

    def _connect(self, version: str) -> Any:
        p = self._params
        tls = None
        if p["tls"] or p["validate_certs"]:
            pair = (p["client_cert"], p["client_key"]) if p["client_cert"] and p["client_key"] else None
            tls = docker.tls.TLSConfig(client_cert=pair, ca_cert=p["ca_path"], verify=bool(p["validate_certs"]))
        address = p["docker_host"]
        if tls and address.startswith("tcp://"):
            address = "https://" + address.removeprefix("tcp://")
        client = docker.APIClient(base_url=address, tls=tls, version=version, timeout=p["timeout"])
        client.trust_env = False  # proxies and CAs of the environment are for other servers; the options are for this one
        client.hooks["response"].append(self._notice)
        return client

    def _notice(self, response: Any, *_unused: object, **_also_unused: object) -> None:
        self._podman = response.headers.get(_podman.HEADER, "")

    @property
    def podman(self) -> str:
        """Podman's version; empty for a Docker Engine. Every answer contains it, so the engine is asked only if there was none yet."""
        if self._podman is None:
            self._call("asking the engine what it is", lambda client: client.ping())
        return self._podman

    @contextmanager
    def _words(self, doing: str) -> Iterator[None]:
        """Turn the SDK's exceptions into an EngineError that says what was being done."""
        try:
            yield
        except NotFound as error:
            raise EngineError(f"{doing}: {_not_found(_explained(error))}") from error
        except APIError as error:
            raise EngineError(f"{doing}: {self._api_error(_explained(error))}") from error
        except (DockerException, RequestException, OSError) as error:
            raise EngineError(f"{doing}: {self._no_answer(error)}") from error

    def _call(self, doing: str, call: Callable[[Any], _Answer]) -> _Answer:
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

    def _no_answer(self, error: Exception) -> str:
        text = str(error)
        if "Permission denied" in text:
            return f"no permission to use {self.address}; run the task with become, or as a member of the group that owns the socket"
        if "timed out" in text.lower():
            return f"{self.address} did not answer within {self._params['timeout']} s; raise timeout, or check the engine's log"
        if "certificate" in text.lower():
            return f"{self.address} and this host do not trust each other ({_short(text)}); check ca_path, client_cert and client_key"
        if isinstance(error, (NoConnection, DockerException)):
            why = next((words for sign, words in _NO_ENGINE.items() if sign in text), _short(text))
            return f"no engine answers at {self.address}, because {why}; start Docker, or set docker_host to its address"
        return f"{_short(text)}; the connection to {self.address} was lost, or a file cannot be used"

    def _api_error(self, text: str) -> str:
        if "port is already allocated" in text or "address already in use" in text:
            return f"{text}; {self._holder(text)}"
        if "unresolvable CDI devices" in text:
            return (
                f"{text}; generate the CDI specification of the GPUs first (nvidia-ctk cdi generate); nvidia-ctk cdi list shows their names"
            )
        if "no space left" in text:
            return f"{text}; free space where the engine keeps its data"
        if "bind source path does not exist" in text or ("read-only file system" in text and "mount" in text):
            return f"{text}; the engine cannot see that path; create it, or, if Docker is a snap, use a path that snaps can access"
        if any(refusal in text for refusal in _REFUSALS):
            return f"{text}; log in to the registry first (community.docker.docker_login)"
        return text

    def _holder(self, text: str) -> str:
        ports = re.findall(r":(\d+)(?= failed: port is|: bind: address|/tcp: address| address already)", text)
        if not ports:
            return "the port is in use; choose a different port, or run `ss -ltnp` to see what uses it"
        port = int(ports[-1])
        for container in self.publishing():
            if any(p.get("PublicPort") == port for p in container.get("Ports") or ()):
                return f"port {port} is in use by container {container['Names'][0].lstrip('/')}; stop it, or choose a different port"
        who = Host().listener(port) if self.address.startswith("unix:") else ""
        return f"port {port} is in use{' by ' + who if who else ''}; choose a different port, or run `ss -ltnp` to see what uses it"

    # --- looking ---------------------------------------------------------------------------------------------------

    def publishing(self) -> list[dict[str, Any]]:
        """The engine's summaries of all containers, with all the ports that they publish."""
        found = self.containers({})
        if not self.podman:
            return found
        inspects = {one["Id"]: self.inspect(one["Id"]) for one in found if one.get("Ports")}
        return [_podman.with_ports(one, inspects.get(one["Id"])) for one in found]

    def inspect(self, name: str) -> dict[str, Any] | None:
        """The engine's inspect of a container by its name or full ID; None if there is none. The engine also accepts the beginning of an ID."""
        found = self._call(f"looking at container {name}", lambda client: _or_none(client.inspect_container, name))
        return found if found and name in (found["Name"].lstrip("/"), found["Id"]) else None

    def image(self, reference: str) -> dict[str, Any] | None:
        """The engine's inspect of an image; None if it does not exist."""
        found = self._call(f"looking at image {reference}", lambda client: _or_none(client.inspect_image, reference))
        return _podman.image(found) if found and self.podman else found

    def volume(self, name: str) -> dict[str, Any] | None:
        """The engine's inspect of a volume; None if there is none."""
        return self._call(f"looking at volume {name}", lambda client: _or_none(client.inspect_volume, name))

    def network(self, name: str) -> dict[str, Any] | None:
        """The engine's inspect of a network; None if none has that name or ID."""
        return self._call(f"looking at network {name}", lambda client: _or_none(client.inspect_network, name))

    def registry_has(self, reference: str, image: dict[str, Any]) -> bool:
        """Whether the registry serves that very image (the engine's image inspect) under the reference; Podman cannot ask: always."""
        if self.podman:
            return True

        def ask(client: Any) -> bool:
            digest = client.inspect_distribution(reference)["Descriptor"]["digest"]
            return any(known.endswith(f"@{digest}") for known in image.get("RepoDigests") or ())

        return self._call(f"asking the registry for {reference}", ask)

    def distribution(self, reference: str, login: dict[str, str] | None = None) -> dict[str, Any]:
        """{digest, platforms} of an image as its registry serves it, without pulling. Podman cannot ask.

        login: {username, password}; without it, the engine asks with the login that the host has. platforms: such as `linux/amd64`.
        """

        def ask(client: Any) -> dict[str, Any]:
            found = client.inspect_distribution(reference, auth_config=login)
            platforms = [f"{one.get('os', '')}/{one.get('architecture', '')}" for one in found.get("Platforms") or ()]
            return {"digest": found["Descriptor"]["digest"], "platforms": platforms}

        return self._call(f"asking the registry for {reference}", ask)

    def containers(self, filters: dict[str, Any]) -> list[dict[str, Any]]:
        """The summaries of all containers, running or not, that the filters let through."""
        return self._call("listing containers", lambda client: client.containers(all=True, filters=filters))

    def mounting(self, path: str) -> set[str]:
        """The IDs of all containers that have a mount at a path. Podman's own filter does not know where something is mounted."""
        if not self.podman:
            return {one["Id"] for one in self.containers({"volume": [path]})}
        inspects = [self.inspect(one["Id"]) for one in self.containers({})]
        return {one["Id"] for one in inspects if one and any(mount.get("Destination") == path for mount in one.get("Mounts") or ())}

    def volumes(self, labels: dict[str, str]) -> list[dict[str, Any]]:
        """The engine's inspect of each of its volumes with these labels."""
        filters = {"label": [f"{key}={value}" for key, value in labels.items()]}
        return self._call("listing volumes", lambda client: client.volumes(filters=filters)["Volumes"] or [])

    def networks(self) -> list[dict[str, Any]]:
        """The engine's inspect of each of its networks."""
        return self._call("listing networks", lambda client: client.networks())

    def info(self) -> dict[str, Any]:
        """What the engine reports about itself."""
        return self._call("asking the engine about itself", lambda client: client.info())

    def socket(self) -> str:
        """The path of the engine's own socket on its host."""
        if not self.podman:
            return ENGINE_SOCKET

        def ask(client: Any) -> Any:
            return client._result(client._get(client._url("/libpod/info")), json=True)

        info = self._call("asking Podman for its socket", ask)
        path: str = info["host"]["remoteSocket"]["path"].removeprefix("unix://")
        return path

    # --- changing --------------------------------------------------------------------------------------------------

    def pull(self, reference: str) -> None:
        """Pull an image. Raises EngineError if the registry does not have it, or refuses the login."""

        def pull(client: Any) -> None:
            name, _at, digest = reference.partition("@")
            path, slash, last = name.rpartition("/")
            last, _colon, tag = last.partition(":")
            for line in client.pull(f"{path}{slash}{last}", tag=digest or tag or "latest", stream=True, decode=True):
                problem = line.get("error") or (line.get("errorDetail") or {}).get("message")
                if problem:
                    raise EngineError(f"pulling {reference}: {self._api_error(problem)}")

        self._call(f"pulling {reference}", pull)

    def load(self, path: str) -> None:
        """Load the images of an archive that an engine has saved."""

        def load(client: Any) -> None:
            with open(path, "rb") as archive:
                for line in client.load_image(archive):
                    if line.get("error"):
                        raise EngineError(f"loading {path}: {self._api_error(line['error'])}")

        self._call(f"loading {path}", load)

    def create(self, spec: ContainerSpec) -> str:
        """Create a container and return its ID."""
        body = _podman.to_podman(_spec.to_api(spec)) if self.podman else _spec.to_api(spec)

        def create(client: Any) -> str:
            container_id: str = client.create_container_from_config(body, spec.name)["Id"]
            return container_id

        return self._call(f"creating container {spec.name}", create)

    def start(self, name: str) -> None:
        self._call(f"starting container {name}", lambda client: client.start(name))

    def wait(self, name: str, timeout: int) -> int:
        """The exit code of a container, once it has ended. Raises EngineError when it has not within so many seconds."""
        code: int = self._call(f"waiting for container {name}", lambda client: client.wait(name, timeout=timeout))["StatusCode"]
        return code

    def stop(self, name: str, timeout: int) -> None:
        """Stop a container; it is no error if it no longer exists, for example because it ran with --rm."""
        self._call(f"stopping container {name}", lambda client: _or_none(client.stop, name, timeout=timeout))

    def restart(self, name: str, timeout: int) -> None:
        self._call(f"restarting container {name}", lambda client: client.restart(name, timeout=timeout))

    def pause(self, name: str) -> None:
        self._call(f"pausing container {name}", lambda client: client.pause(name))

    def unpause(self, name: str) -> None:
        self._call(f"unpausing container {name}", lambda client: client.unpause(name))

    def rename(self, name: str, new_name: str) -> None:
        self._call(f"renaming container {name}", lambda client: client.rename(name, new_name))

    def remove(self, name: str) -> None:
        """Remove a container, running or not, with its anonymous volumes; it is no error if it no longer exists."""

        def remove(client: Any) -> None:
            try:
                _or_none(client.remove_container, name, v=True, force=True)
            except APIError as error:
                if "already in progress" not in _explained(error):
                    raise
                _or_none(client.wait, name, condition="removed")

        self._call(f"removing container {name}", remove)

    def create_volume(self, name: str) -> dict[str, Any]:
        """Create a volume and return what the engine says of it."""
        return self._call(f"creating volume {name}", lambda client: client.create_volume(name))

    def discard(self, kind: str, name: str) -> None:
        """Remove a `network` or a `volume`."""
        self._call(f"removing {kind} {name}", lambda client: _or_none(getattr(client, f"remove_{kind}"), name))

    def update(self, spec: ContainerSpec, changes: dict[str, Any]) -> None:
        """Change limits or the restart policy of the container that `spec` describes: a mapping as the Engine API's update takes."""
        if self.podman:
            changes = _podman.limits(changes, _spec.restart_policy_to_api(spec.restart_policy))

        def update(client: Any) -> None:
            # The SDK's update_container has no NanoCpus.
            client._raise_for_status(client._post_json(client._url("/containers/{0}/update", spec.name), data=changes))

        self._call(f"updating container {spec.name}", update)

    def move_network(self, name: str, old: str, new: str, aliases: Iterable[str]) -> None:
        """Connect a running container to network `new` with these aliases, and disconnect it from `old`."""

        def move(client: Any) -> None:
            if old == new:
                client.disconnect_container_from_network(name, _bridge(old))
            client.connect_container_to_network(name, _bridge(new), aliases=list(aliases) or None)
            if old != new:
                client.disconnect_container_from_network(name, _bridge(old))

        self._call(f"moving container {name} to network {new}", move)

    def leave_network(self, name: str, network: str) -> None:
        """Disconnect a container from a network."""
        self._call(f"taking container {name} out of network {network}", lambda c: c.disconnect_container_from_network(name, network))

    def put_file(self, name: str, path: str, text: str, mode: int) -> None:
        """Write a file into a container, running or not; mode as an integer such as 0o644."""
        self.send(name, path, io.BytesIO(text.encode()), mode)

    def send(self, name: str, path: str, content: IO[bytes], mode: int) -> None:
        """Write a file of any size into a container, running or not, from where `content` stands to its end."""
        with tempfile.TemporaryFile() as archive:
            entry = tarfile.TarInfo(os.path.basename(path))
            archive.write(entry.tobuf())  # in its place, until the size is known
            shutil.copyfileobj(content, archive)
            entry.size, entry.mode = archive.tell() - tarfile.BLOCKSIZE, mode
            # tarfile itself pads the data after the end mark; Podman stops reading there, and fails if the rest is sent.
            archive.write(bytes(-entry.size % tarfile.BLOCKSIZE) + bytes(2 * tarfile.BLOCKSIZE))
            archive.seek(0)
            archive.write(entry.tobuf())

            def send(client: Any) -> None:
                archive.seek(0)
                client.put_archive(name, os.path.dirname(path), archive)

            self._call(f"copying {path} into container {name}", send)

    def fetch(self, name: str, path: str, target: IO[bytes]) -> None:
        """Copy a file of any size out of a container, running or not, to where `target` stands."""

        def fetch(client: Any) -> None:
            with tempfile.TemporaryFile() as archive:
                for block in client.get_archive(name, path)[0]:
                    archive.write(block)
                archive.seek(0)
                with tarfile.open(fileobj=archive) as tar:
                    entry: Any = tar.next()
                    shutil.copyfileobj(cast(IO[bytes], tar.extractfile(entry)), target)

        self._call(f"copying {path} out of container {name}", fetch)

    def checksum(self, name: str, path: str) -> str:
        """The SHA-256, in hex, of a file in a container, running or not; empty if there is no such file."""
        content = self.read(name, path)
        return "" if content is None else hashlib.sha256(content).hexdigest()

    def read(self, name: str, path: str) -> bytes | None:
        """The content of a file in a container, running or not; None if there is no such file."""

        def read(client: Any) -> bytes | None:
            found = _or_none(client.get_archive, name, path)
            if not found:
                return None
            with tarfile.open(fileobj=io.BytesIO(b"".join(found[0]))) as tar:
                entry: Any = tar.next()
                file = tar.extractfile(entry)
                return file.read() if file else None

        return self._call(f"reading {path} in container {name}", read)

    # --- inside ----------------------------------------------------------------------------------------------------

    def execute(self, name: str, words: Sequence[str], stdin: str | None = None) -> tuple[int, str, str]:
        """Run a command in a container and return (exit code, stdout, stderr) as text; `stdin` is text for its standard input.

        A command that the runtime of a busy machine could not start (moby/moby#40399) is tried once more: nothing of it has run.
        """

        def execute(client: Any) -> tuple[int, str, str]:
            made = client.exec_create(name, list(words), stdin=stdin is not None)
            if stdin is None:
                out, err = _answer(client, made["Id"])
            else:
                out, err = _converse(client, made["Id"], stdin)
            return client.exec_inspect(made["Id"])["ExitCode"], out.decode(), err.decode()

        if stdin is not None and self.address.startswith(("tcp:", "https:")) and (self._params["tls"] or self._params["validate_certs"]):
            raise EngineError(
                f"running {words[0]} in container {name}: the command needs input, which cannot be sent over TLS; run the module on the "
                "engine's own host, with docker_host set to its socket"
            )
        doing = f"running {words[0]} in container {name}"
        done = self._call(doing, execute)
        return self._call(doing, execute) if done[0] and _NOT_STARTED.search(f"{done[1]}{done[2]}") else done

    def log_tail(self, name: str, lines: int | str) -> str:
        """The last lines of a container's log, as text; none if the container no longer exists."""
        raw = self._call(f"reading the log of {name}", lambda client: _or_none(client.logs, name, tail=lines))
        text: str = (raw or b"").decode(errors="replace").rstrip()
        return text

    def spoke_at(self, name: str) -> str:
        """When a container last wrote to its log, as the engine writes times; empty if it never has."""
        raw = self._call(f"reading the log of {name}", lambda client: _or_none(client.logs, name, tail=1, timestamps=True))
        return (raw or b"").decode(errors="replace").partition(" ")[0]

    def log_end(self, inspect: dict[str, Any], since: float, most: int) -> str:
        """The last `most` bytes of what a container's log has from `since` (seconds since the epoch) on, as text of whole lines."""

        def read(client: Any) -> str:
            return end_of(client.logs(inspect["Id"], since=since, stream=True, follow=False, timestamps=True), most)

        return self._call(f"reading the log of {inspect['Name'].lstrip('/')}", read)

    def log_search(self, inspect: dict[str, Any], since: float, pattern: str, most: int) -> LogSearch:
        """Look for a pattern in the first `most` bytes of a container's log from `since` (seconds since the epoch) on."""

        def search(client: Any) -> LogSearch:
            url = client._url("/containers/{0}/logs", inspect["Id"])
            asked = {"stdout": 1, "stderr": 1, "follow": 0, "timestamps": 1, "since": f"{since:.9f}"}
            response = client._get(url, params=asked, stream=True)
            try:
                return search_log(client._get_result_tty(True, response, inspect["Config"]["Tty"]), pattern, most)
            finally:
                response.close()

        try:
            return self._call(f"reading the log of {inspect['Name'].lstrip('/')}", search)
        except EngineError:
            return LogSearch(readable=False)  # its log driver keeps no readable log

    def follow(self, inspect: dict[str, Any], since: float, tail: int | str = "all") -> queue.Queue[str | None]:
        """A queue that gets the lines of a container's log from `since` (seconds since the epoch) on, and None when it has ended.

        inspect: what the engine says of the container. A container that no longer exists has no lines. tail: at most so many of the lines until now.
        """

        def follow(client: Any) -> Any:
            # The SDK's logs() would inspect the container once more, only to find out whether it has a terminal.
            url = client._url("/containers/{0}/logs", inspect["Id"])
            asked = {"stdout": 1, "stderr": 1, "follow": 1, "since": f"{since:.9f}", "tail": tail}
            response = client._get(url, params=asked, stream=True, timeout=None)
            return client._get_result_tty(True, response, inspect["Config"]["Tty"])

        lines: queue.Queue[str | None] = queue.Queue()
        stream = self._call(f"following the log of {inspect['Name'].lstrip('/')}", lambda client: _or_none(follow, client)) or ()
        threading.Thread(target=_feed, args=(stream, lines), daemon=True).start()
        return lines


def _or_none(call: Callable[..., _Answer], *arguments: Any, **options: Any) -> _Answer | None:
    try:
        return call(*arguments, **options)
    except NotFound:
        return None


def _explained(error: Any) -> str:
    return str(error.explanation or error).strip()


def _short(text: str) -> str:
    return text if len(text) < 200 else text[:200] + "…"


def _not_found(text: str) -> str:
    if "network" in text:
        return f"{text}; create the network first (community.docker.docker_network)"
    if "No such image" in text:
        return f"{text}; allow pull, or load the image first"
    return text


def _bridge(network: str) -> str:
    return "bridge" if network == "default" else network


def _feed(stream: Iterable[bytes | str], lines: queue.Queue[str | None]) -> None:
    rest = b""
    try:
        for chunk in stream:  # a string where the engine calls the log of a terminal text
            *whole, rest = (rest + (chunk.encode() if isinstance(chunk, str) else chunk)).split(b"\n")
            for line in whole:
                lines.put(line.decode(errors="replace").rstrip("\r"))
    except (DockerException, RequestException, HTTPError, OSError, ValueError):
        pass  # the container or the engine has stopped; the reader finds out which when the log ends
    finally:
        if rest:
            lines.put(rest.decode(errors="replace"))
        lines.put(None)


def end_of(stream: Iterable[bytes], most: int) -> str:
    """The last `most` bytes of a stream as text of whole lines, with a note if there was more; only that much is held in memory."""
    held: collections.deque[bytes] = collections.deque()
    size, cut = 0, False
    for block in stream:
        held.append(block)
        size += len(block)
        while size - len(held[0]) >= most:
            size -= len(held.popleft())
            cut = True
    text = b"".join(held)
    if cut or len(text) > most:
        return f"(earlier lines left out)\n{text[-most:].partition(chr(10).encode())[2].decode(errors='replace')}"
    return text.decode(errors="replace")


def search_log(stream: Iterable[bytes], pattern: str, most: int) -> LogSearch:
    """Look for a pattern in the lines of a stream, each with the engine's time before it, up to `most` bytes."""
    wanted, rest, first, read = re.compile(pattern), b"", "", 0
    for chunk in stream:
        read += len(chunk)
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            time, _space, text = line.decode(errors="replace").partition(" ")
            first = first or time
            if wanted.search(text):
                return LogSearch(found=True, first=first)
        if read > most:
            return LogSearch(whole=False, first=first)
    time, _space, text = rest.decode(errors="replace").partition(" ")
    return LogSearch(found=bool(wanted.search(text)), first=first or time)


def _answer(client: Any, exec_id: str) -> tuple[bytes, bytes]:
    """(stdout, stderr) of an exec without input. The protocol is not changed for it, as the SDK does: what comes at once with the engine's
    consent to that is lost when the client is late."""
    response = _start_exec(client, exec_id, {})
    try:
        return _frames(response.raw.read)
    finally:
        response.close()


def _start_exec(client: Any, exec_id: str, headers: dict[str, str]) -> Any:
    response = client._post_json(
        client._url("/exec/{0}/start", exec_id), headers=headers, data={"Tty": False, "Detach": False}, stream=True
    )
    client._raise_for_status(response)
    return response


def _frames(read: Callable[[int], bytes]) -> tuple[bytes, bytes]:
    """(stdout, stderr) of the engine's frames: a byte for the stream, three empty ones, four for the length, the content."""
    collected = {1: b"", 2: b""}
    while True:
        head = _exactly(read, 8)
        if len(head) < 8:
            return collected[1], collected[2]
        content = _exactly(read, int.from_bytes(head[4:], "big"))
        collected[head[0]] = collected.get(head[0], b"") + content


def _exactly(read: Callable[[int], bytes], size: int) -> bytes:
    """So many bytes; fewer where the stream has ended."""
    content = b""
    while len(content) < size:
        more = read(size - len(content))
        if not more:
            break
        content += more
    return content


def _converse(client: Any, exec_id: str, text: str) -> tuple[bytes, bytes]:
    """Send text to an exec's standard input, end it, and collect (stdout, stderr)."""
    response = _start_exec(client, exec_id, {"Connection": "Upgrade", "Upgrade": "tcp"})
    # What came together with the engine's consent stands in this reader already.
    reader = response.raw._fp.fp
    try:
        connection = reader.raw._sock
        connection.sendall(text.encode())
        connection.shutdown(socket.SHUT_WR)
        return _frames(reader.read)
    finally:
        response.close()
