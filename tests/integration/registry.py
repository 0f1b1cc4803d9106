# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A registry of one tiny image, in this process: what an engine pulls from when a test says so."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = "application/vnd.docker.container.image.v1+json"
LAYER = "application/vnd.docker.image.rootfs.diff.tar"


def digest(data):
    """How registries call a blob."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


class Registry:
    """Serves `address/NAME:TAG` for every name and tag; `serve` changes what that is.

    refuses: an HTTP status that every request gets instead, such as 401
    """

    def __init__(self):
        self.blobs, self.manifest, self.refuses, self.manifests_asked = {}, b"", 0, 0
        registry = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                registry.answer(self)

            def do_HEAD(self):
                self.do_GET()

            def log_message(self, *unused):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def serve(self, variant):
        """Serve an image whose only content, a file, says which variant it is."""
        layer = io.BytesIO()
        with tarfile.open(fileobj=layer, mode="w") as tar:
            entry = tarfile.TarInfo("variant")
            entry.size = len(variant)
            tar.addfile(entry, io.BytesIO(variant.encode()))
        rootfs = {"type": "layers", "diff_ids": [digest(layer.getvalue())]}
        config = json.dumps({"architecture": "amd64", "os": "linux", "rootfs": rootfs, "config": {"Cmd": ["/variant"]}}).encode()
        self.blobs = {digest(blob): blob for blob in (config, layer.getvalue())}
        described = [{"mediaType": kind, "size": len(b), "digest": digest(b)} for kind, b in ((CONFIG, config), (LAYER, layer.getvalue()))]
        body = {"schemaVersion": 2, "mediaType": MANIFEST, "config": described[0], "layers": described[1:]}
        self.manifest = json.dumps(body).encode()

    def answer(self, request):
        """Answer one request of an engine."""
        kind = request.path.split("/")[-2]
        data = b"{}" if request.path == "/v2/" else self.blobs.get(request.path.split("/")[-1], b"")
        if kind == "manifests":
            self.manifests_asked += 1
            data = self.manifest
        status = self.refuses or (200 if data else 404)
        data = data or b'{"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]}'
        request.send_response(status)
        if self.refuses == 401:
            request.send_header("WWW-Authenticate", 'Basic realm="test"')
        request.send_header("Content-Type", MANIFEST if kind == "manifests" else "application/octet-stream")
        request.send_header("Docker-Content-Digest", digest(data))
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        if request.command == "GET":
            request.wfile.write(data)

    def close(self):
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
