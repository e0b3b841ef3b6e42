"""Access to the hosts of a stack, as iptables rules."""

from __future__ import annotations

from collections.abc import Sequence


def forward_rules(bridge: str, address: str = "", peers: Sequence[str] = (), ports: Sequence[int] = ()) -> list[str]:
    """Return the iptables rules for packets that a host forwards.

    Containers on the bridge may connect to each other and to any address, and receive answers. Others reach published
    ports only, at the address on which they are published, unless it is a loopback address, and never a container's own
    address. Only the other hosts of the stack reach the ports that it publishes for them. Packets that the host itself
    sends are not forwarded.

    Args:
        bridge: Name of the stack's bridge on the host.
        address: The host's address in the network of the stack's hosts; empty for a single host.
        peers: Addresses of all hosts of the stack.
        ports: TCP ports that the stack publishes on ``address``.

    Returns:
        One rule per entry; the last one drops the rest.
    """
    published = "--match conntrack --ctstate DNAT"
    here = f"{published} --ctorigdst {address}"
    return [
        f"! --out-interface {bridge} --jump RETURN",
        f"--in-interface {bridge} --jump RETURN",
        # Answers to containers. Connections from others are checked packet by packet, so that a connection that a
        # stranger opened while these rules were missing breaks as soon as they are restored.
        "--match conntrack --ctstate ESTABLISHED --ctdir REPLY --jump RETURN",
        "--match conntrack --ctstate RELATED --jump RETURN",
        f"{published} --ctorigdst 127.0.0.0/8 --jump DROP",
        *(f"--source {peer} {here} --jump RETURN" for peer in peers if address),
        *(f"{here} --protocol tcp --ctorigdstport {port} --jump DROP" for port in ports if address),
        f"{published} --jump RETURN",
        "--jump DROP",
    ]


def proxy_rules(bridge: str, address: str = "", peers: Sequence[str] = (), ports: Sequence[int] = ()) -> list[str]:
    """Return the iptables rules for packets to a host itself.

    While Docker's NAT rules are missing, docker-proxy, a process on the host, answers on published ports instead of the
    containers. These rules then protect the ports that :func:`forward_rules` protects otherwise.

    The host always evaluates these rules first. So they drop only packets from others to the stack's own ports. Packets
    from the host itself and from the containers and hosts of the stack are left to other rules. So are answers to
    connections that the host opened, whatever their port, and packets that another rule has redirected to a loopback
    address.

    Args:
        bridge: Name of the stack's bridge on the host.
        address: The host's address in the network of the stack's hosts; empty for a single host.
        peers: Addresses of all hosts of the stack.
        ports: TCP ports that the stack publishes on ``address`` of this host.

    Returns:
        One rule per entry; packets that none of them drops are left to other rules.
    """
    here = f"--destination {address}"
    return [
        "--in-interface lo --jump RETURN",
        f"--in-interface {bridge} --jump RETURN",
        "--match conntrack --ctstate ESTABLISHED --ctdir REPLY --jump RETURN",
        "--destination 127.0.0.0/8 --match conntrack ! --ctstate DNAT --jump DROP",
        *(f"--source {peer} {here} --jump RETURN" for peer in peers if address),
        *(f"{here} --protocol tcp --destination-port {port} --jump DROP" for port in ports if address),
    ]
