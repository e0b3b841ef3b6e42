"""Which ports of a stack's hosts are reachable, and from where."""

from __future__ import annotations

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.firewall import forward_rules, proxy_rules


def decide(rules: list[str], **packet: str) -> str:
    """Return the verdict of the first rule that matches a packet, as in iptables."""
    for rule in rules:
        words = rule.split()
        fits = True
        while words[0] != "--jump":
            negated = words[0] == "!"
            words = words[negated:]
            option, value = words[0].lstrip("-"), words[1]
            if option not in ("match", "protocol"):
                found = packet.get(option, "")
                same = found in value.split(",") or (value == "127.0.0.0/8" and found.startswith("127."))
                fits = fits and same is not negated
            words = words[2:]
        if fits:
            return words[1]
    raise AssertionError("no rule fits")


PUBLISHED = {"out-interface": "br", "in-interface": "eth0", "ctstate": "DNAT", "ctorigdst": "192.0.2.1"}
STRANGER, PEER = "198.51.100.9", "192.0.2.2"


def test_a_single_host_accepts_published_ports_except_those_on_loopback() -> None:
    rules = forward_rules("br")
    assert decide(rules, **PUBLISHED, source=STRANGER, ctorigdstport="8080") == "RETURN"
    assert decide(rules, **{**PUBLISHED, "ctorigdst": "127.0.0.1"}, source=STRANGER) == "DROP"
    assert decide(rules, **{**PUBLISHED, "ctstate": "NEW"}, source=STRANGER) == "DROP"
    assert decide(rules, **{"out-interface": "br", "in-interface": "br"}) == "RETURN"
    # A reply to a container, and a packet of a connection that a stranger opened before the rules existed.
    old = {**PUBLISHED, "ctstate": "ESTABLISHED"}
    assert decide(rules, **old, ctdir="REPLY") == "RETURN"
    assert decide(rules, **old, ctdir="ORIGINAL") == "DROP"
    assert decide(rules, **{"out-interface": "eth0", "in-interface": "br"}) == "RETURN"


def test_internal_ports_are_open_to_hosts_of_the_stack_only() -> None:
    rules = forward_rules("br", "192.0.2.1", ["192.0.2.1", PEER], [5432, 8793])
    assert decide(rules, **PUBLISHED, source=PEER, ctorigdstport="5432") == "RETURN"
    assert decide(rules, **PUBLISHED, source=STRANGER, ctorigdstport="5432") == "DROP"
    assert decide(rules, **PUBLISHED, source=STRANGER, ctorigdstport="8793") == "DROP"
    assert decide(rules, **PUBLISHED, source=STRANGER, ctorigdstport="8080") == "RETURN"
    assert decide(rules, **{**PUBLISHED, "ctorigdst": "127.0.0.1"}, source=PEER) == "DROP"
    assert decide(rules, **{**PUBLISHED, "ctstate": "NEW"}, source=PEER) == "DROP"


def test_ports_of_docker_proxy_have_the_same_restrictions() -> None:
    rules = [*proxy_rules("br", "192.0.2.1", [PEER], [5432, 8793]), "--jump ACCEPT"]
    here: dict[str, str] = {"in-interface": "eth0", "destination": "192.0.2.1", "destination-port": "5432"}
    assert decide(rules, **here, source=STRANGER) == "DROP"
    assert decide(rules, **here, source=PEER) == "RETURN"
    assert decide(rules, **{**here, "in-interface": "lo"}, source=STRANGER) == "RETURN"
    assert decide(rules, **{**here, "in-interface": "br"}, source=STRANGER) == "RETURN"
    # The web UI and the host's own services are left to other rules; loopback addresses are not.
    assert decide(rules, **{**here, "destination-port": "8080"}, source=STRANGER) == "ACCEPT"
    assert decide(rules, **{**here, "destination": "127.0.0.1"}, source=PEER) == "DROP"
    # A reply to a connection of the host, whose local port may be one of these, and the host's own redirection.
    reply = {**here, "ctstate": "ESTABLISHED", "ctdir": "REPLY"}
    assert decide(rules, **reply, source=STRANGER) == "RETURN"
    assert decide(rules, **{**reply, "ctdir": "ORIGINAL"}, source=STRANGER) == "DROP"
    redirected = {**here, "destination": "127.0.0.1", "destination-port": "80", "ctstate": "DNAT"}
    assert decide(rules, **redirected, source=STRANGER) == "ACCEPT"
    single = [*proxy_rules("br"), "--jump ACCEPT"]
    assert decide(single, **{**here, "destination": "127.0.0.1"}, source=STRANGER) == "DROP"
    assert decide(single, **here, source=STRANGER) == "ACCEPT"
