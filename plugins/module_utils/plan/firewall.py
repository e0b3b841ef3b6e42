"""Who may reach what on a stack's hosts, as rules in the words of iptables."""

from __future__ import annotations

from collections.abc import Sequence


def forward_rules(bridge: str, address: str = "", peers: Sequence[str] = (), ports: Sequence[int] = ()) -> list[str]:
    """Return the rules for packets that a host forwards, in the words of iptables.

    Containers of the bridge may talk to each other and to everybody, and get answers. Others reach what is published,
    under the address that it is published on, unless that is a loopback address; no container's own address. What the
    stack publishes for its other hosts is for them alone. What the host itself sends is not forwarded.

    Args:
        bridge: Name of the stack's bridge on the host.
        address: The host's address in the network of the stack's hosts; empty for a single host.
        peers: Addresses of all hosts of the stack.
        ports: TCP ports that the stack publishes on ``address``.

    Returns:
        One rule an entry; the last one drops the rest.
    """
    published = "--match conntrack --ctstate DNAT"
    here = f"{published} --ctorigdst {address}"
    return [
        f"! --out-interface {bridge} --jump RETURN",
        f"--in-interface {bridge} --jump RETURN",
        # Answers to containers. What others began is judged packet by packet, so that a connection that a stranger made
        # while these rules were gone ends when they are back.
        "--match conntrack --ctstate ESTABLISHED --ctdir REPLY --jump RETURN",
        "--match conntrack --ctstate RELATED --jump RETURN",
        f"{published} --ctorigdst 127.0.0.0/8 --jump DROP",
        *(f"--source {peer} {here} --jump RETURN" for peer in peers if address),
        *(f"{here} --protocol tcp --ctorigdstport {port} --jump DROP" for port in ports if address),
        f"{published} --jump RETURN",
        "--jump DROP",
    ]


def proxy_rules(bridge: str, address: str = "", peers: Sequence[str] = (), ports: Sequence[int] = ()) -> list[str]:
    """Return the rules for packets to a host itself, in the words of iptables.

    While Docker's nat rules are missing, docker-proxy, a program of the host, answers on published ports in place of
    the containers: what :func:`forward_rules` keeps from strangers must be kept from them there.

    The host asks these rules first, and always. So they drop nothing but packets of others to the stack's own ports:
    what comes from the host itself, from the stack's containers or hosts is for other rules to judge, and so are
    answers to connections that the host began, whatever port they come back to, and packets that somebody's own rule
    has redirected to a loopback address.

    Args:
        bridge: Name of the stack's bridge on the host.
        address: The host's address in the network of the stack's hosts; empty for a single host.
        peers: Addresses of all hosts of the stack.
        ports: TCP ports that the stack publishes on ``address`` of this host.

    Returns:
        One rule an entry; what none of them drops is for other rules to judge.
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
