# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the collection from the tracked files, and import it as Galaxy would: what Galaxy would refuse fails here."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from sanity import copy_tracked_files

BIN = Path(sys.executable).parent
CONFIGURATION = Path(__file__).with_name("importer.cfg")
CAUSES = ("ERROR", "WARNING")


def imported(tarball):
    """The importer's exit status, and what it says."""
    done = subprocess.run(
        [BIN / "python", "-m", "galaxy_importer.main", tarball],
        env={**os.environ, "GALAXY_IMPORTER_CONFIG": str(CONFIGURATION), "PATH": f"{BIN}:{os.environ['PATH']}"},
        cwd=tarball.parent,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.returncode, done.stdout.splitlines()


def main():
    """Return 0 when Galaxy would take the collection without a word."""
    with tempfile.TemporaryDirectory(prefix="swarm-learning-importer-") as scratch:
        tree = Path(scratch) / "collection"
        copy_tracked_files(tree)
        build = [BIN / "ansible-galaxy", "collection", "build", "--output-path", scratch, tree]
        subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
        status, said = imported(next(Path(scratch).glob("*.tar.gz")))
    found = [line for line in said if line.startswith(CAUSES)]
    shown = said if status else found or said[-1:]
    print("\n".join(shown))
    return status or bool(found)


if __name__ == "__main__":
    sys.exit(main())
