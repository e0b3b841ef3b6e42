"""Parts of a host: files, units, firewall rules, containers with networks, volumes and images, databases."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.support.hosts import Remote

READ_HOST = (Path(__file__).parent / "read_host.py").read_text(encoding="utf-8")


def replaced(host: Remote) -> list[tuple[str, str]]:
    """Patterns of texts that differ between equally deployed hosts, each with the word that replaces them."""
    addresses = (
        "docker ps -q | xargs docker inspect -f '{{.Name}}{{range .NetworkSettings.Networks}} {{.IPAddress}}{{end}}'"
    )
    of_containers = [line.lstrip("/").split() for line in host.ssh(addresses).splitlines()]
    return [
        *((rf"\b{re.escape(address)}\b", name.upper()) for name, *found in of_containers for address in found),
        (rf"\b{re.escape(host.variables['ansible_host'])}\b", "ADDRESS"),
        (rf"\b{re.escape(host.name)}\b", "HOST"),
        # Digests of containers, images and contents; the latter are keyed with the host's own secrets.
        (r"\b[0-9a-f]{64}\b", "DIGEST"),
        # Counters of rules and chains in the output of iptables-save and nft.
        (r"\[\d+:\d+\]|counter packets \d+ bytes \d+", "COUNTED"),
    ]


def parts(host: Remote) -> dict[str, dict[str, str]]:
    """Parts of a host by kind and name, each with a description that is the same on equally deployed hosts."""
    # nft also shows rules that iptables does not.
    host.ssh("command -v nft >/dev/null || (apt-get -q update && apt-get -q -y install nftables) >/dev/null")
    # The program is an argument, because it reads its input from standard input.
    request = json.dumps({"replace": replaced(host)})
    found: dict[str, dict[str, str]] = json.loads(host.ssh(f"python3 -c {shlex.quote(READ_HOST)}", request))
    return found
