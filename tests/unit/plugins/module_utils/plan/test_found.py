"""The parts of a stack found on a host."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.found import found

THERE = {"stat": {"exists": True, "gid": 999}}
GONE = {"stat": {"exists": False}}
EARLIER = {
    "containers": [
        {"name": "airflow-postgres-1", "service": "postgres", "image_id": "sha256:a", "running": True, "ours": True}
    ],
    "volume": {"owner": 999},
    "evidence": ["/var/lib/airflow-stack/database_volume"],
    "network": {"settings": "mtu=1450", "subnets": ["172.18.0.0/16"], "guests": []},
    "host_network": {"mtu": "1450"},
}
ENGINE = {"volumes": [{"Name": "airflow_postgres_data"}], "images": [{"Id": "sha256:1"}]}


def links(*targets: str) -> dict[str, Any]:
    """Return stat results for the links of DAGs and plugins; an empty target means no link."""
    return {"results": [{"stat": {"exists": True, "lnk_target": to} if to else {"exists": False}} for to in targets]}


def test_a_deployed_host_reports_everything() -> None:
    assert found(THERE, THERE, links("releases/0123456789ab", "releases/.none"), ENGINE, EARLIER, subnet="") == {
        "engine_usable": True,
        "deployed": True,
        "docker_gid": "999",
        "current": {"dags": "0123456789ab", "plugins": ".none"},
        "volumes": ["airflow_postgres_data"],
        "evidence": EARLIER["evidence"],
        "containers": [{"name": "airflow-postgres-1", "service": "postgres", "running": True}],
        "container_images": {"postgres": "sha256:a"},
        "database_owner": 999,
        "images": [{"Id": "sha256:1"}],
        "network_mtu": "1450",
        "network_replaced": False,
    }


@pytest.mark.parametrize("engine", [{"skipped": True}, {"failed": True, "msg": "Cannot connect"}])
def test_without_an_answer_of_the_engine_the_volumes_are_unknown(engine: dict[str, Any]) -> None:
    told = found(GONE, GONE, links("", ""), engine, EARLIER, subnet="")
    assert (told["engine_usable"], told["volumes"], told["images"]) == (False, None, [])
    assert (told["docker_gid"], told["deployed"]) == ("0", False)
    assert told["current"] == {"dags": "", "plugins": ""}


def test_an_engine_without_volumes_is_usable() -> None:
    told = found(THERE, GONE, links("", ""), {"volumes": [], "images": []}, EARLIER, subnet="")
    assert (told["engine_usable"], told["volumes"]) == (True, [])


@pytest.mark.parametrize(
    ("subnet", "mtu", "replaced"),
    [("", "1450", False), ("10.210.0.0/24", "1450", True), ("", "", True), ("", "9000", True)],
)
def test_a_network_with_other_settings_is_replaced(subnet: str, mtu: str, replaced: bool) -> None:
    earlier = {**EARLIER, "host_network": {"mtu": mtu}}
    assert found(THERE, THERE, links("", ""), ENGINE, earlier, subnet=subnet)["network_replaced"] is replaced
    # The first run on a host creates the network.
    assert not found(THERE, THERE, links("", ""), ENGINE, {**earlier, "network": {}}, subnet=subnet)["network_replaced"]
