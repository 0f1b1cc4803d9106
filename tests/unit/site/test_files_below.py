# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of a role in a directory of the host."""

import pytest
from ansible_collections.swarm.learning.plugins.plugin_utils._files_below import below


@pytest.mark.parametrize(
    ("contents", "file", "directories", "files"),
    [
        ({"a": "text", "b.yml": {"z": 1, "a": ["x"]}}, "", ["/d"], {"/d/a": "text", "/d/b.yml": "z: 1\na:\n- x\n"}),
        ({"one": {"n": 1}, "two": {"n": 2}}, "p.yml", ["/d/one", "/d/two"], {"/d/one/p.yml": "n: 1\n", "/d/two/p.yml": "n: 2\n"}),
        ({}, "", ["/d"], {}),
    ],
)
def test_files(contents, file, directories, files):
    found = below("/d", contents, file)
    assert found["directories"] == [{"path": path, "mode": "0700"} for path in directories]
    assert found["files"] == [{"path": path, "content": content, "mode": "0600"} for path, content in files.items()]
