"""The secrets of a stack, the owner of each, and when a lost one must not be generated again."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.secrets import (
    database_exists,
    derived,
    handed_on,
    read,
    wanted,
)

from tests import rows

VERSION = rows.prepare()["2.5"]
OURS = ["airflow_postgres_data", "airflow_redis_data"]
ANSWERED = {"major": 15, "migrated": True}


@pytest.mark.parametrize(
    ("hosts", "volumes", "external", "check_mode", "exists"),
    [
        # A first run, a later one, and a host that only has volumes of other projects.
        (["keeper"], [], None, False, False),
        (["keeper"], OURS, None, False, True),
        (["keeper"], ["another_postgres_data", "airflow_postgres_data_old"], None, False, False),
        # The first two in check mode, with an engine on the host.
        (["keeper"], [], None, True, False),
        (["keeper"], OURS, None, True, True),
        # No answer of an engine: none is installed yet; or the keeper failed, and the run continues on other hosts.
        (["keeper"], None, None, True, False),
        (["keeper", "worker"], None, None, False, True),
        # With --limit: the keeper was deployed before, whatever was found on it.
        (["worker"], None, None, False, True),
        (["worker"], [], None, False, True),
        (["worker"], None, None, True, True),
        # An external Postgres is queried; volumes of an earlier Postgres of the stack do not count.
        (["keeper"], OURS, {"major": 15, "migrated": False}, False, False),
        (["keeper"], [], ANSWERED, False, True),
        (["worker"], None, ANSWERED, False, True),
        (["worker"], None, {"major": 15, "migrated": False}, False, False),
        # The external Postgres was not queried: check mode on a host without an engine.
        (["keeper"], None, {}, True, False),
    ],
)
def test_whether_a_database_exists(
    hosts: list[str], volumes: list[str] | None, external: dict[str, Any] | None, check_mode: bool, exists: bool
) -> None:
    assert database_exists("keeper", hosts, volumes, external, check_mode) is exists


@pytest.mark.parametrize(
    ("facts", "exists"),
    [
        ({"hostvars": {"one": {"airflow_found": {"volumes": ["airflow_postgres_data"]}}}}, True),
        ({"hostvars": {"one": {"airflow_found": {"volumes": ["x"]}}}}, False),
        ({"hostvars": {"one": {"airflow_found": {"volumes": []}}}}, False),
        # The engine was not asked; the keeper is unreachable or not part of the run.
        ({"hostvars": {"one": {"airflow_found": {"volumes": None}}}}, True),
        ({"hostvars": {"one": {"airflow_found": {"volumes": None}}}, "ansible_check_mode": True}, False),
        ({}, True),
        ({"ansible_play_hosts_all": ["two"]}, True),
        ({"__airflow_secrets_postgres_answer": {"query_result": [{"migrated": True}]}}, True),
        ({"__airflow_secrets_postgres_answer": {"query_result": [{"migrated": False}]}}, False),
        ({"__airflow_secrets_postgres_answer": {"skipped": True}, "ansible_check_mode": True}, False),
    ],
)
def test_the_role_derives_the_same_from_registered_results(facts: dict[str, Any], exists: bool) -> None:
    templar = rows.known(VERSION, several=False)
    own = (
        {"airflow_postgres_external": {"host": "db.example.com"}}
        if "__airflow_secrets_postgres_answer" in facts
        else {}
    )
    # With an external Postgres, the host of the first scheduler is the keeper.
    groups = {**templar.available_variables["groups"], **({"airflow_postgres": []} if own else {})}
    known = {"ansible_check_mode": False, "hostvars": {"one": {}}, "groups": groups, **own, **facts}
    templar.available_variables = {**templar.available_variables, **known}
    assert rows.value(templar, "__airflow_secrets_database_exists") is exists


INPUTS: dict[str, Any] = {
    "airflow_postgres_external": {},
    "airflow_redis_external": {},
    "airflow_postgres_databases": [],
    "airflow_backup_enabled": True,
}
PLAN: dict[str, Any] = {
    "uid": 50000,
    "release": {"secrets": []},
    "tls": False,
    "certified": {},
    "servers": {"postgres": "192.0.2.1", "redis": "192.0.2.2"},
    "ca": {"directory": "/ca"},
}


def test_the_secrets_of_a_single_host() -> None:
    found = {entry["name"]: entry for entry in wanted(INPUTS, PLAN, {})}
    assert {name: entry.get("owner", 0) for name, entry in found.items()} == {
        "postgres_password": 999,
        "redis_password": 999,
        "fernet_key": 50000,
        "webserver_secret_key": 50000,
        "admin_password": 0,
        "backup_password": 0,
    }
    # Secrets that existing data depends on must be kept; the rest may change.
    assert [name for name, entry in found.items() if entry.get("keep")] == [
        "postgres_password",
        "fernet_key",
        "backup_password",
    ]
    assert [name for name, entry in found.items() if entry.get("regenerate")] == ["backup_password"]
    assert {entry["value"] for entry in found.values()} == {""}


@pytest.mark.parametrize(
    ("inputs", "plan", "added"),
    [
        ({}, {"release": {"secrets": ["jwt_secret"]}}, [("jwt_secret", 50000)]),
        ({"airflow_postgres_databases": [{"name": "news", "owner": "n"}]}, {}, [("database_news_password", 0)]),
        (
            {},
            {"tls": True, "certified": {"redis": "192.0.2.2"}},
            [("ca_key", 0), ("ca_certificate", 0), ("redis_key", 999), ("redis_certificate", 999)],
        ),
    ],
)
def test_further_secrets_of_a_stack(inputs: dict[str, Any], plan: dict[str, Any], added: list[tuple[str, int]]) -> None:
    found = wanted({**INPUTS, **inputs}, {**PLAN, **plan}, {})
    assert [(entry["name"], entry.get("owner", 0)) for entry in found[6:]] == added


def test_without_backups_there_is_no_password_for_them() -> None:
    found = wanted({**INPUTS, "airflow_backup_enabled": False}, PLAN, {})
    assert "backup_password" not in [entry["name"] for entry in found]


def test_secrets_from_the_inventory_and_just_issued_ones_have_a_value() -> None:
    inputs = {**INPUTS, "airflow_fernet_key": "k", "airflow_admin_password": None}
    found = wanted(inputs, {**PLAN, "tls": True}, {"ca_key": "PEM"})
    assert {entry["name"]: entry["value"] for entry in found if entry["value"]} == {"fernet_key": "k", "ca_key": "PEM"}


def test_the_password_of_an_external_postgres_may_change() -> None:
    found = wanted({**INPUTS, "airflow_postgres_external": {"host": "db"}}, PLAN, {})
    assert [entry["name"] for entry in found if entry.get("keep")] == ["fernet_key", "backup_password"]


@pytest.mark.parametrize(
    ("tls", "inputs", "names"),
    [
        (False, {}, ["redis_conf"]),
        (True, {}, ["redis_conf", "postgres_hba"]),
        (True, {"airflow_redis_external": {"host": "r"}}, ["postgres_hba"]),
        (True, {"airflow_postgres_external": {"host": "p"}}, ["redis_conf"]),
        (False, {"airflow_redis_external": {"host": "r"}}, []),
    ],
)
def test_servers_of_the_stack_have_derived_files(tls: bool, inputs: dict[str, Any], names: list[str]) -> None:
    found = derived({**INPUTS, **inputs}, {**PLAN, "tls": tls})
    assert [entry["name"] for entry in found] == ["sql_alchemy_conn", "result_backend", "broker_url", *names]
    assert {entry["owner"] for entry in found[:3]} == {50000}
    assert {entry["owner"] for entry in found[3:]} <= {999}


def test_redis_with_tls_accepts_no_plain_text_connections() -> None:
    plain, encrypted = (
        {entry["name"]: entry["template"] for entry in derived(INPUTS, {**PLAN, "tls": tls})}["redis_conf"]
        for tls in (False, True)
    )
    assert "tls" not in plain
    assert encrypted.startswith(f"{plain}port 0\ntls-port 6379\n")
    assert "tls-ca-cert-file /ca/ca.crt\n" in encrypted


def test_a_host_gets_the_secrets_that_its_services_read() -> None:
    compose = {"secrets": {"key": {}, "redis_conf": {}}}
    known = [{"name": "key", "kind": "fernet", "owner": 50000, "keep": "x"}, {"name": "admin"}, {"name": "redis_conf"}]
    assert handed_on(compose, known, {"key": "k", "admin": "a", "redis_conf": "r"}) == [
        {"name": "key", "kind": "text", "owner": 50000, "value": "k"},
        {"name": "redis_conf", "kind": "text", "owner": 0, "value": "r"},
    ]


def test_secrets_are_read_from_files() -> None:
    content = base64.b64encode(b"p\xc3\xa4ss\n").decode()
    results = [
        {"source": "/etc/airflow/secrets/database_news_password", "content": content},
        {"skipped": True, "source": "/etc/airflow/secrets/database_facts_password"},
        {"skipped": True},
    ]
    assert read(results) == {"database_news_password": "päss"}
