"""Conflicts between several hosts, and errors that say what to do."""

import hashlib
from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.cluster import cluster_problems

INPUTS: dict[str, Any] = {
    "airflow_version": "2.11.2",
    "airflow_image": "apache/airflow:2.11.2",
    "airflow_extra_packages": [],
    "airflow_tls": False,
}
NEEDED = {"postgres": "data", "redis": "data"}
ADDRESSES = {"data": "192.0.2.1", "work": "192.0.2.2"}


def state(**changes: Any) -> dict[str, Any]:
    return {
        "clock_offset": 0.2,
        "clock_error": 0.4,
        "unreachable_addresses": [],
        "digests": {},
        "images": {},
        "firewall": True,
        "tls": False,
        "database": False,
        **changes,
    }


def problems(data: dict[str, Any], work: dict[str, Any], **changes: Any) -> list[Any]:
    own = {host: [address, "10.0.0.9"] for host, address in ADDRESSES.items()}
    hosts = {service: [host] for service, host in changes.get("needed", NEEDED).items() if host}
    plan = {
        "addresses": changes.get("addresses", ADDRESSES),
        "services": {"hosts": hosts, "airflow_names": ["scheduler", "worker"]},
        "keeper": changes.get("keeper", "data"),
        "comparison": {
            "servers": changes.get("servers", {}),
            "secrets": ["fernet_key", "webserver_secret_key"],
            "given": changes.get("given", []),
        },
    }
    this_run = {
        "outside": changes.get("outside", []),
        "left_out": changes.get("left_out", []),
        "inputs": INPUTS | changes.get("inputs", {}),
    }
    return cluster_problems({"data": data, "work": work}, plan, changes.get("own", own), this_run)


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


def digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()


OLD = {"worker": "apache/airflow:2.11.0", "postgres": "postgres:15"}
BUILT = {"worker": "airflow-extra-packages:2.11.2-0123456789ab"}


@pytest.mark.parametrize(
    ("images", "inputs", "word"),
    [
        (OLD, {}, "runs apache/airflow:2.11.0"),
        ({"scheduler": "mirror.example.com/apache/airflow:2.11.2"}, {}, "runs mirror.example.com/"),
        (BUILT, {}, "runs airflow-extra-packages"),
        (OLD, {"airflow_extra_packages": ["xlsxwriter"]}, "deploys apache/airflow:2.11.2 with extra packages"),
        (BUILT, {"airflow_extra_packages": ["xlsxwriter"]}, ""),
        # Postgres has its own releases, and a host without a container was never deployed.
        ({"worker": "apache/airflow:2.11.2", "postgres": "postgres:14"}, {}, ""),
        ({}, {}, ""),
    ],
)
def test_a_limited_run_deploys_the_images_of_the_other_hosts(
    images: dict[str, str], inputs: dict[str, Any], word: str
) -> None:
    found = problems(state(), state(images=images), outside=["work"], inputs=inputs)
    assert len(found) == bool(word)
    assert all(text.startswith("work: ") and word in text and "without --limit" in text for text in found)
    # A run with all hosts changes the image on all of them.
    assert problems(state(), state(images=images), inputs=inputs) == []


@pytest.mark.parametrize("missing", [{"outside": ["work"]}, {"left_out": ["work"]}])
@pytest.mark.parametrize("name", ["redis_password", "webserver_secret_key"])
def test_a_secret_changes_only_on_all_hosts_together(missing: dict[str, list[str]], name: str) -> None:
    data = state(digests={name: digest("old")})
    work = state() if "outside" in missing else UNREACHABLE
    for value, refused in (("new", True), ("old", False), ("", False)):
        given = {"inputs": {f"airflow_{name}": value}, "given": [name]}
        found = problems(data, work, **missing, **given)
        assert len(found) == refused
        assert all(text.startswith(f"airflow_{name}: differs from the secret that data has") for text in found)
        assert all("leaves out work" in text and "old" not in text.split(",")[0] for text in found)
        assert problems(data, state(), **given) == []


def test_a_host_outside_the_run_has_the_secret_of_the_inventory() -> None:
    data, work = (state(digests={"webserver_secret_key": digest(value)}) for value in ("new", "old"))
    given = {"inputs": {"airflow_webserver_secret_key": "new"}, "given": ["webserver_secret_key"]}
    (problem,) = problems(data, work, outside=["work"], **given)
    assert "work has another secret webserver_secret_key" in problem
    assert problems(data, work, **given) == []


def test_a_password_that_a_host_no_longer_needs_is_no_problem() -> None:
    data, work = (state(digests={"redis_password": digest(value)}) for value in ("new", "old"))
    assert problems(data, work) == []
    assert problems(data, work, outside=["work"], inputs={"airflow_redis_password": "new"}) == []


def test_a_limited_run_cannot_update_the_firewall_of_an_earlier_release() -> None:
    deployed = {"worker": "apache/airflow:2.11.2"}
    (problem,) = problems(state(), state(images=deployed, firewall=False), outside=["work"])
    assert problem.startswith("work: has the firewall of an earlier release")
    assert "Run site.yml without --limit" in problem
    assert problems(state(), state(images=deployed, firewall=False)) == []
    # A host that was never deployed has no firewall yet.
    assert problems(state(), state(firewall=False), outside=["work"]) == []


def test_a_limited_run_does_not_change_tls_or_the_ca() -> None:
    deployed = {"worker": "apache/airflow:2.11.2"}
    (problem,) = problems(state(), state(images=deployed), outside=["work"], inputs={"airflow_tls": True})
    assert problem.startswith("airflow_tls: work was deployed without TLS")
    (problem,) = problems(state(), state(images=deployed, tls=True), outside=["work"])
    assert problem.startswith("airflow_tls: work was deployed with TLS")
    # A host that was never deployed has no opinion.
    assert problems(state(), state(), outside=["work"], inputs={"airflow_tls": True}) == []
    data = state(digests={"ca_certificate": digest("old")})
    for value, refused in (("old\n", 0), ("new\n", 1)):
        found = problems(data, state(), outside=["work"], inputs={"airflow_ca_certificate": value})
        assert len(found) == refused


def test_a_problem_knows_its_host() -> None:
    found = problems(state(), state(clock_offset=120.0, unreachable_addresses=["192.0.2.1"]))
    assert [(problem.id, problem.host) for problem in found] == [
        ("address-unreachable", "work"),
        ("clock-differs", "work"),
    ]
    (problem,) = problems(state(), state(images=OLD), outside=["work"])
    assert (problem.id, problem.host) == ("limit-image-differs", "work")
    (problem,) = problems(state(), {"msg": "denied"})
    assert (problem.id, problem.host, str(problem)) == ("host-unreadable", "work", "work: denied")
