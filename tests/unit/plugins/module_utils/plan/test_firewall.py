"""Who may reach what on a stack's hosts."""

from __future__ import annotations

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.firewall import forward_rules, proxy_rules


def decide(rules: list[str], **packet: str) -> str:
    """The verdict of the first rule that fits a packet, as iptables decides."""
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


def test_a_single_host_lets_in_what_is_published_but_not_on_loopback() -> None:
    rules = forward_rules("br")
    assert decide(rules, **PUBLISHED, source=STRANGER, ctorigdstport="8080") == "RETURN"
    assert decide(rules, **{**PUBLISHED, "ctorigdst": "127.0.0.1"}, source=STRANGER) == "DROP"
    assert decide(rules, **{**PUBLISHED, "ctstate": "NEW"}, source=STRANGER) == "DROP"
    assert decide(rules, **{"out-interface": "br", "in-interface": "br"}) == "RETURN"
    # An answer to a container, and a packet of a connection that a stranger made while there were no rules.
    old = {**PUBLISHED, "ctstate": "ESTABLISHED"}
    assert decide(rules, **old, ctdir="REPLY") == "RETURN"
    assert decide(rules, **old, ctdir="ORIGINAL") == "DROP"
    assert decide(rules, **{"out-interface": "eth0", "in-interface": "br"}) == "RETURN"


def test_what_is_for_the_hosts_of_the_stack_is_for_them_alone() -> None:
    rules = forward_rules("br", "192.0.2.1", ["192.0.2.1", PEER], [5432, 8793])
    assert decide(rules, **PUBLISHED, source=PEER, ctorigdstport="5432") == "RETURN"
    assert decide(rules, **PUBLISHED, source=STRANGER, ctorigdstport="5432") == "DROP"
    assert decide(rules, **PUBLISHED, source=STRANGER, ctorigdstport="8793") == "DROP"
    assert decide(rules, **PUBLISHED, source=STRANGER, ctorigdstport="8080") == "RETURN"
    assert decide(rules, **{**PUBLISHED, "ctorigdst": "127.0.0.1"}, source=PEER) == "DROP"
    assert decide(rules, **{**PUBLISHED, "ctstate": "NEW"}, source=PEER) == "DROP"


def test_docker_proxy_answers_nobody_else_either() -> None:
    rules = [*proxy_rules("br", "192.0.2.1", [PEER], [5432, 8793]), "--jump ACCEPT"]
    here: dict[str, str] = {"in-interface": "eth0", "destination": "192.0.2.1", "destination-port": "5432"}
    assert decide(rules, **here, source=STRANGER) == "DROP"
    assert decide(rules, **here, source=PEER) == "RETURN"
    assert decide(rules, **{**here, "in-interface": "lo"}, source=STRANGER) == "RETURN"
    assert decide(rules, **{**here, "in-interface": "br"}, source=STRANGER) == "RETURN"
    # The web UI and the host's own services are for other rules to judge, but not what is on loopback.
    assert decide(rules, **{**here, "destination-port": "8080"}, source=STRANGER) == "ACCEPT"
    assert decide(rules, **{**here, "destination": "127.0.0.1"}, source=PEER) == "DROP"
    # The answer to a connection of the host, which may have one of these ports, and a redirection of the host's own.
    reply = {**here, "ctstate": "ESTABLISHED", "ctdir": "REPLY"}
    assert decide(rules, **reply, source=STRANGER) == "RETURN"
    assert decide(rules, **{**reply, "ctdir": "ORIGINAL"}, source=STRANGER) == "DROP"
    redirected = {**here, "destination": "127.0.0.1", "destination-port": "80", "ctstate": "DNAT"}
    assert decide(rules, **redirected, source=STRANGER) == "ACCEPT"
    single = [*proxy_rules("br"), "--jump ACCEPT"]
    assert decide(single, **{**here, "destination": "127.0.0.1"}, source=STRANGER) == "DROP"
    assert decide(single, **here, source=STRANGER) == "ACCEPT"
