# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a container's configuration on the host tells about when it changed."""

import os

from ansible_collections.swarm.learning.plugins.module_utils._container.host import Host


def test_a_link_that_leads_nowhere_is_as_old_as_the_link(tmp_path):
    (tmp_path / "server.conf").write_text("x")
    (tmp_path / "gone.conf").symlink_to("nowhere")
    (tmp_path / "note.txt").write_text("x")
    os.utime(tmp_path / "server.conf", (5, 5))
    os.utime(tmp_path / "gone.conf", (7, 7), follow_symlinks=False)
    assert Host().modified(str(tmp_path), (".conf",)) == 7
    assert Host().modified(str(tmp_path), (".pem",)) == 0
    assert Host().kind(str(tmp_path / "gone.conf")) == "missing"
