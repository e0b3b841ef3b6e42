"""Access to the hosts of a stack, as a table of nftables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

# roles/airflow_watch/files/airflow_watch/table.py, which loads the table on a host, has the same name.
TABLE = "airflow_firewall"
# Hooks run in the order of these priorities. Connections are known then (conntrack has -200), and addresses are still
# the ones that the sender wrote: Docker's NAT rules have -100.
PRIORITY = -150


def firewall_table(bridge: str, address: str = "", peers: Sequence[str] = (), ports: Sequence[int] = ()) -> str:
    """Return the table of nftables that admits only the stack's own hosts to its containers.

    Containers on the bridge may connect to each other and to any address, and receive answers. Others reach published
    ports only, at the address on which they are published, unless it is a loopback address, and never a container's own
    address. Only the other hosts of the stack reach the ports that it publishes for them, whether Docker's NAT rules or
    docker-proxy, a process on the host, would answer there. Packets that the host itself sends are not restricted.

    Every packet is judged, not only the first one of a connection: a connection that a stranger opened while the table
    was missing breaks as soon as it is back. No rule accepts a packet for good; other tables may still refuse it. A
    refused connection is reset, so that nobody waits for it.

    Args:
        bridge: Name of the stack's bridge on the host.
        address: The host's IPv4 address in the network of the stack's hosts; empty for a single host.
        peers: IPv4 addresses of all hosts of the stack.
        ports: TCP ports that the stack publishes on ``address`` of this host.

    Returns:
        Text of a file for ``nft -f``, without comments.
    """
    to_host = [
        'iifname "lo" accept',
        # Docker before release 28 forwards such packets to ports that are published on 127.0.0.1 (moby#45610).
        # A reset would come from a loopback address, too.
        "ip daddr 127.0.0.0/8 drop",
        f'iifname "{bridge}" accept',
        # Answers to connections of the host and its containers, whatever port they were opened from.
        "ct direction reply accept",
        *(
            f"ip daddr {address} tcp dport {_set(sorted(ports))} {other}reject with tcp reset"
            for other in [f"ip saddr != {_set(peers)} " if peers else ""]
            if address and ports
        ),
    ]
    to_containers = [
        f'oifname != "{bridge}" accept',
        f'iifname "{bridge}" accept',
        "ct direction reply accept",
        "meta l4proto { icmp, ipv6-icmp } ct state related accept",
        # Published ports; the other chain has judged their addresses.
        "ct status dnat accept",
        "meta l4proto tcp reject with tcp reset",
        "reject with icmpx admin-prohibited",
    ]
    chains = [*_chain("to_host", "prerouting", to_host), *_chain("to_containers", "forward", to_containers)]
    return "\n".join([f"table inet {TABLE} {{", *(f"\t{line}".rstrip() for line in chains), "}", ""])


def _set(members: Iterable[str | int]) -> str:
    """Return an anonymous set."""
    return f"{{ {', '.join(map(str, members))} }}"


def _chain(name: str, hook: str, rules: Iterable[str]) -> list[str]:
    """Return the lines of a base chain."""
    head = f"type filter hook {hook} priority {PRIORITY}; policy accept;"
    return [f"chain {name} {{", *(f"\t{line}" for line in (head, *rules)), "}"]
