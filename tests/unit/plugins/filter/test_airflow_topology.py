"""Where the hosts of a stack are, and who may reach what on them."""

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleUndefinedVariable
from ansible_collections.ansible_airflow.airflow.plugins.filter.airflow_topology import (
    airflow_addresses,
    airflow_firewall_rules,
    airflow_proxy_rules,
    airflow_removal_problems,
)


class Facts(dict[str, Any]):
    """Variables of a host whose address takes facts that are not known."""

    def get(self, key: str, default: Any = None) -> Any:
        raise AnsibleUndefinedVariable(f"{key} is undefined {default}")


def test_addresses_are_those_of_the_inventory() -> None:
    hostvars: Mapping[str, Any] = {"a": {"airflow_private_address": "192.0.2.1"}, "b": {}, "c": Facts()}
    assert airflow_addresses(["a", "b", "c"], hostvars) == {"a": "192.0.2.1", "b": "", "c": ""}


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
    rules = airflow_firewall_rules("br")
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
    rules = airflow_firewall_rules("br", "192.0.2.1", ["192.0.2.1", PEER], [5432, 8793])
    assert decide(rules, **PUBLISHED, source=PEER, ctorigdstport="5432") == "RETURN"
    assert decide(rules, **PUBLISHED, source=STRANGER, ctorigdstport="5432") == "DROP"
    assert decide(rules, **PUBLISHED, source=STRANGER, ctorigdstport="8793") == "DROP"
    assert decide(rules, **PUBLISHED, source=STRANGER, ctorigdstport="8080") == "RETURN"
    assert decide(rules, **{**PUBLISHED, "ctorigdst": "127.0.0.1"}, source=PEER) == "DROP"
    assert decide(rules, **{**PUBLISHED, "ctstate": "NEW"}, source=PEER) == "DROP"


def test_docker_proxy_answers_nobody_else_either() -> None:
    rules = [*airflow_proxy_rules("br", "192.0.2.1", [PEER], [5432, 8793]), "--jump ACCEPT"]
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
    single = [*airflow_proxy_rules("br"), "--jump ACCEPT"]
    assert decide(single, **{**here, "destination": "127.0.0.1"}, source=STRANGER) == "DROP"
    assert decide(single, **here, source=STRANGER) == "ACCEPT"


def test_a_host_that_the_stack_needs_is_not_removed() -> None:
    services = {"postgres": "airflow_postgres", "scheduler": "airflow_scheduler", "worker": "airflow_worker"}
    groups = {
        "airflow": ["a", "b", "c"],
        "airflow_postgres": ["a"],
        "airflow_scheduler": ["b"],
        "airflow_worker": ["b", "c"],
    }
    queues = {"b": ["default"], "c": ["default"]}
    assert airflow_removal_problems("c", groups, services, queues) == []
    (queue,) = airflow_removal_problems("c", groups, services, {**queues, "c": ["default", "red"]})
    assert "no other worker takes tasks from red," in queue
    (data,) = airflow_removal_problems("a", groups, services, queues)
    assert "the only host in group airflow_postgres" in data
    assert "data does not move" in data
    (control,) = airflow_removal_problems("b", groups, services, queues)
    assert "put another host into the group" in control
    (unknown,) = airflow_removal_problems("", groups, services, queues)
    assert "one of a, b, c" in unknown
