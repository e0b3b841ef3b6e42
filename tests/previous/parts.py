"""What a host consists of: files, units, rules of the firewall, containers and what they need, databases."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from tests.remote import quoted

if TYPE_CHECKING:
    from tests.remote import Remote

READ_HOST = (Path(__file__).parent / "read_host.py").read_text(encoding="utf-8")


def replaced(host: Remote) -> list[tuple[str, str]]:
    """What two hosts that were deployed alike have different: patterns, and the word that takes their place."""
    addresses = (
        "docker ps -q | xargs docker inspect -f '{{.Name}}{{range .NetworkSettings.Networks}} {{.IPAddress}}{{end}}'"
    )
    of_containers = [line.lstrip("/").split() for line in host.ssh(addresses).splitlines()]
    return [
        *((rf"\b{re.escape(address)}\b", name.upper()) for name, *found in of_containers for address in found),
        (rf"\b{re.escape(host.variables['ansible_host'])}\b", "ADDRESS"),
        (rf"\b{re.escape(host.name)}\b", "HOST"),
        # Of containers, images and contents, which are keyed with the host's own secrets.
        (r"\b[0-9a-f]{64}\b", "DIGEST"),
        # Counters, which iptables-save and nft show where a rule or a chain has one.
        (r"\[\d+:\d+\]|counter packets \d+ bytes \d+", "COUNTED"),
    ]


def parts(host: Remote) -> dict[str, dict[str, str]]:
    """Parts of a host by kind and name, each with a description that two hosts deployed alike share."""
    # It shows rules that iptables does not know.
    host.ssh("command -v nft >/dev/null || (apt-get -q update && apt-get -q -y install nftables) >/dev/null")
    # Two sources: the program, then what it reads.
    request = json.dumps({"replace": replaced(host)})
    found: dict[str, dict[str, str]] = json.loads(host.ssh(f"python3 -c {quoted(READ_HOST)}", request))
    return found
