"""Conflicts between several hosts, and errors that say what to do."""

from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.cluster import cluster_problems

NEEDED = {"postgres": "data", "redis": "data"}
ADDRESSES = {"data": "192.0.2.1", "work": "192.0.2.2"}


def state(**changes: Any) -> dict[str, Any]:
    return {
        "clock_offset": 0.2,
        "clock_error": 0.4,
        "unreachable_addresses": [],
        "digests": {},
        "database": False,
        **changes,
    }


def problems(data: dict[str, Any], work: dict[str, Any], **changes: Any) -> list[str]:
    own = {host: [address, "10.0.0.9"] for host, address in ADDRESSES.items()}
    hosts = {service: [host] for service, host in changes.get("needed", NEEDED).items() if host}
    plan = {
        "addresses": changes.get("addresses", ADDRESSES),
        "services": {"hosts": hosts},
        "keeper": changes.get("keeper", "data"),
        "comparison": {"servers": changes.get("servers", {}), "given": changes.get("given", [])},
    }
    return cluster_problems({"data": data, "work": work}, plan, changes.get("own", own))


def test_hosts_that_agree_have_no_problem() -> None:
    keys = {"fernet_key": "1", "webserver_secret_key": "2"}
    assert problems(state(digests=keys, database=True), state(digests=keys)) == []
    assert problems(state(), state()) == []
    assert problems(state(digests=keys), state()) == []


UNREACHABLE = {"unreachable": True, "msg": "no route"}


@pytest.mark.parametrize(
    ("data", "work", "changes", "words"),
    [
        (state(), state(), {"own": {"work": ["10.0.0.9"]}}, ["work: airflow_private_address 192.0.2.2", "(10.0.0.9)"]),
        (state(), state(unreachable_addresses=["192.0.2.1"]), {}, ["work: cannot reach data at", "address, 192.0.2.1"]),
        (state(), state(clock_offset=120.0), {}, ["work: its clock is 120 s ahead of that of data", "timesyncd"]),
        (state(clock_offset=120.0), state(), {}, ["work: its clock is 120 s behind that of data"]),
        (
            state(digests={"fernet_key": "1"}),
            state(digests={"fernet_key": "2"}),
            {},
            ["work: its secret fernet_key differs from the one on data", "airflow_fernet_key"],
        ),
        (state(), state(digests={"fernet_key": "2"}), {}, ["work: has the secret fernet_key, but data", "does not"]),
        (state(), state(database=True), {}, ["work: Airflow's database is on this host", "is not moved automatically"]),
        (
            state(),
            state(silent_servers=["db.lab:5432"]),
            {"servers": {"db.lab:5432": "airflow_postgres_external"}},
            ["work: nothing answers at db.lab:5432, which is set in airflow_postgres_external"],
        ),
        (
            state(),
            state(database=True),
            {"needed": {"postgres": "", "redis": ""}},
            ["work: Airflow's database is on this host, but airflow_postgres_external names another"],
        ),
        (
            UNREACHABLE,
            state(),
            {"needed": {"postgres": "", "redis": ""}},
            ["data: Ansible cannot reach this host, which is the keeper of the secrets"],
        ),
        (
            UNREACHABLE,
            state(),
            {"needed": {"postgres": "data", "redis": "work"}},
            ["data: Ansible cannot reach this host, which runs Postgres"],
        ),
        (state(), {"msg": "/etc/airflow/secrets/fernet_key: denied"}, {}, ["work: /etc/airflow/secrets/fernet_key"]),
    ],
)
def test_each_problem_names_the_host_and_what_to_do(
    data: dict[str, Any], work: dict[str, Any], changes: dict[str, Any], words: list[str]
) -> None:
    (problem,) = problems(data, work, **changes)
    assert [word for word in words if word not in problem] == []


def test_an_unreachable_worker_is_no_problem() -> None:
    assert problems(state(unreachable_addresses=["192.0.2.2"]), UNREACHABLE) == []


def test_secrets_given_in_the_inventory_may_differ() -> None:
    data, work = state(digests={"webserver_secret_key": "1"}), state(digests={"webserver_secret_key": "2"})
    assert problems(data, work, given=["webserver_secret_key"]) == []


def test_a_clock_offset_within_the_measurement_error_is_no_problem() -> None:
    assert problems(state(), state(clock_offset=14.0, clock_error=5.0)) == []
