"""The settings of the stack's network."""

from __future__ import annotations

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers import networks
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host import network as host_network
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan import network

BRIDGE = {"com.docker.network.bridge.name": "br-airflow"}


@pytest.mark.parametrize(
    ("subnet", "mtu", "made"),
    [
        ("", "", {"driver_opts": BRIDGE}),
        (
            "10.210.0.0/24",
            "",
            {
                "driver_opts": BRIDGE,
                "ipam": {"config": [{"subnet": "10.210.0.0/24"}]},
                "labels": {"ansible-airflow.network": "subnet=10.210.0.0/24"},
            },
        ),
        (
            "",
            "1450",
            {
                "driver_opts": {**BRIDGE, "com.docker.network.driver.mtu": "1450"},
                "labels": {"ansible-airflow.network": "mtu=1450"},
            },
        ),
        (
            "192.168.7.0/26",
            "9000",
            {
                "driver_opts": {**BRIDGE, "com.docker.network.driver.mtu": "9000"},
                "ipam": {"config": [{"subnet": "192.168.7.0/26"}]},
                "labels": {"ansible-airflow.network": "subnet=192.168.7.0/26 mtu=9000"},
            },
        ),
    ],
)
def test_compose_gets_only_what_is_set(subnet: str, mtu: str, made: dict[str, object]) -> None:
    assert network.definition("airflow", "br-airflow", subnet, mtu) == {"name": "airflow", **made}


@pytest.mark.parametrize(
    ("settings", "subnet", "mtu", "replaced"),
    [
        ("", "", "", False),
        ("subnet=10.210.0.0/24", "10.210.0.0/24", "", False),
        ("subnet=10.210.0.0/24 mtu=1450", "10.210.0.0/24", "1450", False),
        # A network of an earlier release, or one that Docker has chosen.
        ("", "10.210.0.0/24", "", True),
        ("", "", "1450", True),
        ("subnet=10.210.0.0/24", "10.210.1.0/24", "", True),
        # The variable was removed: Docker chooses again.
        ("subnet=10.210.0.0/24", "", "", True),
    ],
)
def test_a_network_is_replaced_if_its_settings_differ(settings: str, subnet: str, mtu: str, replaced: bool) -> None:
    assert network.is_replaced({"settings": settings, "subnets": [], "guests": []}, subnet, mtu) is replaced


def test_the_host_and_the_plan_use_the_same_names() -> None:
    assert networks.SETTINGS_LABEL == network.SETTINGS_LABEL
    assert host_network.MTU_OPTION == network.MTU_OPTION
