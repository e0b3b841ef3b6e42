"""The plan of a stack."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.plan import first_step, second_step, series

from tests import tables

DEFAULTS = tables.defaults()
SERVER = {"host": "db.example.com", "port": 5433, "database": "meta"}
ALL = list(dict.fromkeys(tables.groups().values()))
SECRET = "no-plan-has-this-word"


def plan(host: str = "one", hosts: dict[str, list[str]] | None = None, **inputs: Any) -> dict[str, Any]:
    """Return the plan of a host; the default is the only host, which is in all groups."""
    placed = hosts or {"one": ALL}
    groups = {"airflow": list(placed)} | {group: [name for name in placed if group in placed[name]] for group in ALL}
    workers = groups["airflow_worker"]
    around = {
        "fixed": {"project": "airflow", "network": "airflow", "bridge": "br", "uid": 50000, "gid": 0},
        "releases": tables.releases(),
        "services": tables.services(),
        "groups": groups,
        "host": host,
        "members": {
            "addresses": {name: f"192.0.2.{number}" for number, name in enumerate(placed, 1)},
            "queues": {name: ["default", name] for name in workers},
            "slots": dict.fromkeys(workers, 16),
            "grace_periods": {name: 600 * number for number, name in enumerate(workers, 1)},
            "shared": {},
        },
        "migrated": {},
        "inventories": ["/inventory"],
        "projects_directory": "/usr/local/projects/",
    }
    return first_step({**DEFAULTS, "airflow_tls": len(placed) > 1, **inputs}, around)


TWO = {
    "data": ["airflow_postgres", "airflow_redis", "airflow_scheduler", "airflow_webserver"],
    "work": ["airflow_worker"],
}


@pytest.mark.parametrize(
    ("version", "found"), [("2.5.3", "2.5"), ("2.11.2", "2.11"), ("3.3.2rc1", "3.3"), ("latest", "latest"), (3, "3")]
)
def test_a_release_has_a_series(version: Any, found: str) -> None:
    assert series(version) == found


def test_a_single_host_runs_everything_and_uses_service_names() -> None:
    found = plan()
    services = found["services"]
    assert (found["spread"], found["keeper"], found["addresses"], found["address"]) == (False, "one", {}, "")
    assert found["servers"] == {"postgres": "postgres", "redis": "redis"}
    assert found["elsewhere"] == {}
    assert (found["tls"], found["certified"]) == (False, {})
    assert services["running"] == ["postgres", "redis", "scheduler", "triggerer", "webserver", "worker"]
    assert services["backing"] == ["postgres", "redis"]
    assert services["airflow"] == ["scheduler", "triggerer", "webserver", "worker"]
    # On a single host, no service is started later than the others.
    assert services["control"] == services["running"]
    assert services["hosts"]["worker"] == ["one"]
    assert found["projects_directory"] == "/usr/local/projects"
    assert found["ca"]["file"] == f"{DEFAULTS['airflow_directory']}/ca/ca.crt"
    assert found["comparison"] == {
        "reach": {},
        "servers": {},
        "secrets": ["fernet_key", "webserver_secret_key"],
        "passwords": ["postgres_password", "redis_password", "ca_certificate"],
        "given": [],
    }


def test_on_several_hosts_each_runs_the_services_of_its_groups() -> None:
    data, work = (plan(host, TWO, airflow_version="3.3.2") for host in TWO)
    assert data["services"]["running"] == ["postgres", "redis", "scheduler", "webserver"]
    assert work["services"]["running"] == ["worker", "execution-api"]
    # Workers are updated after all other services, a few at a time.
    assert data["services"]["control"] == data["services"]["running"]
    assert work["services"]["control"] == ["execution-api"]
    assert (data["address"], work["address"]) == ("192.0.2.1", "192.0.2.2")
    for found in (data, work):
        assert (found["spread"], found["keeper"]) == (True, "data")
        assert found["servers"] == found["certified"] == {"postgres": "192.0.2.1", "redis": "192.0.2.1"}
        assert found["published"] == {"data": [5432, 6379], "work": [8793]}
        assert found["workers"]["served_queues"] == ["default", "work"]
    assert data["elsewhere"] == {}
    assert work["elsewhere"] == {"postgres": "192.0.2.1:5432", "redis": "192.0.2.1:6379"}
    assert list(work["comparison"]["reach"]) == ["192.0.2.1"]
    assert work["comparison"]["secrets"] == ["fernet_key", "webserver_secret_key", "jwt_secret"]


def test_an_external_server_has_its_own_address_and_ca_certificate() -> None:
    hosts = {"control": ["airflow_redis", "airflow_scheduler"], "work": ["airflow_worker"]}
    found = plan("work", hosts, airflow_postgres_external=SERVER)
    assert found["keeper"] == "control"
    assert found["certified"] == {"redis": "192.0.2.1"}
    assert found["database"] == "meta"
    assert found["elsewhere"] == {"postgres": "db.example.com:5433", "redis": "192.0.2.1:6379"}
    assert found["comparison"]["servers"] == {"db.example.com:5433": "airflow_postgres_external"}
    assert plan()["database"] == "airflow"


def test_the_plan_holds_no_secret_but_lists_which_are_given() -> None:
    given = ("airflow_fernet_key", "airflow_jwt_secret", "airflow_postgres_password", "airflow_ca_key")
    found = plan(airflow_version="3.3.2", **dict.fromkeys(given, SECRET))
    assert found["comparison"]["given"] == ["fernet_key", "jwt_secret"]
    assert SECRET not in repr(found)


def test_the_second_step_adds_the_compose_definition_and_images() -> None:
    compose = {"services": {"init": {"image": "a"}, "redis": {"image": "r"}, "worker": {"image": "a"}}}
    first = plan()
    found = second_step(first, compose)
    assert (found["compose"], found["images"]) == (compose, ["a", "r"])
    assert {name: value for name, value in found.items() if name in first} == first
