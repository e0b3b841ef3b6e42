"""Impossible values of single variables are refused, unusual ones are accepted."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.calendars import is_calendar
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.formats import is_image
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.values import (
    RULES,
    service_problems,
    value_problems,
)

from tests import tables

# A lowest and a highest value, and values below and above them.
NUMBERS = {
    "airflow_postgres_max_connections": (1, 262143, 0, 262144),
    "airflow_web_port": (1, 65535, 0, 65536),
    "airflow_web_workers": (1, 1000, 0, 1001),
    "airflow_worker_concurrency": (1, 10000, 0, 10001),
    "airflow_worker_grace_period": (0, 2592000, -1, 2592001),
    "airflow_orphans_grace_period": (0, 2592000, -1, 2592001),
    "airflow_container_log_max_file": (1, 10000, 0, 10001),
    "airflow_health_timeout": (1, 86400, 0, 86401),
    "airflow_healing_patience": (1, 86400, 0, 86401),
    "airflow_healing_recovery": (1, 86400, 0, 86401),
    "airflow_healing_backoff": (1, 86400, 0, 86401),
    "airflow_dags_keep": (0, 10000, -1, 10001),
    "airflow_migration_timeout": (60, 2592000, 59, 2592001),
    "airflow_upgrade_history_days": (0, 36500, -1, 36501),
    "airflow_upgrade_drain_timeout": (0, 2592000, -1, 2592001),
    "airflow_upgrade_keep_days": (0, 36500, -1, 36501),
    "airflow_watch_alert_after": (60, 86400, 59, 86401),
    "airflow_postgres_reserve": (0, 10240, -1, 10241),
    "airflow_backup_wait": (0, 2592000, -1, 2592001),
    "airflow_backup_upload_limit": (0, 2147483647, -1, 2147483648),
}
PATHS = ("airflow_directory", "airflow_secrets_directory", "airflow_docker_socket")
TIMES = ("airflow_dags_check_timeout", "airflow_dags_check_slow")
IMAGES = ("airflow_postgres_image", "airflow_redis_image")


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_have_a_range(name: str) -> None:
    least, most, below, above = NUMBERS[name]
    for value in (least, most, str(least), str(most)):
        assert value_problems({name: value}) == []
    for value in (below, above, str(below), str(above), True, False, 1.5, None, "", "many", "10m", "²", [60]):
        (found,) = value_problems({name: value})
        assert (found.id, found.place) == ("number-out-of-range", name)
        assert found.startswith(f"{name}: {value!r} is not a whole number")
        assert f"from {least} to {most}; write one." in found


def test_people_who_want_what_no_number_says_get_advice() -> None:
    assert value_problems({"airflow_worker_concurrency": 0}) == [
        "airflow_worker_concurrency: 0 is not a whole number of tasks at the same time from 1 to 10000; write one. "
        "To run no tasks on a host, remove it from group airflow_worker."
    ]
    (found,) = value_problems({"airflow_orphans_grace_period": -1})
    assert "airflow_orphans_enabled: false" in found


def test_a_default_that_follows_another_variable_has_no_finding_of_its_own() -> None:
    inputs = {"airflow_worker_grace_period": -1, "airflow_upgrade_drain_timeout": -1}
    assert [found.place for found in value_problems(inputs)] == ["airflow_worker_grace_period"]
    assert len(value_problems({**inputs, "airflow_upgrade_drain_timeout": -2})) == 2


@pytest.mark.parametrize("name", TIMES)
def test_times_may_have_decimals(name: str) -> None:
    for value in (0.5, "2.5", 30, "30"):
        assert value_problems({name: value}) == []
    for value in (0, -1, "nan", "inf", "1e3", True, None, "30s", 86401):
        (found,) = value_problems({name: value})
        assert found.startswith(f"{name}: {value!r} is not a number of seconds above 0 and up to 86400.")


@pytest.mark.parametrize("name", PATHS)
def test_paths_are_absolute(name: str) -> None:
    for value in ("/srv/airflow", "/usr//local/projects/airflow/", "/a b/c"):
        assert value_problems({name: value}) == []
    for value, kind in (
        ("srv/airflow", "path-relative"),
        ("~/airflow", "path-relative"),
        ("", "path-relative"),
        (None, "path-relative"),
        ("/srv:airflow", "path-unusable"),
        ("/srv\nairflow", "path-unusable"),
        ("/", "path-unusable"),
        ("//x/../", "path-unusable"),
    ):
        (found,) = value_problems({name: value})
        assert (found.id, found.place) == (kind, name)


def test_prefixes_of_mounts_are_paths() -> None:
    assert value_problems({"airflow_dags_mount_prefixes": ["/mnt/nfs", "/"]}) == []
    for value in (["nfs"], ["/mnt", "~/x"], "/mnt"):
        (found,) = value_problems({"airflow_dags_mount_prefixes": value})
        assert found.startswith("airflow_dags_mount_prefixes: ")


@pytest.mark.parametrize(
    "value",
    [
        "redis",
        "redis:7",
        "registry.example.com/redis:7.2-alpine",
        "localhost:5000/team_a/redis__x:latest",
        "[fd00::7]:5000/redis:7",
        "Registry.Example.com/redis",
        "redis:7@sha256:" + "0a" * 32,
    ],
)
def test_images(value: str) -> None:
    assert is_image(value)
    assert [value_problems({name: value}) for name in IMAGES] == [[], []]


@pytest.mark.parametrize(
    "value",
    ["", "Redis:7", "redis 7", "redis:", "redis:7:8", "https://r.example/redis:7", "redis@7", "/redis", 7, None],
)
def test_what_is_no_image_is_refused(value: Any) -> None:
    for name in IMAGES:
        (found,) = value_problems({name: value})
        assert (found.id, found.place) == ("image-invalid", name)


def test_an_index_is_a_url() -> None:
    for value in ("", "https://pypi.example.com/simple", "https://user@pypi.example.com:8443/simple/"):
        assert value_problems({"airflow_extra_packages_index": value}) == []
    for value in ("pypi.example.com", "ftp://pypi.example.com", "https://pypi .example.com", None, 7, "https://x:y/z"):
        (found,) = value_problems({"airflow_extra_packages_index": value})
        assert found.id in ("url-invalid", "url-characters")


def test_workers_are_updated_by_number_or_percentage() -> None:
    for value in (1, "2", "30%", "100%", [1, "50%"]):
        assert value_problems({"airflow_worker_serial": value}) == []
    for value in (0, -1, "0%", "", "all", True, 1.5, [], [1, 0]):
        (found,) = value_problems({"airflow_worker_serial": value})
        assert found.id == "serial-invalid"


def test_sizes_are_in_docker_notation() -> None:
    for value in ("10m", "1g", "512K", "1.5GB", "2GiB", "100 mb", 10485760):
        assert value_problems({"airflow_container_log_max_size": value}) == []
    for value in ("0", 0, "-1", "ten", "10x", "", True, None, "10 m m"):
        (found,) = value_problems({"airflow_container_log_max_size": value})
        assert found.id == "size-invalid"


def test_a_memory_limit_is_at_least_what_docker_accepts() -> None:
    assert value_problems({"airflow_memory_limits": {"worker": "4g", "redis": 6291456, "scheduler": "6m"}}) == []
    for value in ("5m", 4, "4x", None):
        (found,) = value_problems({"airflow_memory_limits": {"worker": value}})
        assert (found.id, found.place) == ("size-invalid", "airflow_memory_limits.worker")
    for limits in ("4g", ["worker"]):
        (found,) = value_problems({"airflow_memory_limits": limits})
        assert (found.id, found.place) == ("type-wrong", "airflow_memory_limits")


def test_a_memory_limit_names_a_service() -> None:
    assert service_problems({"worker": "4g"}, ["worker", "redis"]) == []
    assert service_problems({"wroker": "4g", 7: "1g", "redis": "1g"}, ["worker", "redis"]) == [
        "airflow_memory_limits.7: the stack has no such service; it has redis, worker.",
        "airflow_memory_limits.wroker: the stack has no such service; it has redis, worker.",
    ]
    # The rule of the values reports it.
    assert service_problems("4g", ["worker"]) == []


# Most of them are examples of systemd.time(7).
@pytest.mark.parametrize(
    "text",
    [
        "Sun *-*-* 05:00:00 UTC",
        "Sat,Thu,Mon..Wed,Sat..Sun",
        "Mon,Sun 12-*-* 2,1:23",
        "Wed *-1",
        "Wed..Wed,Wed *-1",
        "Wed, 17:48",
        "10-15",
        "monday *-12-* 17:00",
        "Mon,Fri *-*-3,1,2 *:30:45",
        "12,14,13,12:20,10,30",
        "mon,fri *-1/2-1,3 *:30:45",
        "03-05 08:05:40",
        "05:40",
        "Sat,Sun 12-05 08:05",
        "2003-02..04-05",
        "2003-03-05 05:40 UTC",
        "*-*~1",
        "Mon *-05~07/1",
        "*:2/3",
        "*:*:0/2.5",
        "hourly",
        "daily UTC",
        "weekly Pacific/Auckland",
        "semi-annually",
        "Mon..Fri 9..17:0/15 America/Port-au-Prince",
    ],
)
def test_calendars(text: str) -> None:
    assert is_calendar(text)
    assert value_problems({"airflow_backup_drill_calendar": text}) == []


@pytest.mark.parametrize(
    "value",
    [
        "",
        "0 5 * * 0",
        "sundays",
        "Son *-*-* 05:00",
        "Sun 24:00",
        "05:60",
        "*-13-01",
        "*-*-32",
        "UTC",
        "5",
        "@weekly",
        "Sun 05:00 *-*-*",
        "Sun at 05:00",
        None,
        300,
        ["Sun 05:00"],
    ],
)
def test_what_is_no_calendar_is_refused(value: Any) -> None:
    (found,) = value_problems({"airflow_backup_drill_calendar": value})
    assert (found.id, found.place) == ("calendar-invalid", "airflow_backup_drill_calendar")


def test_every_rule_is_for_a_variable_and_every_numeric_default_has_a_rule() -> None:
    defaults = tables.defaults()
    numeric = {
        name for name, value in defaults.items() if isinstance(value, (int, float)) and not isinstance(value, bool)
    }
    assert set(RULES) <= set(defaults)
    assert numeric <= set(RULES)
    plain = {name: value for name, value in defaults.items() if "{{" not in str(value)}
    assert value_problems(plain) == []
