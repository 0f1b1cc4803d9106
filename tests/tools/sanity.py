# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run `ansible-test sanity --venv` on a copy of the tracked files, in the directory layout that ansible-test requires.

Arguments are passed to ansible-test: `sanity.py --test validate-modules` runs that test alone.
"""

import importlib.util
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PYTHON = (
    f"{sys.version_info.major}.{sys.version_info.minor}"  # the others on a machine are not ours to count on; ruff holds the older syntax
)
SECONDS = 10  # a server that is out of reach may never answer


def pip_version():
    """The version of pip that ansible-test puts into its environments; it names the file it looks for after it."""
    package = Path(importlib.util.find_spec("ansible_test").origin).parent
    return re.search(r"\bpip='([\d.]+)'", (package / "_internal/python_requirements.py").read_text(encoding="utf-8"))[1]


def provide_get_pip():
    """Put get-pip where ansible-test looks for it: the real one, or our stand-in where the download fails."""
    version = pip_version()
    cached = Path.home() / ".ansible/test/cache" / f"get_pip_{version.replace('.', '_')}.py"
    if cached.exists():
        return
    cached.parent.mkdir(parents=True, exist_ok=True)
    url = f"https://ci-files.testing.ansible.com/ansible-test/get-pip-{version}.py"
    try:
        with urllib.request.urlopen(url, timeout=SECONDS) as answer:
            cached.write_bytes(answer.read())
    except (urllib.error.URLError, OSError) as error:
        print(f"sanity: {url} cannot be reached ({error}); ansible-test gets pip from ensurepip instead")
        shutil.copyfile(Path(__file__).with_name("get_pip.py"), cached)


def copy_tracked_files(target):
    """Copy what git tracks, as it stands in the working tree, below `target`; a file deleted but not yet committed is left out."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    for name in filter(None, listed.split("\0")):
        source = ROOT / name
        if source.is_symlink() or source.exists():
            copy = target / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, copy, follow_symlinks=False)


def main(arguments):
    """Return ansible-test's exit status."""
    provide_get_pip()
    with tempfile.TemporaryDirectory(prefix="swarm-learning-sanity-") as scratch:
        tree = Path(scratch) / "ansible_collections/swarm/learning"
        copy_tracked_files(tree)
        ansible_test = Path(sys.executable).with_name("ansible-test")
        return subprocess.run(
            [ansible_test, "sanity", "--venv", "--python", PYTHON, "--color", "no", *arguments], cwd=tree, check=False
        ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
