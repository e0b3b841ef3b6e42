"""Options that the stack manages are refused wherever and however they are spelt; others are accepted."""

import datetime
from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.environment import environment_problems
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.options import config_problems, given

MOVED = {"3": {"webserver": {"base_url": "api.base_url"}, "core": {"check_slas": ""}}}


def test_managed_options_are_refused_in_every_spelling() -> None:
    config = {"core": {"Fernet_Key": "x", "parallelism": 4}, "database": {"sql_alchemy_conn_cmd": "x"}, "celery": 3}
    problems = config_problems(config, "2.5.3", {})
    assert len(problems) == 3
    assert "set airflow_fernet_key" in problems[0]
    assert "must be a dict" in problems[2]


def test_moved_options_are_refused_and_the_error_has_the_new_place() -> None:
    config = {"webserver": {"Base_URL": "https://example.com", "secret_key": "x"}, "core": {"check_slas": True}}
    options = {"webserver": {"base_url": "api.base_url", "secret_key": "api.secret_key"}, "core": {"check_slas": ""}}
    moved = {"3.2": {"api": {"page_size": "api.fallback_page_limit"}}, "3": options}
    assert config_problems(config, "3.3.2", moved) == [
        "airflow_config.webserver.Base_URL: Airflow 3.3.2 reads it as api.base_url; write that.",
        "airflow_config.webserver.secret_key: this option is managed by the stack; "
        "remove it to have one generated, or set airflow_webserver_secret_key.",
        "airflow_config.core.check_slas: Airflow 3.3.2 has no such option; remove it.",
    ]
    assert config_problems(config, "2.11.2", moved) == [
        "airflow_config.webserver.secret_key: this option is managed by the stack; "
        "remove it to have one generated, or set airflow_webserver_secret_key."
    ]
    assert config_problems({"api": {"page_size": 50}}, "3.1.8", moved) == []
    assert config_problems({"api": {"page_size": 50}}, "3.2.0", moved) == [
        "airflow_config.api.page_size: Airflow 3.2.0 reads it as api.fallback_page_limit; write that."
    ]


def test_the_error_for_a_moved_option_has_its_place_in_this_release() -> None:
    moved = {"3": {"webserver": {"page_size": "api.page_size"}}, "3.2": {"webserver": {"page_size": "api.limit"}}}
    for version, place in (("3.1.8", "api.page_size"), ("3.2.2", "api.limit")):
        problems = config_problems({"webserver": {"page_size": 50}}, version, moved)
        assert problems == [f"airflow_config.webserver.page_size: Airflow {version} reads it as {place}; write that."]


@pytest.mark.parametrize("option", ["fernet_key ", " fernet_key", "fernet_key: ", "fernet_key = x\nfoo", "", "a]"])
def test_names_that_configparser_would_alter_are_refused(option: str) -> None:
    (problem,) = config_problems({"core": {option: ""}}, "2.5.3", MOVED)
    assert "is not a valid option name" in problem
    (problem,) = config_problems({f"core]\n[{option}": {"a": ""}}, "2.5.3", MOVED)
    assert "is not a valid section name" in problem


def test_an_option_that_is_given_twice_is_refused() -> None:
    (problem,) = config_problems({"api": {"base_url": "http://a/x", "BASE_URL": "http://b/y"}}, "3.3.2", {})
    assert problem == "airflow_config.api.BASE_URL: is set twice, in different letter case; set it once."


def test_a_value_that_is_not_a_dict_is_refused_with_an_error() -> None:
    assert config_problems("core", "2.5.3", {})[0].startswith("airflow_config: must be a dict")
    assert environment_problems("A=1", "2.5.3", {})[0].startswith("airflow_environment: must be a dict")


def test_a_secret_whose_name_ends_in_secret_or_cmd_is_refused() -> None:
    for option in ("jwt_secret", "jwt_secret_cmd", "jwt_secret_secret"):
        (problem,) = config_problems({"api_auth": {option: "x"}}, "3.3.2", {})
        assert "set airflow_jwt_secret" in problem


@pytest.mark.parametrize(
    ("section", "option", "words"),
    [
        ("core", "sql_alchemy_conn", "set airflow_postgres_password"),
        ("workers", "execution_api_server_url", "it is derived from the inventory"),
        ("celery", "worker_concurrency", "set airflow_worker_concurrency"),
        ("celery", "worker_autoscale", "Celery loses tasks when it scales down"),
        ("celery", "WORKER_AUTOSCALE_CMD", "set airflow_worker_concurrency"),
        ("celery", "default_queue", "reads it as operators.default_queue; write that."),
        ("webserver", "web_server_port", "set airflow_web_port"),
        ("webserver", "web_server_host", "set airflow_web_bind_address"),
        ("webserver", "web_server_ssl_cert", "terminate TLS at a proxy"),
        ("api", "port", "set airflow_web_port"),
        ("api", "ssl_key", "terminate TLS at a proxy"),
        ("celery", "worker_log_server_port", "publishes the log servers' own ports"),
        ("logging", "Worker_Log_Server_Port", "publishes the log servers' own ports"),
        ("logging", "trigger_log_server_port", "publishes the log servers' own ports"),
        ("core", "base_log_folder", "below airflow_directory"),
        ("logging", "base_log_folder", "below airflow_directory"),
        ("core", "sql_alchemy_schema", "ALTER ROLE"),
        ("database", "sql_alchemy_schema", "ALTER ROLE"),
        ("celery", "worker_enable_remote_control", "health checks of workers"),
        ("celery", "pool", "made for processes"),
        ("celery", "ssl_active", "set airflow_tls"),
        ("celery_broker_transport_options", "global_keyprefix", "speak to the broker without it"),
        ("celery_broker_transport_options", "fanout_prefix", "speak to the broker without it"),
        ("core", "default_impersonation", "no process to change its user"),
        ("core", "database_access_isolation", "no internal API server"),
        ("scheduler", "standalone_dag_processor", "runs a DAG processor where"),
        ("api_auth", "jwt_private_key_path", "airflow_jwt_secret"),
        ("api_auth", "trusted_jwks_url", "airflow_jwt_secret"),
        ("Core", "parallelism", "write airflow_config.core."),
    ],
)
def test_older_names_and_conflicts_with_the_stack_are_refused(section: str, option: str, words: str) -> None:
    (problem,) = config_problems({section: {option: "x"}}, "2.11.2", MOVED)
    assert problem.startswith(f"airflow_config.{section}")
    assert words in problem


# The official compose file, and what people write into it.
@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "AIRFLOW__CORE__FERNET_KEY",
            "managed by the stack; remove it to have one generated, or set airflow_fernet_key",
        ),
        ("AIRFLOW__CORE__FERNET_KEY_CMD", "managed by the stack"),
        ("AIRFLOW__CORE__FERNET_KEY_SECRET", "managed by the stack"),
        ("airflow__core__fernet_key", "managed by the stack"),
        ("AIRFLOW__CORE__EXECUTOR", "the stack uses the Celery executor"),
        ("AIRFLOW__CORE__DAGS_FOLDER", "set airflow_dags_source"),
        ("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "set airflow_postgres_password"),
        ("AIRFLOW__CORE__SQL_ALCHEMY_CONN", "set airflow_postgres_password"),
        ("AIRFLOW__CELERY__BROKER_URL", "set airflow_redis_password"),
        ("AIRFLOW__WEBSERVER__SECRET_KEY", "set airflow_webserver_secret_key"),
        ("AIRFLOW__API_AUTH__JWT_SECRET", "set airflow_jwt_secret"),
        ("AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK", "interferes"),
        ("AIRFLOW__LOGGING__BASE_LOG_FOLDER", "below airflow_directory"),
        ("AIRFLOW__DATABASE__SQL_ALCHEMY_SCHEMA", "ALTER ROLE"),
        ("AIRFLOW__CORE__CHECK_SLAS", "has no such option; remove it"),
        ("AIRFLOW__WEBSERVER__BASE_URL", "reads it as api.base_url; write airflow_config.api.base_url."),
        ("AIRFLOW__API__BASE_URL", "set it in airflow_config.api.base_url"),
        ("AIRFLOW__API__WORKERS", "set it in airflow_web_workers"),
        ("AIRFLOW__CELERY__WORKER_AUTOSCALE", "set airflow_worker_concurrency"),
        ("AIRFLOW__CELERY__WORKER_CONCURRENCY_CMD", "set airflow_worker_concurrency"),
        ("AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__VISIBILITY_TIMEOUT", "set it in airflow_config.celery_broker"),
        ("AIRFLOW__CELERY__DEFAULT_QUEUE", "write airflow_config.operators.default_queue"),
        ("airflow__core__parallelism", "write AIRFLOW__CORE__PARALLELISM"),
        ("AIRFLOW_CONN_dwh", "write AIRFLOW_CONN_DWH"),
        ("AIRFLOW__PARALLELISM", "write AIRFLOW__SECTION__OPTION"),
        ("_PIP_ADDITIONAL_REQUIREMENTS", "set airflow_extra_packages"),
        ("_AIRFLOW_DB_MIGRATE", "site.yml migrates the database"),
        ("_AIRFLOW_WWW_USER_CREATE", "airflow_users"),
        ("AIRFLOW_CONFIG", "remove it"),
        ("AIRFLOW_UID", "remove it"),
        ("AIRFLOW_STACK_NETWORK", "remove it"),
        ("CONNECTION_CHECK_MAX_COUNT", "remove it"),
        ("A=B", "not a valid name of an environment variable"),
        ("", "not a valid name of an environment variable"),
    ],
)
def test_variables_that_the_stack_manages_are_refused(name: str, words: str) -> None:
    (problem,) = environment_problems({name: ""}, "3.3.2", MOVED)
    assert problem.startswith(f"airflow_environment.{name}: ")
    assert words in problem


def test_other_variables_are_accepted() -> None:
    environment = {
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": True,
        "AIRFLOW__CORE__PARALLELISM": 16,
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "DEBUG",
        "AIRFLOW_CONN_DWH": "postgres://u:p$word@h/db",
        "AIRFLOW_VAR_EMPTY": "",
        "TZ": "Europe/Berlin",
        "http_proxy": "http://proxy:3128",
        "RATIO": 0.5,
    }
    assert environment_problems(environment, "3.3.2", MOVED) == []


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "the value is null"),
        ([1], "the value is a list"),
        ({"a": 1}, "the value is a dict"),
        (datetime.date(2024, 1, 31), "the value is a date"),
    ],
)
def test_values_are_text(value: Any, words: str) -> None:
    (problem,) = environment_problems({"NAME": value}, "2.5.3", {})
    assert problem.startswith("airflow_environment.NAME: ")
    assert words in problem


def test_options_that_nothing_depends_on_are_accepted() -> None:
    config = {
        "metrics": {"statsd_on": True, "statsd_port": 9125, "otel_on": False},
        "celery": {"worker_prefetch_multiplier": 1, "worker_umask": "0o077", "operation_timeout": 2},
        "logging": {"remote_logging": True, "remote_base_log_folder": "s3://logs", "logging_level": "DEBUG"},
        "scheduler": {"scheduler_health_check_server_port": 8975},
        "celery_broker_transport_options": {"visibility_timeout": 90000, "socket_timeout": 60},
    }
    for version in ("2.5.3", "3.3.2"):
        assert config_problems(config, version, {}) == []


@pytest.mark.parametrize(
    ("config", "version", "kind", "place"),
    [
        ("core", "2.5.3", "type-wrong", "airflow_config"),
        ({"core": 3}, "2.5.3", "type-wrong", "airflow_config.core"),
        ({"a b": {}}, "2.5.3", "name-invalid", "airflow_config"),
        ({"core": {"a b": 1}}, "2.5.3", "name-invalid", "airflow_config.core"),
        ({"Core": {"parallelism": 1}}, "2.5.3", "letter-case", "airflow_config.Core"),
        ({"core": {"Executor": "x"}}, "2.5.3", "option-managed", "airflow_config.core.Executor"),
        ({"webserver": {"base_url": "x"}}, "3.3.2", "option-moved", "airflow_config.webserver.base_url"),
        ({"core": {"check_slas": "x"}}, "3.3.2", "option-removed", "airflow_config.core.check_slas"),
    ],
)
def test_findings_about_options(config: Any, version: str, kind: str, place: str) -> None:
    (found,) = config_problems(config, version, MOVED)
    assert (found.id, found.place) == (kind, place)


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("A=B", "", "name-invalid"),
        ("AIRFLOW_UID", "", "variable-managed"),
        ("AIRFLOW__CORE__EXECUTOR", "", "option-managed"),
        ("AIRFLOW__API__BASE_URL", "", "option-in-environment"),
        ("AIRFLOW__PARALLELISM", "", "option-ignored"),
        ("airflow__core__parallelism", "", "letter-case"),
        ("NAME", None, "value-not-text"),
    ],
)
def test_findings_about_the_environment(name: str, value: Any, kind: str) -> None:
    (found,) = environment_problems({name: value}, "3.3.2", MOVED)
    assert (found.id, found.place) == (kind, f"airflow_environment.{name}")


def test_an_option_is_found_in_any_letter_case() -> None:
    assert given({"api": {"Base_URL": "x"}}, "api", "base_url") == "x"
    assert given({"api": 3}, "api", "base_url") is None
