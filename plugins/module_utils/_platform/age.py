# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Encryption and decryption by the program age, as streams (private to the collection)."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
from typing import IO, TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PROGRAM = "age"


class AgeError(ValueError):
    """Encryption or decryption failed; the text says why and what to do."""


def find() -> str:
    """The path of the program. Raises AgeError if the host does not have it."""
    path = shutil.which(PROGRAM)
    if not path:
        raise AgeError("the program age is not installed on this host: install the package age (Debian, Ubuntu, Fedora, EPEL, openSUSE)")
    return path


@contextlib.contextmanager
def encrypting(target: IO[bytes], recipients: Sequence[str]) -> Iterator[IO[bytes]]:
    """A stream whose content reaches `target` encrypted for the recipients (`age1…`, or SSH public keys). Raises AgeError."""
    command = [find(), *(word for recipient in recipients for word in ("--recipient", recipient))]
    with tempfile.TemporaryFile() as errors:
        # run_command keeps all output in memory.
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=target, stderr=errors)  # pylint: disable=ansible-bad-function
        stream = cast(IO[bytes], process.stdin)
        try:
            with contextlib.suppress(BrokenPipeError):  # age has ended; its exit status is looked at below
                yield stream
                stream.close()
        except BaseException:
            process.kill()
            process.wait()
            raise
        if process.wait():
            raise AgeError(f"the backup was not encrypted: {_said(errors)}; check backup_recipients")


@contextlib.contextmanager
def decrypting(path: str, identity: str) -> Iterator[IO[bytes]]:
    """The decrypted content of a file, as a stream to be read to its end. Raises AgeError if it is not encrypted for the identity, or damaged.

    identity  text of an age identity file (`AGE-SECRET-KEY-1…`); it reaches age through a pipe
    """
    with tempfile.TemporaryFile() as errors:
        command = [find(), "--decrypt", "--identity", "-", path]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors)  # pylint: disable=ansible-bad-function
        try:
            with contextlib.suppress(BrokenPipeError), cast(IO[bytes], process.stdin) as stdin:  # age has ended; see below
                stdin.write(identity.strip().encode() + b"\n")
            yield cast(IO[bytes], process.stdout)
        except Exception as error:
            if _ended(process) and _said(errors):
                raise AgeError(f"{path} cannot be decrypted: {_said(errors)}") from error
            raise
        if _ended(process):
            raise AgeError(f"{path} cannot be decrypted: {_said(errors)}")


def _ended(process: subprocess.Popen[bytes]) -> int:
    """Let age end, whether or not all was read; its exit status."""
    if process.stdout:
        process.stdout.close()
    return process.wait()


def _said(errors: IO[bytes]) -> str:
    errors.seek(0)
    lines = errors.read().decode(errors="replace").splitlines()
    return next((line.removeprefix("age: error: ") for line in lines if line.startswith("age: error:")), "")
