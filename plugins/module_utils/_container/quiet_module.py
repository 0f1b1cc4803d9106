# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module that writes nothing of its parameters to the host's system log (private to the collection)."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule


class QuietModule(AnsibleModule):  # type: ignore[misc]
    """An AnsibleModule whose parameters, such as environments and contents of files, do not come into the journal.

    `no_log` of the constructor does not keep them out: Ansible sets it again, from the task.
    """

    def _log_invocation(self) -> None:
        pass
