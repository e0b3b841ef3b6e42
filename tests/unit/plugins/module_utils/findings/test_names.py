"""Tests of the check for misspelt variables."""

from __future__ import annotations

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.names import mentioned, misspelt_problems

from tests import tables
from tests.support.judged import spec


def test_the_error_for_a_misspelt_variable_suggests_the_right_name() -> None:
    assert misspelt_problems(["airflow_version"], ["airflow_version"]) == []
    (problem,) = misspelt_problems(["airflow_wroker_concurrency"], ["airflow_version", "airflow_worker_concurrency"])
    assert "did you mean airflow_worker_concurrency?" in problem


@pytest.mark.parametrize(
    "name",
    [
        "airflow_s3_logs_bucket",
        "airflow_home",
        "airflow_domain",
        "airflow_smtp_sender",
        "airflow_connections_base",
        "airflow_environment_common",
    ],
)
def test_a_variable_of_the_users_own_is_accepted(name: str) -> None:
    assert misspelt_problems([name], [*tables.defaults()]) == []


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("airflow_dag_source", "airflow_dags_source"),
        ("airflow_tsl", "airflow_tls"),
        ("airflow_webserver_port", "airflow_web_port"),
        ("airflow_pg_password", "airflow_redis_password"),
        ("airflow_connection", "airflow_connections"),
    ],
)
def test_a_near_miss_is_refused(name: str, meant: str) -> None:
    (problem,) = misspelt_problems([name], [*tables.defaults(), "airflow_redis_password"])
    assert f"did you mean {meant}?" in problem


@pytest.mark.parametrize("name", ["docker_registry_mirror", "docker_insecure_registrys", "docker_daemon_option"])
def test_a_near_miss_of_the_engine_is_refused(name: str) -> None:
    (problem,) = misspelt_problems([name], [*spec("docker")], shared=True)
    assert problem.id == "variable-misspelt"


# Names of other widespread roles and collections.
@pytest.mark.parametrize(
    "name",
    [
        "docker_packages_state",
        "docker_package",
        "docker_service_state",
        "docker_users",
        "docker_log_opts",
        "docker_daemon_graph",
        "docker_apt_repository",
        "docker_compose_version",
        "docker_host",
        "projects_root",
    ],
)
def test_names_of_other_roles_are_accepted(name: str) -> None:
    assert misspelt_problems([name], [*spec("docker"), *spec("projects")], shared=True) == []


def test_a_helper_is_used_by_a_template() -> None:
    variables = {
        "airflow_smtp_password": "{{ vault_smtp }}",
        "airflow_config": {"smtp": {"smtp_password": "{{ airflow_smtp_password }}"}},
        "airflow_loop": "{{ airflow_loop }}",
        "airflow_text": "airflow_smtp",
        "list": ["{% if airflow_extra_users is defined %}x{% endif %}"],
    }
    assert mentioned("airflow_smtp_password", variables)
    assert mentioned("airflow_extra_users", variables)
    for name in ("airflow_smtp", "airflow_loop", "smtp_password", "airflow_extra"):
        assert not mentioned(name, variables), name
