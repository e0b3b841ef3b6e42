"""Which ports of a stack's hosts are reachable, and from where. tests/watch sends packets to a real host."""

from __future__ import annotations

import re

from airflow_watch.firewall import TABLE as HELD
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.firewall import TABLE, firewall_table

from tests import rows

STRANGER, PEER, HERE = "198.51.100.9", "192.0.2.2", "192.0.2.1"
# Words of a rule that name a property of a packet; the value follows, after an optional `!=`.
PROPERTIES = (
    "iifname",
    "oifname",
    "ip daddr",
    "ip saddr",
    "tcp dport",
    "ct direction",
    "ct status",
    "ct state",
    "meta l4proto",
)


def decide(table: str, chain: str, **packet: str) -> str:
    """Return the verdict of the first rule of a chain that matches a packet, as nft judges it."""
    lines = table.partition(f"chain {chain} {{")[2].partition("\n\t}")[0].splitlines()[2:]
    for line in map(str.strip, lines):
        rest, fits = line, True
        while name := next((one for one in PROPERTIES if rest.startswith(f"{one} ")), ""):
            found = re.match(rf"{name} (!= )?(\{{[^}}]*\}}|\S+) ", rest)
            assert found, rest
            wanted = [word.strip(' "') for word in found[2].strip("{}").split(",")]
            value = packet.get(name.replace(" ", "_"), "")
            same = value in wanted or ("127.0.0.0/8" in wanted and value.startswith("127."))
            fits = fits and same is not bool(found[1])
            rest = rest[found.end() :]
        if fits:
            return rest
    return "accept"


def to_host(table: str, **packet: str) -> str:
    """Return the verdict about a packet to an address of the host, before NAT."""
    here = {"iifname": "eth0", "ip_daddr": HERE, "tcp_dport": "5432", "ct_direction": "original"}
    return decide(table, "to_host", **{**here, **packet})


def to_container(table: str, **packet: str) -> str:
    """Return the verdict about a packet that the host forwards to the bridge."""
    there = {"iifname": "eth0", "oifname": "br", "ct_direction": "original", "meta_l4proto": "tcp"}
    return decide(table, "to_containers", **{**there, **packet})


RESET, ACCEPT, DROP = "reject with tcp reset", "accept", "drop"


def test_a_single_host_accepts_published_ports_except_those_on_loopback() -> None:
    table = firewall_table("br")
    assert to_container(table, ct_status="dnat") == ACCEPT
    assert to_host(table, tcp_dport="8080") == ACCEPT
    assert to_host(table, ip_daddr="127.0.0.1", tcp_dport="8080") == DROP
    assert to_host(table, iifname="br", ip_daddr="127.0.0.1") == DROP
    assert to_host(table, iifname="lo", ip_daddr="127.0.0.1") == ACCEPT
    # A packet that a neighbour routes over the host, also of a connection from before the table existed.
    assert to_container(table) == RESET
    assert to_container(table, meta_l4proto="udp") == "reject with icmpx admin-prohibited"
    assert to_container(table, meta_l4proto="icmp") == "reject with icmpx admin-prohibited"
    assert to_container(table, meta_l4proto="icmp", ct_state="related") == ACCEPT
    # Containers reach each other and everything else, and get answers.
    assert to_container(table, iifname="br") == ACCEPT
    assert to_container(table, iifname="br", oifname="eth0") == ACCEPT
    assert to_container(table, ct_direction="reply") == ACCEPT


def test_internal_ports_are_open_to_hosts_of_the_stack_only() -> None:
    """Whether Docker's NAT rules or docker-proxy would answer on them: the chain comes before both."""
    table = firewall_table("br", HERE, [HERE, PEER], [8793, 5432])
    assert to_host(table, ip_saddr=PEER) == ACCEPT
    assert to_host(table, ip_saddr=STRANGER) == RESET
    assert to_host(table, ip_saddr=STRANGER, tcp_dport="8793") == RESET
    assert to_host(table, ip_saddr=PEER, ip_daddr="127.0.0.1") == DROP
    # The web UI, the host's own services, and other addresses of the host are left to other rules.
    assert to_host(table, ip_saddr=STRANGER, tcp_dport="8080") == ACCEPT
    assert to_host(table, ip_saddr=STRANGER, ip_daddr="198.51.100.1") == ACCEPT
    # The host itself, its containers, and answers to connections that have one of these ports on this side.
    assert to_host(table, ip_saddr=HERE, iifname="lo") == ACCEPT
    assert to_host(table, ip_saddr="172.18.0.2", iifname="br") == ACCEPT
    assert to_host(table, ip_saddr=STRANGER, ct_direction="reply") == ACCEPT
    # A peer cannot reach a container's own address either.
    assert to_container(table, ip_saddr=PEER) == RESET


def test_a_host_without_published_ports_has_no_rule_for_them() -> None:
    assert "dport" not in firewall_table("br", HERE, [HERE, PEER], [])
    assert firewall_table("br", HERE, [HERE], [1]).count("{") == firewall_table("br", HERE, [HERE], [1]).count("}")


def test_the_program_on_the_host_has_the_same_name() -> None:
    assert f"inet {TABLE}" == HELD
    assert firewall_table("br").startswith(f"table {HELD} {{\n")


def published(**groups: list[str]) -> list[str]:
    """Return the ports that the table of the first of two hosts guards."""
    templar = rows.known(rows.prepare()["2.5"], several=True)
    known = {**templar.available_variables["groups"], **groups}
    templar.available_variables = {
        **templar.available_variables,
        "groups": known,
        "airflow_remove_host": "",
        "__airflow_watch_guarded": "one",
    }
    table = rows.plain(rows.value(templar, "__airflow_watch_table_file"))
    found = re.search(r"ip daddr 192.0.2.1 tcp dport \{ ([0-9, ]+) \} ip saddr != \{ 192.0.2.1, 192.0.2.2 \}", table)
    return found[1].split(", ") if found else []


def test_ports_of_services_that_run_elsewhere_are_not_closed() -> None:
    """Other programs may use these ports."""
    assert published() == ["5432", "6379", "8793"]
    assert published(airflow_postgres=["two"]) == ["6379", "8793"]
    assert published(airflow_worker=["two"], airflow_redis=[]) == ["5432"]
