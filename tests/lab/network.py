"""Networks of the lab: one per instance, outside of the ranges that an engine inside a host uses."""

import ipaddress
from pathlib import Path

from tests.lab import docker, machine
from tests.lab.names import LABEL, PREFIX
from tests.lab.shell import LabError

# For networks without an explicit subnet Docker uses 172.16/12 and 192.168/16, also inside the hosts.
POOL = ipaddress.IPv4Network("10.201.0.0/16")
# Last number of the fixed addresses in every instance's network.
DNS, REGISTRY, FEEDS, FIRST_HOST = 2, 3, 4, 10

Network = ipaddress.IPv4Network


def name_of(instance: str) -> str:
    """Name of the network of an instance."""
    return f"{PREFIX}-{instance}"


def routes(table: str) -> list[Network]:
    """Networks of a routing table in the format of /proc/net/route."""
    found = []
    for line in table.splitlines()[1:]:
        words = line.split()
        address, mask = (ipaddress.IPv4Address(bytes.fromhex(words[column])[::-1]) for column in (1, 7))
        found.append(Network(f"{address}/{mask}"))
    return [network for network in found if network.prefixlen]


def free_subnet(taken: list[Network]) -> Network:
    """First subnet of the pool that overlaps with no other network."""
    for subnet in POOL.subnets(new_prefix=24):
        if not any(subnet.overlaps(other) for other in taken):
            return subnet
    raise LabError(f"No network is free within {POOL}; remove labs with 'python -m tests.lab down --all'")


def free_address(subnet: Network, taken: set[str]) -> str:
    """First unused address for hosts."""
    return next(str(host) for host in list(subnet.hosts())[FIRST_HOST - 1 :] if str(host) not in taken)


def address(subnet: Network, number: int) -> str:
    """Address with this number in the subnet."""
    return str(subnet.network_address + number)


def ensure(instance: str) -> Network:
    """Create the network of an instance unless it exists."""
    name = name_of(instance)
    found = docker.inspect("network", name)
    if found:
        return Network(found[0]["IPAM"]["Config"][0]["Subnet"])
    subnet = free_subnet(_taken())
    options = ["--subnet", str(subnet), "--opt", f"com.docker.network.driver.mtu={machine.default_mtu()}"]
    docker.docker("network", "create", "--label", f"{LABEL}={instance}", *options, name)
    return subnet


def _taken() -> list[Network]:
    names = docker.docker("network", "ls", "--quiet").split()
    pools = [pool for network in docker.inspect("network", *names) for pool in network["IPAM"]["Config"] or []]
    used = [Network(pool["Subnet"]) for pool in pools if ":" not in pool["Subnet"]]
    return used + routes(Path("/proc/net/route").read_text(encoding="utf-8"))
