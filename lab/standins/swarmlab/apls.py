# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The License Server: floating licences over HTTPS with a certificate of its own making."""

from __future__ import annotations

import datetime
import signal
import ssl
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from swarmlab import environment, storage
from swarmlab.licence import FEATURE
from swarmlab.process import log, run
from swarmlab.web import Answer, Failed, Request, Route, Server

HOME = Path("/hpe")
PORT = 5814
FREES_AFTER_SECONDS = 30 * 60


class Pool:
    """Floating licences of one feature. ``held`` maps a holder to when it was last heard of (epoch, seconds)."""

    def __init__(self, capacity: int, held: Mapping[str, float] | None = None):
        self.capacity = capacity
        self.held = dict(held or {})

    def acquire(self, holder: str, now: float) -> None:
        """Give ``holder`` a licence, or count it as heard of. Raises Failed (304 in the text) when none is left."""
        self.held = {each: heard for each, heard in self.held.items() if now - heard < FREES_AFTER_SECONDS}
        if holder not in self.held and len(self.held) >= self.capacity:
            missing = f"acquireLicense: 304 The requested 1 tokens with capacity 1 is not available for feature {FEATURE}"
            held = f"{len(self.held)} of {self.capacity} are held; one frees when its holder stops, or 30 min after it was last heard of"
            raise Failed(409, f"{missing}: {held}")
        self.held[holder] = now

    def release(self, holder: str) -> None:
        """Take the licence back; one that is not held is nobody's mistake."""
        self.held.pop(holder, None)


class Service:
    """The pool behind HTTP, kept in a file."""

    def __init__(self, capacity: int, file: Path):
        self._file = file
        self._pool = Pool(capacity, storage.load(file))
        self._lock = threading.Lock()

    def routes(self) -> list[Route]:
        """What is served."""
        return [
            ("GET", "/", lambda request: "AutoPass License Server\n"),
            ("GET", "/autopass", lambda request: "AutoPass License Server\n"),
            ("GET", "/licenses", self._list),
            ("POST", "/acquire", self._acquire),
            ("POST", "/heartbeat", self._acquire),
            ("POST", "/release", self._release),
        ]

    def _holder(self, request: Request) -> str:
        holder = request.json().get("holder")
        if not isinstance(holder, str) or not holder:
            raise Failed(400, "holder is missing")
        return holder

    def _acquire(self, request: Request) -> Answer:
        holder = self._holder(request)
        with self._lock:
            new = holder not in self._pool.held
            try:
                self._pool.acquire(holder, time.time())
            except Failed as refused:
                log("apls").warning("%s: %s", holder, refused)
                raise
            storage.save(self._file, self._pool.held)
        if new:
            log("apls").info("License given to %s (%s of %s)", holder, len(self._pool.held), self._pool.capacity)
        return {"feature": FEATURE}

    def _release(self, request: Request) -> Answer:
        holder = self._holder(request)
        with self._lock:
            self._pool.release(holder)
            storage.save(self._file, self._pool.held)
        log("apls").info("License returned by %s (%s of %s)", holder, len(self._pool.held), self._pool.capacity)
        return {}

    def _list(self, _request: Request) -> Answer:
        return {"feature": FEATURE, "capacity": self._pool.capacity, "held": sorted(self._pool.held)}


def certificate(path: Path) -> ssl.SSLContext:
    """A server context with the self-signed certificate in ``path``, which is made when it is not there."""
    if not path.exists():
        from cryptography import x509
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "AutoPass License Server")])
        now = datetime.datetime.now(datetime.timezone.utc)
        made = (
            x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=3650))
            .sign(key, SHA256())
        )
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        storage.write(path, private + made.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def main(environ: Mapping[str, str], home: Path = HOME, port: int = PORT) -> None:
    """Serve until SIGTERM."""
    settings = environment.read("apls", environ)
    service = Service(settings.number("capacity"), home / "licenses.json")
    Server(port, service.routes(), None, certificate(home / "apls.pem")).start()
    log("apls").info("AutoPass License Server is up on port %s with %s licenses of %s", port, settings.number("capacity"), FEATURE)
    signal.pause()


if __name__ == "__main__":
    run("apls", main)
