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
from swarmlab.licence import FEATURES
from swarmlab.process import log, run
from swarmlab.web import Answer, Failed, Request, Route, Server

HOME = Path("/hpe")
PORT = 5814
FREES_AFTER_SECONDS = 30 * 60


class Pool:
    """Floating licences of one feature. ``held`` maps a holder to when it was last heard of (epoch, seconds)."""

    def __init__(self, feature: str, capacity: int, held: Mapping[str, float] | None = None):
        self.feature = feature
        self.capacity = capacity
        self.held = dict(held or {})

    def acquire(self, holder: str, now: float) -> None:
        """Give ``holder`` a licence, or count it as heard of. Raises Failed (304 in the text) when none is left."""
        self.held = {each: heard for each, heard in self.held.items() if now - heard < FREES_AFTER_SECONDS}
        if holder not in self.held and len(self.held) >= self.capacity:
            # The platform's own text (its public issue 247), and then the lab's.
            missing = f"acquireLicense: 304: The request for tokens with capacity 1 is not available to issue for feature : {self.feature}"
            held = f"{len(self.held)} of {self.capacity} are held; one frees when its holder stops, or 30 min after it was last heard of"
            raise Failed(409, f"{missing}; {held}")
        self.held[holder] = now

    def release(self, holder: str) -> None:
        """Take the licence back; one that is not held is nobody's mistake."""
        self.held.pop(holder, None)


class Service:
    """The pools behind HTTP, one for each feature with the same capacity, kept in a file."""

    def __init__(self, capacity: int, file: Path):
        self._file = file
        held = storage.load(file) or {}
        self._pools = {feature: Pool(feature, capacity, held.get(feature)) for feature in FEATURES.values()}
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

    def _asked(self, request: Request) -> tuple[str, Pool]:
        """(who asks, the licences of the feature). Raises Failed."""
        body = request.json()
        holder, pool = body.get("holder"), self._pools.get(str(body.get("feature")))
        if not isinstance(holder, str) or not holder:
            raise Failed(400, "holder is missing")
        if pool is None:
            raise Failed(400, f"there is no feature {body.get('feature')}")
        return holder, pool

    def _save(self) -> None:
        storage.save(self._file, {feature: pool.held for feature, pool in self._pools.items() if pool.held})

    def _acquire(self, request: Request) -> Answer:
        holder, pool = self._asked(request)
        with self._lock:
            new = holder not in pool.held
            try:
                pool.acquire(holder, time.time())
            except Failed as refused:
                log("apls").warning("%s: %s", holder, refused)
                raise
            self._save()
        if new:
            log("apls").info("License of %s given to %s (%s of %s)", pool.feature, holder, len(pool.held), pool.capacity)
        return {"feature": pool.feature}

    def _release(self, request: Request) -> Answer:
        holder, pool = self._asked(request)
        with self._lock:
            pool.release(holder)
            self._save()
        log("apls").info("License of %s returned by %s (%s of %s)", pool.feature, holder, len(pool.held), pool.capacity)
        return {}

    def _list(self, _request: Request) -> Answer:
        return {pool.feature: {"capacity": pool.capacity, "held": sorted(pool.held)} for pool in self._pools.values()}


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
    log("apls").info("AutoPass License Server is up on port %s with %s licenses of each feature", port, settings.number("capacity"))
    signal.pause()


if __name__ == "__main__":
    run("apls", main)
