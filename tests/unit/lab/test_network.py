from ipaddress import IPv4Network

import pytest

from tests.lab.network import POOL, address, free_address, free_subnet, routes
from tests.lab.shell import LabError

TABLE = """Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	010200C0	0003	0	0	0	00000000	0	0	0
eth0	000200C0	00000000	0001	0	0	0	00FFFFFF	0	0	0
tun0	0000C90A	00000000	0001	0	0	0	00FCFFFF	0	0	0
"""


def test_the_routing_table_is_read_without_the_default_route() -> None:
    assert routes(TABLE) == [IPv4Network("192.0.2.0/24"), IPv4Network("10.201.0.0/22")]


def test_a_new_subnet_overlaps_no_existing_one() -> None:
    assert free_subnet([]) == IPv4Network("10.201.0.0/24")
    assert free_subnet(routes(TABLE)) == IPv4Network("10.201.4.0/24")
    assert free_subnet([IPv4Network("10.201.0.0/24"), IPv4Network("172.17.0.0/16")]) == IPv4Network("10.201.1.0/24")


def test_the_error_for_a_full_pool_says_what_to_do() -> None:
    with pytest.raises(LabError, match="down --all"):
        free_subnet([POOL])


def test_host_addresses_follow_the_reserved_ones() -> None:
    subnet = IPv4Network("10.201.7.0/24")
    assert address(subnet, 2) == "10.201.7.2"
    assert free_address(subnet, set()) == "10.201.7.10"
    assert free_address(subnet, {"10.201.7.10", "10.201.7.12"}) == "10.201.7.11"
