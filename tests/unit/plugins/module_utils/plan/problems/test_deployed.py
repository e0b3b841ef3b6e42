"""What a run would damage on a host that already has something."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.deployed import deployed_problems
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.revisions import head, schemas

DIRECTORY = "/usr/local/projects/airflow"
OURS = {
    "name": "airflow-worker-1",
    "service": "worker",
    "ours": True,
    "project_directory": "/tmp/x",
    "directory": DIRECTORY,
}
QUICK_START = {
    "name": "airflow-airflow-worker-1",
    "service": "airflow-worker",
    "ours": False,
    "project_directory": "/home/me/airflow",
    "directory": "",
}
VOLUME = {"directory": "/var/lib/docker/volumes/airflow_postgres_data/_data", "postgres": "15"}
EVIDENCE = ["/var/lib/airflow-stack/database_volume"]
NETWORKS = {
    "network": {},
    "host_network": {"routes": [], "addresses": [], "name_servers": [], "controller": "", "mtu": ""},
}
SCHEMA = {"revision": head("2.5.3")}
DEPLOYED = {
    **SCHEMA,
    **NETWORKS,
    "new_volume": {},
    "upgrading": [],
    "restoring": "",
    "missing": [],
    "interrupted": {},
    "engine": True,
    "containers": [OURS],
    "command": "ours",
    "volume": VOLUME,
    "evidence": EVIDENCE,
}
EMPTY = {
    **NETWORKS,
    "revision": "",
    "new_volume": {},
    "upgrading": [],
    "restoring": "",
    "missing": [],
    "interrupted": {},
    "engine": False,
    "containers": [],
    "command": "",
    "volume": {},
    "evidence": [],
}
PLAN: dict[str, Any] = {
    "project": "airflow",
    "network": "airflow",
    "bridge": "br-airflow",
    "addresses": {},
    "keeper": "one",
    "services": {"external": {}, "airflow": ["worker"]},
    "migrated": {},
    "schemas": schemas(["2.5.2", "2.5.3", "2.11.2", "3.1.7", "3.1.8"]),
}
INPUTS = {
    "airflow_version": "2.5.3",
    "airflow_directory": DIRECTORY,
    "airflow_postgres_image": "postgres:15",
    "airflow_accept_empty_database": False,
    "airflow_network_subnet": "",
    "airflow_postgres_external": {},
    "airflow_redis_external": {},
    "airflow_extra_hosts": {},
}


def problems(
    found: dict[str, Any], host: str = "one", plan: dict[str, Any] | None = None, removing: bool = False, **inputs: Any
) -> list[str]:
    """Return the problems of a host with what it has."""
    return deployed_problems({**EMPTY, **found}, host, plan or PLAN, {**INPUTS, **inputs}, removing=removing)


@pytest.mark.parametrize(
    "found",
    [
        EMPTY,
        DEPLOYED,
        # A stack of an earlier release, whose containers are gone, and a volume that Postgres has not filled yet.
        {**DEPLOYED, "containers": [], "command": ""},
        {**DEPLOYED, "volume": {**VOLUME, "postgres": ""}, "evidence": ["/usr/local/projects/airflow/compose.yml"]},
        # A first run that was killed before it created the volume.
        {**EMPTY, "engine": True, "command": "ours"},
        # Docker is stopped: nothing can be said of its volumes.
        {**EMPTY, "evidence": EVIDENCE},
    ],
)
def test_what_is_no_problem(found: dict[str, Any]) -> None:
    assert problems(found) == []


def test_the_official_quick_start_is_not_removed() -> None:
    (problem,) = problems({"engine": True, "containers": [OURS, QUICK_START]})
    for word in (
        "airflow-airflow-worker-1 of the compose project in /home/me/airflow",
        "--project-name",
        "docker compose down",
    ):
        assert word in problem
    assert OURS["name"] not in problem.replace(QUICK_START["name"], "")


def test_a_container_without_a_directory_is_named_too() -> None:
    (problem,) = problems({"engine": True, "containers": [{**QUICK_START, "project_directory": ""}]})
    assert problem.startswith("containers airflow-airflow-worker-1 also belong")


def test_a_foreign_command_is_not_overwritten() -> None:
    (problem,) = problems({"command": "foreign"})
    assert "/usr/local/bin/airflow was not installed by this project" in problem
    backing = {**PLAN, "services": {"external": {}, "airflow": []}}
    assert problems({"command": "foreign"}, plan=backing) == []


@pytest.mark.parametrize("wanted", ["/srv/airflow", "/srv/airflow/", "/usr/local/projects"])
def test_a_stack_does_not_move_to_another_directory(wanted: str) -> None:
    (problem,) = problems(DEPLOYED, airflow_directory=wanted)
    assert problem.startswith(f"airflow_directory: the stack on this host is in {DIRECTORY}")
    assert problems(DEPLOYED, airflow_directory=f"{DIRECTORY}/".replace("/airflow", "//airflow")) == []


def test_a_missing_volume_is_a_loss_and_not_a_new_stack() -> None:
    (problem,) = problems({**DEPLOYED, "volume": {}})
    for word in (EVIDENCE[0], "no volume airflow_postgres_data", "data-root", "-e airflow_accept_empty_database=true"):
        assert word in problem
    assert problems({**DEPLOYED, "volume": {}}, airflow_accept_empty_database=True) == []
    assert problems({**DEPLOYED, "volume": {}}, host="two") == []
    assert problems({**DEPLOYED, "volume": {}}, removing=True) == []
    # A volume that was created anew, or whose own disk is not mounted.
    assert len(problems({**DEPLOYED, "volume": {**VOLUME, "postgres": ""}})) == 1


@pytest.mark.parametrize(
    ("image", "refused"),
    [
        ("postgres:15", False),
        ("registry.example.com:5000/library/postgres:15.6-bookworm", False),
        ("postgres:16", True),
        ("postgres:14", True),
        ("postgres@sha256:0123", True),
        ("postgres:latest", False),
    ],
)
def test_data_of_another_postgres_is_refused(image: str, refused: bool) -> None:
    found = problems(DEPLOYED, airflow_postgres_image=image)
    assert bool(found) == refused
    assert all("created by Postgres 15" in problem for problem in found)


def test_an_external_postgres_has_no_volume() -> None:
    plan = {**PLAN, "services": {"external": {"postgres": {}}, "airflow": []}}
    assert problems({**DEPLOYED, "volume": {}}, plan=plan) == []


@pytest.mark.parametrize("version", ["2.11.2", "3.1.8"])
def test_a_database_of_another_series_is_refused(version: str) -> None:
    (problem,) = problems(DEPLOYED, airflow_version=version)
    assert problem.startswith("airflow_version: the database has the schema revision 290244fb8b83 of Airflow 2.5.3")
    assert "migrated.json" not in problem
    assert problems(DEPLOYED, airflow_version=version, removing=True) == []
    assert problems(DEPLOYED, airflow_version=version, host="two") == []
    assert problems(DEPLOYED, airflow_version="2.5.2") == []


def test_the_database_knows_better_than_the_record() -> None:
    restored = {**PLAN, "migrated": {"version": "2.11.2", "revision": head("2.11.2")}}
    assert problems(DEPLOYED, plan=restored) == []
    assert len(problems(DEPLOYED, plan=restored, airflow_version="2.11.2")) == 1


@pytest.mark.parametrize("noted", [{"version": "2.5.3"}, {"version": "2.5.2", "revision": head("2.5.3"), "image": "x"}])
def test_without_an_answer_the_record_is_used(noted: dict[str, str]) -> None:
    plan = {**PLAN, "migrated": noted}
    stopped = {**DEPLOYED, "revision": ""}
    assert problems(stopped, plan=plan) == []
    (problem,) = problems(stopped, plan=plan, airflow_version="2.11.2")
    assert problem.endswith(f"{DIRECTORY}/config/migrated.json says so; remove it if another database was restored.")
    external = {**plan, "services": {"external": {"postgres": {}}, "airflow": []}}
    assert len(problems(EMPTY, plan=external, airflow_version="2.11.2")) == 1


def test_a_container_of_postgres_is_evidence_of_a_database() -> None:
    server = {**OURS, "name": "airflow-postgres-1", "service": "postgres", "directory": ""}
    (problem,) = problems({"engine": True, "containers": [server]})
    assert "(container airflow-postgres-1)" in problem


def test_alpine_is_refused_on_a_host_without_a_database() -> None:
    for found in (EMPTY, {**EMPTY, "engine": True}):
        (problem,) = problems(found, airflow_postgres_image="postgres:15-alpine")
        assert "contains Alpine Linux" in problem
    # The data say it more precisely.
    assert problems(DEPLOYED, airflow_postgres_image="postgres:15-alpine3.20") == []


def test_the_playbook_that_upgrades_checks_the_data_itself() -> None:
    for found in (DEPLOYED, {**DEPLOYED, "volume": {**VOLUME, "postgres": ""}}):
        inputs = {**INPUTS, "airflow_postgres_image": "postgres:17"}
        assert deployed_problems({**EMPTY, **found}, "one", PLAN, inputs, upgrading=True) == []
        assert len(deployed_problems({**EMPTY, **found}, "one", PLAN, inputs)) == 1
    (problem,) = problems(DEPLOYED, airflow_postgres_image="postgres:16")
    assert problem.endswith("or run playbooks/upgrade_postgres.yml to move to 16.")
    (problem,) = problems(DEPLOYED, airflow_postgres_image="postgres:14")
    assert problem.endswith("write an image of Postgres 15.")


def test_servers_of_an_interrupted_upgrade_use_the_data() -> None:
    found = {**DEPLOYED, "upgrading": ["airflow-postgres-1_old"]}
    (problem,) = problems(found)
    assert "airflow-postgres-1_old. Run playbooks/upgrade_postgres.yml again." in problem
    assert problems(found, removing=True) == []
    assert deployed_problems(found, "one", PLAN, INPUTS, upgrading=True) == []


@pytest.mark.parametrize("accepted", [False, True])
def test_an_exchange_that_was_interrupted_is_no_loss(accepted: bool) -> None:
    found = {**DEPLOYED, "volume": {**VOLUME, "postgres": ""}, "new_volume": {**VOLUME, "postgres": "17"}}
    (problem,) = problems(found, airflow_accept_empty_database=accepted)
    assert problem.startswith("an upgrade to Postgres 17 was interrupted while it exchanged the volumes.")
    assert "airflow_accept_empty_database" not in problem


def test_an_interrupted_restore_must_go_on() -> None:
    found = {**DEPLOYED, "restoring": "20261129T184500Z"}
    (problem,) = deployed_problems(found, "two", PLAN, INPUTS)
    assert "a restore of backup 20261129T184500Z was interrupted" in problem
    assert deployed_problems(found, "two", PLAN, INPUTS, restoring=True) == []
    assert deployed_problems(found, "one", PLAN, INPUTS, removing=True) == []


@pytest.mark.parametrize("lost", [{"volume": {}, "containers": []}, {"revision": head("3.1.8")}])
def test_a_restore_replaces_a_lost_database_and_one_of_another_series(lost: dict[str, Any]) -> None:
    assert len(deployed_problems({**DEPLOYED, **lost}, "one", PLAN, INPUTS)) == 1
    assert deployed_problems({**DEPLOYED, **lost}, "one", PLAN, INPUTS, restoring=True) == []


def test_a_restore_needs_a_server_that_can_read_the_volume() -> None:
    inputs = {**INPUTS, "airflow_postgres_image": "postgres:17"}
    (problem,) = deployed_problems(DEPLOYED, "one", PLAN, inputs, restoring=True)
    assert "created by Postgres 15" in problem


@pytest.mark.parametrize(
    ("version", "changing", "how", "refused"),
    [
        ("2.5.3", False, "complete", True),
        ("3.3.2", False, "complete", True),
        # Also if the inventory says so for good.
        ("2.5.3", False, "restore", True),
        # The upgrade again.
        ("3.3.2", True, "complete", False),
        ("3.3.2", True, "restore", False),
        ("2.5.3", True, "restore", False),
        # Another one in between, also to the release before.
        ("3.2.2", True, "complete", True),
        ("2.5.3", True, "complete", True),
    ],
)
def test_an_interrupted_upgrade(version: str, changing: bool, how: str, refused: bool) -> None:
    found = {**DEPLOYED, "interrupted": {"before": "2.5.3", "after": "3.3.2"}}
    inputs = {**INPUTS, "airflow_version": version, "airflow_upgrade_interrupted": how}
    # A host that is not the keeper, so that the database is not judged.
    problems = deployed_problems(found, "two", PLAN, inputs, changing=changing)
    assert bool(problems) == refused
    for text in problems:
        assert "from Airflow 2.5.3 to 3.3.2 was interrupted" in text
        assert "airflow_version: 3.3.2 to complete it, or add -e airflow_upgrade_interrupted=restore" in text


def test_an_interrupted_upgrade_does_not_hinder_the_removal() -> None:
    found = {**DEPLOYED, "interrupted": {"before": "2.5.3", "after": "3.3.2"}}
    assert deployed_problems(found, "two", PLAN, INPUTS, removing=True) == []


@pytest.mark.parametrize(
    ("found", "finding"),
    [
        ({"engine": True, "containers": [QUICK_START]}, "containers-foreign"),
        ({"command": "foreign"}, "command-foreign"),
        ({**DEPLOYED, "volume": {}}, "database-lost"),
        ({**DEPLOYED, "restoring": "x"}, "restore-interrupted"),
        ({**DEPLOYED, "upgrading": ["x"]}, "postgres-upgrade-interrupted"),
        ({**DEPLOYED, "missing": ["/mnt/nfs"]}, "volume-source-missing"),
        ({**DEPLOYED, "interrupted": {"before": "2.5.3", "after": "3.3.2"}}, "upgrade-interrupted"),
    ],
)
def test_a_problem_has_an_id(found: dict[str, Any], finding: str) -> None:
    (problem,) = deployed_problems({**EMPTY, **found}, "one", PLAN, INPUTS)
    assert problem.id == finding


def test_the_record_of_another_release_has_an_id_of_its_own() -> None:
    plan = {**PLAN, "migrated": {"version": "3.1.8"}}
    (problem,) = deployed_problems({**DEPLOYED, "revision": ""}, "one", plan, INPUTS)
    assert (problem.id, problem.place) == ("schema-of-record-differs", "airflow_version")
    assert str(problem).endswith(
        f"{DIRECTORY}/config/migrated.json says so; remove it if another database was restored."
    )
