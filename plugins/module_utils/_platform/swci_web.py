# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One SWCI command by the REST interface of a SWCI in web mode (private to the collection).

The routes are those that the platform's own client calls (its document SWCI_APIs): POST /exec?cmd=COMMAND, which answers {"CONTENT": [lines]}, and
POST /uploadTaskDef, which takes the file of a task's definition. All who use the interface share its contexts.
"""

from __future__ import annotations

import json
import os
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlsplit

from ansible.module_utils.urls import open_url, prepare_multipart

from .swci import CONTEXT, address_of, carry_out, is_listed

_TIMEOUT = 120  # seconds; commands that wait are refused
_SHOWN = 500  # bytes of what a server says that is none


def run(params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """swci_command with web_url: what `swci.run` returns. Raises OSError, ValueError."""
    return carry_out(WebSession(params), params["command"], check_mode)


class WebSession:
    """A SWCI in web mode. web_url and the other options `web_…` say where, and how it is trusted; see the module swci_command."""

    def __init__(self, params: dict[str, Any]) -> None:
        self._url = params["web_url"].rstrip("/")
        self._tls = {
            "validate_certs": params["web_validate_certs"],
            "ca_path": params["web_ca_path"],
            "client_cert": params["web_client_cert"],
            "client_key": params["web_client_key"],
        }
        address = address_of(params)
        if address:
            if not is_listed(CONTEXT, self._execute("LIST CONTEXTS")):
                self._execute(f"CREATE CONTEXT {CONTEXT} WITH {address}")
            self._execute(f"SWITCH CONTEXT {CONTEXT}")

    def file(self, path: str) -> str:
        """The text of a task's definition, on the host that runs the module. Raises OSError."""
        with open(path, encoding="utf-8") as stream:
            return stream.read()

    def do(self, line: str) -> str:
        """What a command prints. A task's definition is uploaded first. Raises OSError, ValueError with its error."""
        words = line.split()
        if [word.upper() for word in words[:3]] == ["CREATE", "TASK", "FROM"]:
            self._upload(words[3])
            line = " ".join([*words[:3], os.path.basename(words[3])])
        return self._execute(line)

    def _execute(self, line: str) -> str:
        content = json.loads(self._post(f"/exec?cmd={quote(line)}"))["CONTENT"]
        lines = [each for text in content for each in str(text).splitlines()]
        problem = next((each for each in lines if each.startswith("ERROR")), "")
        if problem:
            raise ValueError(f"{line} failed in the SWCI at {self._url}: {problem}")
        return "\n".join(lines).strip()

    def _upload(self, path: str) -> None:
        kind, body = prepare_multipart({"file": {"filename": path, "mime_type": "application/octet-stream"}})
        self._post("/uploadTaskDef", body, {"Content-Type": kind})

    def _post(self, path: str, data: bytes = b"", headers: dict[str, str] | None = None) -> bytes:
        try:
            answer: bytes = open_url(
                f"{self._url}{path}", data, headers, method="POST", timeout=_TIMEOUT, use_proxy=False, **self._tls
            ).read()
        except HTTPError as error:
            said = error.read(_SHOWN).decode(errors="replace").strip()
            raise OSError(
                f"web_url: {self._url} answers {error.code} to {urlsplit(error.url).path}, not as a SWCI in web mode: {said}"
            ) from error
        except OSError as error:
            remedy = "check web_url, its certificates, and that the SWCI serves its REST interface (web_port of the module swci)"
            raise OSError(f"web_url: {self._url} cannot be asked: {getattr(error, 'reason', error)}; {remedy}") from error
        return answer
