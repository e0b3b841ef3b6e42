"""Filters that tell where the hosts of a stack are, and who may reach what on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleError

VARIABLE = "airflow_private_address"
# Services whose data is on their host.
WITH_DATA = ("postgres", "redis")


def airflow_addresses(hosts: Sequence[str], hostvars: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return the address of each host in the network that the stack's hosts share.

    :param hosts: inventory names
    :param hostvars: Ansible's ``hostvars``
    :returns: values of ``airflow_private_address`` by host; empty where it is not set, or takes facts of a host that is
        not part of this run
    """
    return {host: _address(hostvars[host]) for host in hosts}


def _address(variables: Mapping[str, Any]) -> str:
    try:
        return str(variables.get(VARIABLE) or "")
    except AnsibleError:
        return ""


def airflow_firewall_rules(
    bridge: str, address: str = "", peers: Sequence[str] = (), ports: Sequence[int] = ()
) -> list[str]:
    """Return the rules for packets that a host forwards, in the words of iptables.

    Containers of the bridge may talk to each other and to everybody, and get answers. Others reach what is published,
    under the address that it is published on, unless that is a loopback address; no container's own address. What the
    stack publishes for its other hosts is for them alone. What the host itself sends is not forwarded.

    :param bridge: name of the stack's bridge on the host
    :param address: the host's address in the network of the stack's hosts; empty for a single host
    :param peers: addresses of all hosts of the stack
    :param ports: TCP ports that the stack publishes on ``address``
    :returns: one rule an entry, the last one drops the rest
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


def airflow_proxy_rules(
    bridge: str, address: str = "", peers: Sequence[str] = (), ports: Sequence[int] = ()
) -> list[str]:
    """Return the rules for packets to the host itself, in the words of iptables.

    While Docker's nat rules are missing, docker-proxy, a program of the host, answers on published ports in place of
    the containers: what :func:`airflow_firewall_rules` keeps from strangers must be kept from them there.

    The host asks these rules first, and always. So they drop nothing but packets of others to the stack's own ports:
    what comes from the host itself, from the stack's containers or hosts is for other rules to judge, and so are
    answers to connections that the host began, whatever port they come back to, and packets that somebody's own rule
    has redirected to a loopback address.

    :param bridge: name of the stack's bridge on the host
    :param address: the host's address in the network of the stack's hosts; empty for a single host
    :param peers: addresses of all hosts of the stack
    :param ports: TCP ports that the stack publishes on ``address`` of this host
    :returns: one rule an entry; what none of them drops is for other rules to judge
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


def airflow_removal_problems(
    host: str,
    groups: Mapping[str, Sequence[str]],
    service_groups: Mapping[str, str],
    queues: Mapping[str, Sequence[str]],
) -> list[str]:
    """Return why a host cannot be taken out of the stack.

    :param host: inventory name, value of ``airflow_remove_host``
    :param groups: Ansible's ``groups``
    :param service_groups: inventory group by service name
    :param queues: ``airflow_worker_queues`` by worker host
    :returns: one sentence a reason
    """
    if host not in groups.get("airflow", []):
        known = ", ".join(groups.get("airflow", []))
        return [
            f"airflow_remove_host: {host!r} is no host of group airflow; write -e airflow_remove_host= one of {known}."
        ]
    problems = [
        f"it is the only host in group {group}, so {service} would run nowhere; "
        + (
            "its data does not move by itself."
            if service in WITH_DATA
            else "put another host into the group, run site.yml, then remove this one."
        )
        for service, group in service_groups.items()
        if list(groups.get(group, [])) == [host]
    ]
    others = {queue for worker, served in queues.items() if worker != host for queue in served}
    if not problems and (lost := sorted(set(queues.get(host, [])) - others)):
        problems.append(
            f"no other worker takes tasks from {', '.join(lost)}, so they would wait for ever; add that to "
            "airflow_worker_queues of another host and run site.yml, or take it from this host's if no DAG uses it."
        )
    return problems


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Any]:
        """Return the filters by name."""
        return {
            "airflow_addresses": airflow_addresses,
            "airflow_firewall_rules": airflow_firewall_rules,
            "airflow_proxy_rules": airflow_proxy_rules,
            "airflow_removal_problems": airflow_removal_problems,
        }
