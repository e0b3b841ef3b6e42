"""Each invalid input of role airflow gets one error, valid inputs get none."""

import base64
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.addresses import address_problems
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.databases import database_problems
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.inputs import input_problems
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.packages import package_problems
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.placement import placement_problems
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.release import (
    change_problems,
    image_problems,
    postgres_problems,
    version_problems,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.secrets import (
    SECRETS,
    secret_problems,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.servers import external_problems
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.tls import tls_problems
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.workers import (
    connection_problems,
    queue_problems,
    visibility_problems,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.revisions import head, schemas

from tests import tables
from tests.tables import releases

ROLE = Path(__file__).parents[6] / "roles" / "airflow"
RELEASES = releases()
SCHEMAS = schemas(version for row in RELEASES.values() for version in row["versions"])


@pytest.mark.parametrize("version", ["2.5.3", "2.5.0"])
def test_releases_in_the_table_are_accepted(version: str) -> None:
    assert version_problems(version, RELEASES) == []


@pytest.mark.parametrize("version", ["2.5", "latest", "2.5.99", "4.0.0", ""])
def test_other_releases_are_refused_and_the_error_lists_the_supported_ones(version: str) -> None:
    (problem,) = version_problems(version, RELEASES)
    assert problem.startswith("airflow_version:")
    assert "2.5.3" in problem


@pytest.mark.parametrize(
    "image",
    ["apache/airflow:2.5.3", "registry.example.com/apache/airflow:2.5.3", "r.example:5000/hub/apache/airflow:2.5.3"],
)
def test_plain_images_are_accepted(image: str) -> None:
    assert image_problems(image, "2.5.3") == []


@pytest.mark.parametrize(
    ("image", "word"),
    [
        ("apache/airflow:slim-2.5.3", "slim"),
        ("apache/airflow:2.5.3-python3.9", "variant"),
        ("apache/airflow:slim-2.5.3-python3.9", "slim"),
        ("python:3.9", "not the Airflow image"),
        ("myapache/airflow:2.5.3", "not the Airflow image"),
        ("apache/airflow:2.5.2", "contradicts"),
        ("apache/airflow:latest", "contradicts"),
        ("apache/airflow", "not the Airflow image"),
    ],
)
def test_other_images_are_refused(image: str, word: str) -> None:
    (problem,) = image_problems(image, "2.5.3")
    assert problem.startswith("airflow_image:")
    assert word in problem
    assert "write apache/airflow:2.5.3" in problem


@pytest.mark.parametrize(
    ("image", "accepted"),
    [("postgres:15", True), ("r.example:5000/postgres:13.4-alpine", True), ("postgres:17", False), ("postgres", False)],
)
def test_only_supported_postgres_majors_are_accepted(image: str, accepted: bool) -> None:
    assert (postgres_problems(image, ["13", "15"]) == []) is accepted


def test_every_service_needs_a_host_and_redis_only_one() -> None:
    services = {"redis": "airflow_redis", "worker": "airflow_worker"}
    assert placement_problems({"airflow_redis": ["a"], "airflow_worker": ["a", "b"]}, services) == []
    (empty,) = placement_problems({"airflow_redis": ["a"]}, services)
    assert "airflow_worker has no host" in empty
    (many,) = placement_problems({"airflow_redis": ["a", "b"], "airflow_worker": ["b"]}, services)
    assert "airflow_redis has 2 hosts (a, b)" in many


@pytest.mark.parametrize(
    ("deployed", "version", "words"),
    [
        (
            "2.5.3",
            "2.11.2",
            ["revision 290244fb8b83 of Airflow 2.5.3", "upgrade_airflow.yml", "write 2.5.0 or 2.5.1 or 2.5.2"],
        ),
        ("2.11.2", "2.5.3", ["revision 5f2621c13b39 of Airflow 2.11.2", "2.5.3 cannot read it"]),
        ("2.11.2", "3.1.0", ["run playbooks/upgrade_airflow.yml"]),
        ("3.3.2", "3.2.2", ["of Airflow 3.3.2. 3.2.2 cannot read it"]),
        # The same series, with another schema.
        ("3.1.7", "3.1.8", ["run playbooks/upgrade_airflow.yml"]),
        ("3.1.8", "3.1.7", ["of Airflow 3.1.8. 3.1.7 cannot read it"]),
        # The same schema.
        ("2.5.3", "2.5.1", []),
        ("2.5.1", "2.5.3", []),
        ("2.10.5", "2.11.0", []),
        # Releases that are not supported.
        (
            "2.8.4",
            "2.11.2",
            ["88344c1d9134, which Airflow 2.8.1 introduced", "upgrade_airflow.yml", "see docs/releases.md"],
        ),
        ("3.0.6", "2.11.2", ["which Airflow 3.0.3 introduced. 2.11.2 cannot read it"]),
    ],
)
def test_another_schema_needs_an_upgrade_and_downgrades_are_refused(
    deployed: str, version: str, words: list[str]
) -> None:
    problems = change_problems(head(deployed), version, SCHEMAS)
    assert len(problems) == bool(words)
    assert all(word in problems[0] for word in words)


def test_an_external_server_is_migrated_within_a_series() -> None:
    assert change_problems(head("3.1.7"), "3.1.8", SCHEMAS, within_series=True) == []
    assert change_problems(head("3.1.8"), "3.2.2", SCHEMAS, within_series=True) != []
    assert change_problems(head("3.1.8"), "3.1.7", SCHEMAS, within_series=True) != []


def test_a_revision_that_only_an_interrupted_migration_leaves() -> None:
    # 3.2.0 introduced it, and more after it.
    for version in ("3.2.2", "3.3.2"):
        (problem,) = change_problems("69ddce9a7247", version, SCHEMAS)
        assert "69ddce9a7247, which Airflow 3.2.0 introduced" in problem


def test_a_database_of_an_unknown_release_is_refused() -> None:
    for version in ("2.5.3", "3.3.2"):
        (problem,) = change_problems("ffffffffffff", version, SCHEMAS)
        assert "ffffffffffff, which no release of Airflow that this project knows has" in problem


@pytest.mark.parametrize(
    ("addresses", "words"),
    [
        ({"a": ""}, []),
        ({"a": "10.0.0.1", "b": "10.0.0.2"}, []),
        ({"a": "10.0.0.1", "b": ""}, ["b: airflow_private_address: is not set"]),
        ({"a": "10.0.0.1", "b": "b.example.com"}, ["b: airflow_private_address: 'b.example.com' is not an address"]),
        ({"a": "10.0.0.1", "b": "127.0.0.1"}, ["b: airflow_private_address: '127.0.0.1' is not an address"]),
        ({"a": "10.0.0.1", "b": "10.0.0.1"}, ["b: airflow_private_address: 10.0.0.1 is also the address of a"]),
    ],
)
def test_each_of_several_hosts_needs_an_address(addresses: dict[str, str], words: list[str]) -> None:
    problems = address_problems(addresses)
    assert len(problems) == len(words)
    assert all(word in problem for word, problem in zip(words, problems, strict=True))


PEM = "-----BEGIN CERTIFICATE-----"


@pytest.mark.parametrize(
    ("tls", "hosts", "certificate", "key", "word"),
    [
        (True, 1, "", "", "airflow_tls: on a single host"),
        (True, 2, PEM, "", "airflow_ca_key:"),
        (True, 2, "", PEM, "airflow_ca_certificate:"),
        (True, 2, "/etc/ssl/ca.pem", PEM, "airflow_ca_certificate: must be the PEM text"),
    ],
)
def test_a_ca_needs_certificate_and_key(tls: bool, hosts: int, certificate: str, key: str, word: str) -> None:
    (problem,) = tls_problems(tls, {str(number): "" for number in range(hosts)}, certificate, key)
    assert problem.startswith(word)
    assert tls_problems(True, {"a": "", "b": ""}, PEM, PEM) == []


OWN = {"host": "db.example.com"}


@pytest.mark.parametrize(
    ("server", "password", "groups", "databases", "word"),
    [
        ({"port": 5432}, "p", {}, [], "airflow_postgres_external.host: ''"),
        ({"host": "https://db"}, "p", {}, [], "airflow_postgres_external.host: 'https://db'"),
        ({"host": "localhost"}, "p", {}, [], "airflow_postgres_external.host: localhost would mean"),
        (OWN, "", {}, [], "airflow_postgres_password: is not set"),
        (OWN, "p", {"airflow_postgres": ["a"]}, [], "airflow_postgres_external: group airflow_postgres has a"),
        (OWN, "p", {}, [{"name": "news"}], "airflow_postgres_databases: the stack creates"),
        ({**OWN, "port": 0}, "p", {}, [], "airflow_postgres_external.port: 0 is not a whole number from 1 to 65535"),
        ({**OWN, "port": "5432x"}, "p", {}, [], "airflow_postgres_external.port: '5432x'"),
        ({**OWN, "ca_certificate": "/etc/ca.pem"}, "p", {}, [], "airflow_postgres_external.ca_certificate: must be"),
    ],
)
def test_problems_of_an_external_postgres(
    server: dict[str, Any], password: str, groups: dict[str, list[str]], databases: list[Any], word: str
) -> None:
    service_groups = {"postgres": "airflow_postgres", "redis": "airflow_redis"}
    (problem,) = external_problems({"postgres": server}, {"postgres": password}, groups, service_groups, databases)
    assert problem.startswith(word)
    assert (
        external_problems(
            {"redis": {**OWN, "port": "6380", "database": 3}},
            {"redis": "p"},
            {"airflow_postgres": ["a"]},
            service_groups,
            [1],
        )
        == []
    )


@pytest.mark.parametrize("database", ["main", -1, True])
def test_redis_numbers_its_databases(database: Any) -> None:
    server = {**OWN, "database": database}
    (problem,) = external_problems({"redis": server}, {"redis": "p"}, {}, {"redis": "airflow_redis"}, [])
    assert problem.startswith(f"airflow_redis_external.database: {database!r} is not a whole number")


def test_some_worker_must_serve_the_default_queue() -> None:
    config = {"operators": {"default_queue": "main"}}
    assert queue_problems(["red"], config, ["main", "red"]) == []
    assert len(queue_problems(["red"], config, ["red"])) == 1


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("airflow_fernet_key", "", "is empty; set a value"),
        ("airflow_fernet_key", "  \n", "is empty; set a value"),
        ("airflow_jwt_secret", None, "is empty; set a value"),
        ("airflow_ca_key", "", "is empty; set a value"),
        ("airflow_fernet_key", "c2hvcnQ=", "is not a Fernet key"),
        ("airflow_redis_password", "two\nlines", "must be one line of text"),
    ],
)
def test_invalid_given_secrets_are_refused(name: str, value: Any, words: str) -> None:
    (problem,) = secret_problems({name: value})
    assert problem.startswith(f"{name}: {words}")


def test_valid_given_secrets_are_accepted() -> None:
    key = base64.urlsafe_b64encode(b"k" * 32).decode()
    assert secret_problems({}) == []
    assert secret_problems({"airflow_fernet_key": key, "airflow_admin_password": "p$w", "airflow_ca_key": PEM}) == []


def test_option_names_are_case_insensitive() -> None:
    assert len(queue_problems(["red"], {"operators": {"Default_Queue": "main"}})) == 1
    assert len(visibility_problems({"celery_broker_transport_options": {"Visibility_Timeout": 5}}, {"a": 600})) == 1


def test_extra_packages_are_requirements() -> None:
    assert package_problems(["pandas==2.2.3", "apache-airflow-providers-sftp", "x @ git+https://example.com/x"]) == []
    problems = package_problems(["--index-url https://example.com", "-r file", "a\nb", ""])
    assert len(problems) == 4
    assert "airflow_extra_packages_index" in problems[0]


def test_databases() -> None:
    assert database_problems([{"name": "news", "owner": "news"}]) == []
    problems = database_problems(
        [{"name": "airflow", "owner": "x-y"}, {"name": "n", "owner": "n"}, {"name": "n", "owner": "n"}]
    )
    assert [word in text for word, text in zip(["reserved for", "'x-y'", "twice"], problems, strict=True)] == [True] * 3


def test_postgres_accepts_the_connections_of_all_workers() -> None:
    assert connection_problems([16] * 6, 400) == []
    (problem,) = connection_problems([*[16] * 6, 5], 400)
    assert "400 connections are too few for workers that run 101 tasks" in problem
    assert "write at least 403" in problem
    assert connection_problems(["many", None, "16"], 148) == []
    (problem,) = connection_problems([16], 147)
    assert "write at least 148" in problem
    # A value that is not a number is reported by its own rule.
    assert connection_problems([16], "many") == connection_problems([16], True) == []


@pytest.mark.parametrize(
    ("timeout", "grace", "found"), [(601, "600", 0), ("600", "600", 1), (600, "10m", 0), (1, 5, 1)]
)
def test_the_visibility_timeout_is_above_the_grace_period(timeout: Any, grace: Any, found: int) -> None:
    config = {"celery_broker_transport_options": {"visibility_timeout": timeout}}
    assert len(visibility_problems(config, {"a": grace})) == found


def test_the_visibility_timeout_is_above_the_grace_periods_of_all_workers() -> None:
    config = {"celery_broker_transport_options": {"visibility_timeout": 3600}}
    assert visibility_problems(config, {"a": 600, "b": 3599}) == []
    (problem,) = visibility_problems(config, {"a": 600, "b": "7200", "c": 60})
    assert "airflow_worker_grace_period (7200 on b)" in problem


DEFAULTS = tables.defaults()
SPEC = yaml.safe_load((ROLE / "meta/argument_specs.yml").read_text())["argument_specs"]["preflight"]["options"]
# The inputs of a single host that sets nothing, with the templates among the defaults filled in.
WAITS = {"airflow_upgrade_drain_timeout": DEFAULTS["airflow_worker_grace_period"]}
INPUTS = {**DEFAULTS, "airflow_image": "apache/airflow:2.5.3", "airflow_tls": False, **WAITS}
SERVICES: dict[str, Any] = {
    "postgres": {"group": "airflow_postgres", "external": "airflow_postgres_external"},
    "redis": {"group": "airflow_redis", "external": "airflow_redis_external"},
    "worker": {"group": "airflow_worker", "airflow": True, "commands": 1},
}
AROUND: dict[str, Any] = {
    "releases": RELEASES,
    "services": SERVICES,
    "moved_options": {},
    "groups": {"airflow": ["a"], **{row["group"]: ["a"] for row in SERVICES.values()}},
    "names": ["airflow_version"],
    "spec": SPEC,
    "facts": ["airflow_removing"],
    "members": {
        "addresses": {"a": ""},
        "queues": {"a": ["default"]},
        "slots": {"a": 16},
        "grace_periods": {"a": 600},
        "shared": {},
    },
    "host": "a",
    "inventories": [],
    "projects_directory": "/usr/local/projects",
    "playbook_directory": "/",
    "strategy": "linear",
    "today": "2023-04-01",
}


def test_the_defaults_have_no_problem() -> None:
    assert input_problems(INPUTS, AROUND) == []


def test_secrets_are_exactly_the_variables_without_a_default() -> None:
    assert {name for name, option in SPEC.items() if "default" not in option} == set(SECRETS)


@pytest.mark.parametrize(
    ("inputs", "around", "word"),
    [
        ({"airflow_version": "2.5.4", "airflow_image": "apache/airflow:2.5.4"}, {}, "airflow_version"),
        ({"airflow_postgres_image": "postgres:17"}, {}, "airflow_postgres_image"),
        ({"airflow_config": {"webserver": {"base_url": "nonsense"}}}, {}, "airflow_config.webserver.base_url"),
        ({"airflow_postgres_max_connections": 10}, {}, "airflow_postgres_max_connections"),
        ({"airflow_postgres_image": "postgres 17"}, {}, "airflow_postgres_image"),
        ({"airflow_web_port": "http"}, {}, "airflow_web_port"),
        ({"airflow_memory_limits": {"wroker": "1g"}}, {}, "airflow_memory_limits.wroker"),
        ({"airflow_extra_packages": ["-r x"]}, {}, "airflow_extra_packages"),
        ({"airflow_backup_repository": "/usr/local/projects/backup"}, {}, "airflow_backup_repository"),
        ({}, {"strategy": "free"}, "strategy"),
        ({}, {"groups": {**AROUND["groups"], "airflow_redis": []}}, "inventory"),
        ({}, {"groups": {**AROUND["groups"], "airflow_worker": ["a", "b"]}}, "inventory"),
    ],
)
def test_each_input_reaches_its_check(inputs: dict[str, Any], around: dict[str, Any], word: str) -> None:
    (problem,) = input_problems({**INPUTS, **inputs}, {**AROUND, **around})
    assert problem.startswith(f"{word}:")


def test_an_external_postgres_needs_no_image_and_no_max_connections() -> None:
    own = {"airflow_postgres_external": OWN, "airflow_postgres_password": "p"}
    inputs = {**INPUTS, **own, "airflow_postgres_image": "postgres:17", "airflow_postgres_max_connections": 1}
    groups = {**AROUND["groups"], "airflow_postgres": []}
    assert input_problems(inputs, {**AROUND, "groups": groups}) == []


def test_all_problems_are_reported_together() -> None:
    inputs = {
        "airflow_version": "latest",
        "airflow_image": "python:3.9",
        "airflow_config": {
            "celery_broker_transport_options": {"visibility_timeout": 600},
            "operators": {"default_queue": "main"},
        },
        "airflow_environment": {"AIRFLOW__CELERY__WORKER_AUTOSCALE": "8,2", "_PIP_ADDITIONAL_REQUIREMENTS": ""},
        "airflow_fernet_key": "",
        "airflow_worker_concurrency": 0,
        "airflow_orphans_grace_period": -1,
        "airflow_postgres_max_connections": 100,
        "airflow_postgres_databases": [{"name": "postgres", "owner": "o"}],
        "airflow_worker_queues": ["a,b"],
        "airflow_tls": True,
        "airflow_ca_key": PEM,
        "airflow_postgres_external": OWN,
        "airflow_web_bind_address": "localhost",
        "airflow_plugins_source": "/no/such/directory",
    }
    around = {
        "groups": {},
        "services": {name: SERVICES[name] for name in ("postgres", "redis")},
        "names": ["airflow_versoin"],
        "members": {
            "addresses": {"a": "10.0.0.1", "b": ""},
            "queues": {"a": ["a,b"]},
            "slots": {str(number): 16 for number in range(40)},
            "grace_periods": {"a": 600},
            "shared": {},
        },
    }
    problems = input_problems({**INPUTS, **inputs}, {**AROUND, **around})
    assert [text.split(":")[0] for text in problems] == [
        "airflow_version",
        "airflow_image",
        "inventory",
        "airflow_postgres_password",
        "airflow_postgres_databases",
        "b",
        "airflow_ca_certificate",
        "airflow_versoin",
        "airflow_environment.AIRFLOW__CELERY__WORKER_AUTOSCALE",
        "airflow_environment._PIP_ADDITIONAL_REQUIREMENTS",
        "airflow_fernet_key",
        "airflow_worker_concurrency",
        "airflow_orphans_grace_period",
        "airflow_config.celery_broker_transport_options.visibility_timeout",
        "airflow_postgres_databases",
        "airflow_worker_queues",
        "airflow_config.operators.default_queue",
        "airflow_web_bind_address",
        "airflow_plugins_source",
    ]
    assert all(isinstance(found, Finding) for found in problems)
    assert {found.host for found in problems} == {"", "b"}
