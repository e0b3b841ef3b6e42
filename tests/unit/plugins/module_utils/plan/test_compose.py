"""The data of role airflow_stack: airflow.cfg and the compose definition."""

import configparser
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.ansible_airflow.airflow.plugins.filter.airflow_stack import airflow_compose
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.compose import (
    ComposeError,
    _bind,
    compose,
    host_name,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.configuration import cfg
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.images import image_ids, pip_errors


def bind(source: str, target: str, **more: Any) -> dict[str, Any]:
    """A mount whose missing source is an error."""
    return {"type": "bind", "source": source, "target": target, "bind": {"create_host_path": False}, **more}


def read(text: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read_string(text)
    return parser


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        ("plain", "plain"),
        ("100%", "100%"),
        ("[%(asctime)s] %(message)s", "[%(asctime)s] %(message)s"),
        (True, "True"),
        (None, ""),
        (16, "16"),
        (["a", "b"], "a,b"),
        ([], ""),
        ({"connections_prefix": "prod/conn", "sep": "%"}, '{"connections_prefix": "prod/conn", "sep": "%"}'),
        ([{"name": "a", "kwargs": {"x": None, "y": True}}], '[{"name": "a", "kwargs": {"x": null, "y": true}}]'),
        ({}, "{}"),
        ("two\nlines", "two\nlines"),
        ("سلام = ; #", "سلام = ; #"),
    ],
)
def test_option_values_reach_airflow_unchanged(value: Any, seen: str) -> None:
    assert read(cfg({"core": {"option": value}}))["core"]["option"] == seen


def test_later_layers_win_option_by_option() -> None:
    parser = read(cfg({"core": {"a": 1, "b": 1}}, {"core": {"B": 2}}, {"logging": {"c": 3}}))
    assert {name: dict(parser[name]) for name in parser.sections()} == {
        "core": {"a": "1", "b": "2"},
        "logging": {"c": "3"},
    }


# The groups of the services, and the arguments of `compose` that are not in the plan.
PLACES = {"redis": "airflow_redis", "worker": "airflow_worker", "scheduler": "airflow_scheduler"}
WORDS: dict[str, Any] = {
    "host": "h1",
    "secrets_directory": "/s",
    "logging": {"driver": "json-file"},
    "healthcheck": {"interval": "30s"},
    "airflow": {
        "image": "apache/airflow:2.5.3",
        "environment": {"A": "1"},
        "volumes": ["/l:/l"],
        "secrets": ["key"],
        "reads": ["airflow.cfg"],
    },
    "memory_limits": {"worker": "2g"},
    "contents": {"airflow.cfg": "x", "key": "k", "redis_conf": "r"},
    "digest_key": "secret",
    "subnet": "",
    "mtu": "",
}
RELEASE = {"worker": {"command": ["celery", "worker"], "health": ["celery"], "log_port": 8793}}
# Keys of the service table; all other keys belong to the definition.
ROW = {"airflow", "beside"}


def made(
    services: dict[str, Any] | None = None,
    running: tuple[str, ...] = ("redis", "worker"),
    release: dict[str, Any] | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """Return the definition of a host, with changes to the plan or to the other arguments."""
    return compose(*arguments(services, running, release, **changes))


def arguments(
    services: dict[str, Any] | None = None,
    running: tuple[str, ...] = ("redis", "worker"),
    release: dict[str, Any] | None = None,
    **changes: Any,
) -> tuple[dict[str, Any], ...]:
    """Return the arguments of `compose`."""
    services = SERVICES if services is None else services
    table = {name: {word: row[word] for word in row if word in ROW} for name, row in services.items()}
    definitions = {name: {word: row[word] for word in row if word not in ROW} for name, row in services.items()}
    plan = {
        "project": "airflow",
        "network": "airflow",
        "bridge": "br-airflow",
        "address": "",
        "tls": False,
        "services": {"table": table, "all_groups": PLACES, "running": list(running)},
        "release": {"services": RELEASE if release is None else release},
        "web_path": "",
        "heartbeats": {"SchedulerJob": 60},
    }
    plan |= {word: value for word, value in changes.items() if word in plan}
    return definitions, plan, WORDS | {word: value for word, value in changes.items() if word in WORDS}


SERVICES: dict[str, Any] = {
    "redis": {
        "image": "redis:7",
        "secrets": ["redis_conf"],
        "data_volumes": {"airflow_redis_data": "/data"},
        "healthcheck": {"test": ["CMD", "true"]},
        "command": ["redis-server"],
        "internal_ports": [6379],
        "tls": {"command": ["--tls"], "secrets": ["redis_key"], "healthcheck": {"test": ["CMD", "tls"]}},
    },
    "worker": {"airflow": True, "arguments": ["-q", "a"], "environment": {"B": "2"}, "volumes": ["/sock:/sock"]},
    "scheduler": {"airflow": True},
    "shell": {"beside": ["scheduler", "worker"], "airflow": True},
    "init": {"beside": ["scheduler"], "airflow": True},
}


def test_a_host_runs_the_services_of_its_groups() -> None:
    definition = made()
    assert list(definition["services"]) == ["redis", "worker", "shell"]
    assert definition["networks"] == {
        "default": {"name": "airflow", "driver_opts": {"com.docker.network.bridge.name": "br-airflow"}}
    }
    assert definition["volumes"] == {"airflow_redis_data": {"name": "airflow_redis_data", "external": True}}
    assert definition["secrets"] == {"key": {"file": "/s/key"}, "redis_conf": {"file": "/s/redis_conf"}}


def test_a_service_gets_the_shared_settings_and_those_of_the_release() -> None:
    worker = made()["services"]["worker"]
    assert worker["command"] == ["celery", "worker", "-q", "a"]
    assert worker["environment"] == {"A": "1", "B": "2"}
    assert worker["volumes"] == [bind("/l", "/l"), bind("/sock", "/sock")]
    assert worker["healthcheck"] == {
        "interval": "30s",
        "test": ["CMD", "python", "-B", "/opt/airflow/health.py", "celery"],
    }
    assert worker["hostname"] == "worker-h1"
    assert worker["mem_limit"] == "2g"


def test_pip_errors_are_extracted_from_a_build_log() -> None:
    said = """#7 2.31 ERROR: Cannot install pandas because these package versions have conflicting dependencies.
#7 2.31 The conflict is caused by:
#7 2.31     pandas 3 depends on numpy>=2
#7 2.31     The user requested (constraint) numpy==1.24
ERROR: failed to solve: process "/bin/bash" did not complete
"""
    assert pip_errors({"stderr": said, "msg": "Building failed"}).splitlines() == [
        "ERROR: Cannot install pandas because these package versions have conflicting dependencies.",
        "pandas 3 depends on numpy>=2",
        "The user requested (constraint) numpy==1.24",
    ]
    assert pip_errors({"msg": "no such image"}).splitlines()[-1] == "no such image"


def test_health_checks_use_the_path_of_base_url() -> None:
    release = {"scheduler": {"health": ["job", "SchedulerJob"]}, "worker": {"health": ["http", "8080", "/health"]}}
    for path in ("", "/airflow"):
        services = made(running=("worker", "scheduler"), release=release, web_path=path)["services"]
        assert services["worker"]["healthcheck"]["test"][-2:] == ["8080", f"{path}/health"]
        assert services["scheduler"]["healthcheck"]["test"][-3:] == ["job", "SchedulerJob", "60"]
    assert release["worker"]["health"][-1] == "/health"


def test_dollar_signs_in_user_values_are_escaped() -> None:
    odd = {"NAME": "a$b", "TWO": "$$", "HOME": "${HOME}", "ALL": "100%", "ID": "$(id)", "FIVE": 5}
    services = {"redis": {**SERVICES["redis"], "command": ["echo", "$HOME"]}, "worker": SERVICES["worker"]}
    shared = {**WORDS["airflow"], "environment": odd, "volumes": ["/a$b:/l"]}
    definition = made(services, airflow=shared, secrets_directory="/s$x")
    seen = {"NAME": "a$$b", "TWO": "$$$$", "HOME": "$${HOME}", "ALL": "100%", "ID": "$$(id)", "FIVE": 5}
    assert definition["services"]["worker"]["environment"] == {**seen, **SERVICES["worker"]["environment"]}
    assert definition["services"]["redis"]["command"] == ["echo", "$$HOME"]
    assert definition["services"]["worker"]["volumes"] == [bind("/a$$b", "/l"), bind("/sock", "/sock")]
    assert definition["secrets"]["key"] == {"file": "/s$$x/key"}


def test_a_service_depends_only_on_services_of_its_host() -> None:
    services = {**SERVICES, "worker": {**SERVICES["worker"], "depends_on": ["redis", "scheduler"]}}
    assert made(services)["services"]["worker"]["depends_on"] == ["redis"]
    alone = made(services, running=("worker",))["services"]["worker"]
    assert "depends_on" not in alone


def test_internal_ports_are_published_only_on_several_hosts() -> None:
    alone, spread = (made(address=address)["services"] for address in ("", "192.0.2.7"))
    assert [service.get("ports") for service in alone.values()] == [None, None, None]
    assert spread["redis"]["ports"] == ["192.0.2.7:6379:6379"]
    assert spread["worker"]["ports"] == ["192.0.2.7:8793:8793"]
    assert "ports" not in spread["shell"]


def test_tls_settings_extend_lists_and_replace_other_values() -> None:
    contents = {**WORDS["contents"], "redis_key": "k"}
    plain, encrypted = (made(tls=tls, contents=contents)["services"]["redis"] for tls in (False, True))
    assert (plain["command"], encrypted["command"]) == (["redis-server"], ["redis-server", "--tls"])
    assert encrypted["secrets"] == ["redis_conf", "redis_key"]
    assert encrypted["healthcheck"]["test"] == ["CMD", "tls"]


def test_keys_of_the_service_table_do_not_reach_compose() -> None:
    services = made()["services"]
    assert not {"beside", "airflow", "reads", "data_volumes", "internal_ports", "tls"} & {
        word for entry in services.values() for word in entry
    }


def test_a_changed_file_changes_the_label_of_its_readers_only() -> None:
    def labels(**contents: str) -> dict[str, str]:
        services = made(contents={**WORDS["contents"], **contents})["services"]
        return {name: service["labels"]["ansible-airflow.files"] for name, service in services.items()}

    before, after = labels(), labels(**{"airflow.cfg": "y"})
    assert before["redis"] == after["redis"]
    assert before["worker"] != after["worker"]
    assert before["worker"] != "k"
    assert len(before["worker"]) == 64


@pytest.mark.parametrize(
    ("services", "changes", "words"),
    [
        ({"odd": {}}, {"memory_limits": {}}, "service 'odd': .* no group for 'odd'; add one"),
        (
            {"odd": {"beside": ["wroker"]}},
            {"memory_limits": {}},
            "service 'odd': .* no group for 'wroker'; .* one or more of redis, scheduler, worker",
        ),
        (SERVICES, {"memory_limits": {"wroker": "1g"}}, "airflow_memory_limits: no service 'wroker'"),
        (SERVICES, {"contents": {}}, "the content of file"),
    ],
)
def test_mistakes_are_named(services: dict[str, Any], changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ComposeError, match=words):
        compose(*arguments(services, **changes))
    # Ansible shows an AnsibleFilterError without a traceback.
    with pytest.raises(AnsibleFilterError, match=words):
        airflow_compose(*arguments(services, **changes))


def test_images_are_known_by_any_of_their_tags() -> None:
    inspected = [
        {"Id": "sha256:1", "RepoTags": ["redis:7", "r.example/redis:7"]},
        {"Id": "sha256:2", "RepoTags": None},
        {},
    ]
    assert image_ids(["redis:7", "postgres:15"], inspected) == {"redis:7": "sha256:1"}


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("h1", "webserver-h1"),
        ("Build_Host.example", "webserver-Build_Host.example"),
        ("a" * 53, f"webserver-{'a' * 53}"),
        (
            "airflow-01.europe-west1-b.c.analytics-prod-384712.internal",
            "webserver-airflow-01.europe-west1-b.c.analytics-prod-3",
        ),
    ],
)
def test_a_longhost_name_is_cut(host: str, name: str) -> None:
    assert host_name(f"webserver-{host}")[:54] == name[:54]
    assert len(host_name(f"webserver-{host}")) <= 63
    assert host_name(f"webserver-{host}") != host_name(f"webserver-{host}2")


def test_a_mount_can_be_read_only() -> None:
    assert _bind("/a:/b:ro") == bind("/a", "/b", read_only=True)
    assert _bind("/a:/b") == _bind("/a:/b:rw") == bind("/a", "/b")
