# SPDX-FileCopyrightText: The swarm.learning authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make docs`: write docs/contract.md, the tables of `_releases` as a page for people."""

from __future__ import annotations

from ansible_collections.swarm.learning.plugins.module_utils._releases import RELEASES, SAME, Component, Option, Ready

from lab.playbook_runner import ROOT

PAGE = ROOT / "docs/contract.md"
HEAD = """<!-- SPDX-FileCopyrightText: The swarm.learning authors -->
<!-- SPDX-License-Identifier: GPL-3.0-or-later -->
<!-- Written by `make docs` from plugins/module_utils/_releases.py; a test keeps it so. -->
# What each option does to its container

One table per component, one row per option. Releases with the same rows share a table. Options that every component takes
(`env`, `volumes`, `memory` and so on) do what `docker run` does with them; `ansible-doc swarm.learning.sn` has them all.
"""
RULES = {
    "model_program": "`run PROGRAM`; without model_dir the file is mounted at `/platform/swarmml/model/`",
    "socket_path": "a socket file is mounted in `/tmp/spire-agent`; the volume of the other forms at `/tmp/spire-agent`",
    "swop_uid": "`SWOP_UID`, and that user's primary group as `SWOP_GID`; the calling user by default",
    "docker_group_id": "the group that owns the socket by default",
    "web_port": "also sets `SWCI_MODE=WEB`",
    "bind_address": "`web_port` is published at this address only: `A:P:P`",
    "choice": "selects the image",
    "local_spire_server": "the address of the SPIRE Server's container on this host, if neither server_address nor config has one",
    "ml": "a second container, with the first one's volumes",
    "configuration": "read-only, a directory or one file in it",
}


def effect(option: Option) -> str:
    """What an option does, in words."""
    said = []
    if option.derives:
        target, component = option.derives
        alone = f", or, without a name, of the only running {component}" if option.by_image else ""
        said.append(f"`{target}` from the address of the container of this name{alone}")
    if option.env:
        said.append(f"`{option.env}{'=1' if option.kind == 'flag' else ''}`")
    if option.publish:
        inside = "P" if option.publish == SAME else option.publish
        instead = f", or what `{option.port_by}` does" if option.port_by else ""
        without = f" (without a port: {option.port}{instead})" if option.port else ""
        said.append(f"publishes `P:{inside}`{without}")
    if option.mount:
        mode = f", {option.mode}" if option.mode else ""
        said.append(f"mounted at {'its own path' if option.mount == SAME else f'`{option.mount}`'}{mode}")
    if option.argument:
        said.append(f"argument `{option.argument}`")
    if option.kind in RULES:
        said.append(RULES[option.kind])
    return "; ".join(said)


def default(option: Option) -> str:
    """The value when none is given."""
    if option.local_default:
        return f"{option.local_default} where host_ip is this host"
    return "" if option.default in (None, "") else str(option.default)


def _notes(component: Component) -> list[str]:
    notes = [f"Image: `{component.registry}/{component.image}`" + (" or `sl-pyt:…` by `sl_platform`" if component.image_by else "")]
    for group in component.required:
        unless = component.unless.get(group[0])
        notes.append("Required: " + " or ".join(f"`{o}`" for o in group) + (f" (unless {' and '.join(unless)})" if unless else ""))
    notes += [f"Mutually exclusive: `{one}` and `{other}`" for one, other in component.exclusive]
    notes += [f"Volume: `{volume}`" for volume in component.volumes]
    notes += [f"Anonymous volume, beside a second container: `{volume}`" for volume in component.pair_volumes]
    notes += [f"Environment of both containers then: `{name}={value}`" for name, value in component.pair_environment.items()]
    notes += [f"Ready, with `{option}`: {_signals(ready)}" for option, ready in component.ready_by.items()]
    otherwise = ", otherwise" if component.ready_by else ""
    notes.append(f"Ready{otherwise}: {_signals(component.ready)}; at most {component.wait_timeout} s")
    return notes


def _signals(ready: Ready) -> str:
    port = "its port" if ready.port == SAME else f"port {ready.port}"
    signals = [
        *([f"log line `{ready.log}`"] if ready.log else []),
        *([f"{'TLS' if ready.tls else 'an answer'} on {port}"] if ready.port else []),
        *([f"`{' '.join(ready.health)}`"] if ready.health else []),
    ]
    return ", then ".join(signals)


def _table(component: Component) -> str:
    rows = [f"| `{name}` | {effect(option)} | {default(option)} |" for name, option in component.options.items()]
    return "\n".join(["| option | what it does | default |", "|---|---|---|", *rows])


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    components = list(dict.fromkeys(name for release in RELEASES.values() for name in release))
    for name in components:
        parts.append(f"\n## {name}\n")
        by_body: dict[str, list[str]] = {}
        for release, tables in RELEASES.items():
            if name in tables:
                tag = f":{release}`"
                body = "\n".join(f"- {note.replace(tag, ':RELEASE`')}" for note in _notes(tables[name])) + f"\n\n{_table(tables[name])}\n"
                by_body.setdefault(body, []).append(release)
        for body, releases in by_body.items():
            parts.append(f"\n### {name} in {', '.join(releases)}\n\n{body}")
    return "".join(parts)


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
