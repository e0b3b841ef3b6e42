"""The stack's network: its settings in the compose definition, and whether the one on a host must be replaced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Label with these settings. Compose 2.26 leaves a network that exists as it is, so a run compares them itself.
SETTINGS_LABEL = "ansible-airflow.network"
BRIDGE_OPTION = "com.docker.network.bridge.name"
MTU_OPTION = "com.docker.network.driver.mtu"


def settings(subnet: str, mtu: str) -> str:
    """Return the settings of a network as one text; empty if Docker chooses all of them.

    Args:
        subnet: Value of ``airflow_network_subnet``.
        mtu: MTU that the engine's daemon.json sets.
    """
    given = {"subnet": subnet, "mtu": mtu}
    return " ".join(f"{name}={value}" for name, value in given.items() if value)


def definition(name: str, bridge: str, subnet: str, mtu: str) -> dict[str, Any]:
    """Return the network as compose takes it.

    Args:
        name: Its name.
        bridge: Name of its bridge on the host.
        subnet: See `settings`.
        mtu: See `settings`.
    """
    label = settings(subnet, mtu)
    return {
        "name": name,
        "driver_opts": {BRIDGE_OPTION: bridge, **({MTU_OPTION: mtu} if mtu else {})},
        **({"ipam": {"config": [{"subnet": subnet}]}} if subnet else {}),
        **({"labels": {SETTINGS_LABEL: label}} if label else {}),
    }


def is_replaced(found: Mapping[str, Any], subnet: str, mtu: str) -> bool:
    """Return whether a run must replace the network of a host.

    Args:
        found: The network on the host; empty without one. See containers/networks.py.
        subnet: See `settings`.
        mtu: See `settings`.
    """
    return bool(found) and found["settings"] != settings(subnet, mtu)
