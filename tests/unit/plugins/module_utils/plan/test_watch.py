"""What a host needs, and what airflow-watch checks on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from airflow_watch import disks, faults
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup import status
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host import capacity as host_capacity
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.backup import STAGING
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.capacity import DUMPS, MEMORY, capacity
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.capacity import (
    capacity_problems,
    minimum_problems,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.values import value_problems
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.watch import watch_problems
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.watch import INTERVALS, watch_checks

from tests.rows import ROLES
from tests.tables import AIRFLOW, load

DEFAULTS: dict[str, Any] = {
    **load(AIRFLOW / "defaults" / "main" / "backup.yml"),
    **load(AIRFLOW / "defaults" / "main" / "watch.yml"),
    "airflow_worker_concurrency": 16,
    "airflow_secrets_directory": "/etc/airflow/secrets",
    "airflow_directory": "/usr/local/projects/airflow",
}
ALL = ["postgres", "redis", "scheduler", "triggerer", "webserver", "worker"]
TOKEN = "s3cret-t0ken"


def plan(*services: str) -> dict[str, Any]:
    return {
        "keeper": "one",
        "records": "/var/lib/airflow-stack",
        "ca": {"directory": "/usr/local/projects/airflow/ca"},
        "services": {"running": list(services)},
    }


def wanted(*services: str, **inputs: Any) -> dict[str, Any]:
    return capacity({**DEFAULTS, **inputs}, plan(*(services or ALL)))


def disk(free: int, inodes: int = -1, *places: str) -> dict[str, Any]:
    return {"places": list(places or wanted()["space"]), "mount": "/", "free": free, "inodes": inodes}


def problems(memory: int = 8000, *file_systems: dict[str, Any], new: bool = True, **inputs: Any) -> list[str]:
    found = {"memory": memory, "file_systems": list(file_systems)}
    return capacity_problems(found, wanted(**inputs), new=new)


def test_a_host_needs_the_memory_of_its_services() -> None:
    assert sum(wanted()["memory"].values()) < 4000
    assert wanted("redis")["memory"] == {"redis": MEMORY["redis"], "the system": 400}
    few, many = (wanted("worker", airflow_worker_concurrency=slots)["memory"]["worker"] for slots in (1, 41))
    assert many - few == 40 * 25


def test_places_follow_the_services_and_the_backups() -> None:
    names = ["Docker's data", "task logs", "records", "Postgres' data", "Redis' data", "dumps", "backups"]
    assert [place["name"] for place in wanted()["places"]] == names
    assert [place["name"] for place in wanted("worker")["places"]] == [*names[:3], "dumps", "backups"]
    assert [place["name"] for place in wanted("worker", airflow_backup_repository="sftp:a@b:/c")["places"]] == [
        *names[:3],
        "dumps",
    ]
    assert [place["name"] for place in wanted("worker", airflow_backup_enabled=False)["places"]] == names[:3]
    assert DUMPS == STAGING


def test_the_reserve_is_part_of_what_postgres_needs() -> None:
    less, more = (wanted(airflow_postgres_reserve=size)["space"]["Postgres' data"] for size in ("0", 512))
    assert (more["needed"] - less["needed"], more["low"] - less["low"]) == (512, 0)


def test_a_host_with_enough_has_no_problem() -> None:
    assert problems(4000, disk(11000, 200_000)) == []
    assert problems(0, disk(11000)) == []
    assert problems(4000, disk(2048, 20_000), new=False) == []


def test_too_little_memory_is_named_with_its_parts() -> None:
    (text,) = problems(1987)
    assert text.startswith("memory: the host has 1987 MiB, and needs ")
    assert "(postgres 150, redis 50, scheduler 300, triggerer 200, webserver 450, worker 650, the system 400)" in text
    assert "reduce airflow_worker_concurrency" in text
    assert problems(1987, airflow_host_minimums={"memory": 1987}) == []
    assert problems(1, airflow_host_minimums={"memory": 0}) == []


def test_a_new_host_needs_the_sum_and_a_host_in_use_the_largest() -> None:
    (text,) = problems(8000, disk(5000))
    assert text.startswith(
        "disk: / has 5000 MiB free, and needs 10816 for Docker's data 6144, task logs 1024, records 64, "
    )
    (text,) = problems(8000, disk(5000), airflow_host_minimums={"disk": 9000})
    assert text.startswith("disk: / has 5000 MiB free, and needs 9000 for Docker's data, task logs, records, ")
    assert problems(8000, disk(5000), new=False) == []
    (text,) = problems(8000, disk(2047), new=False)
    assert text.startswith("disk: / has 2047 MiB free, and is low below 2048 for ")
    assert "airflow_host_minimums.disk_low sets another minimum" in text
    assert problems(8000, disk(1024, -1, "dumps", "backups"), new=False) == []


def test_minimums_replace_the_numbers() -> None:
    assert problems(8000, disk(100), airflow_host_minimums={"disk": 100}) == []
    assert problems(8000, disk(99), new=False, airflow_host_minimums={"disk_low": 99}) == []
    assert problems(8000, disk(0), new=False, airflow_host_minimums={"disk_low": 0}) == []
    assert problems(8000, disk(99999, 7), airflow_host_minimums={"inodes": 7}) == []
    assert problems(8000, disk(99999, 6), new=False, airflow_host_minimums={"inodes_low": 7}) != []


def test_only_images_need_many_inodes() -> None:
    assert problems(8000, disk(99999, 1000, "task logs", "backups")) == []
    (text,) = problems(8000, disk(99999, 999, "task logs", "backups"))
    assert "has 999 inodes free, and needs 1000 for task logs, backups." in text


def test_too_few_inodes_are_named() -> None:
    (text,) = problems(8000, disk(99999, 199_999))
    assert text.startswith("disk: / has 199999 inodes free, and needs 200000 for ")
    assert problems(8000, disk(99999, 19_999), new=False) != []


@pytest.mark.parametrize(
    ("minimums", "words"),
    [
        ({"ram": 1, "disks": 2}, "disks, ram is not known; write numbers for memory, disk, disk_low"),
        ({"memory": "4g"}, "airflow_host_minimums.memory: '4g' is not a whole number of 0 or more; write MiB"),
        ({"disk": -1}, "airflow_host_minimums.disk: -1 is not"),
        ({"disk": True}, "airflow_host_minimums.disk: True is not"),
        ({"inodes": 1.5}, "airflow_host_minimums.inodes: 1.5 is not"),
    ],
)
def test_invalid_minimums_are_refused(minimums: dict[str, Any], words: str) -> None:
    (text,) = minimum_problems(minimums)
    assert words in text


def of(**inputs: Any) -> list[str]:
    return [*watch_problems({**DEFAULTS, **inputs}), *value_problems(inputs)]


@pytest.mark.parametrize(
    "inputs",
    [
        {},
        {"airflow_watch_alert": {"command": ["/x", "y"]}},
        {"airflow_watch_alert": {"url": f"https://hooks.example.com:8443/{TOKEN}?a=b"}},
        {"airflow_watch_alert": {"url": "http://[2001:db8::1]/x"}, "airflow_watch_heartbeat_url": "https://h.example/"},
        {"airflow_watch_alert_after": "60", "airflow_postgres_reserve": 0},
    ],
)
def test_valid_settings(inputs: dict[str, Any]) -> None:
    assert of(**inputs) == []


@pytest.mark.parametrize(
    ("alert", "words"),
    [
        (f"https://h/{TOKEN}", "airflow_watch_alert: write {command: [PROGRAM, ARGUMENT, ...]} or {url: "),
        (["/x"], "airflow_watch_alert: write {command: "),
        ({"webhook": f"https://h/{TOKEN}"}, "airflow_watch_alert: write {command: "),
        ({"url": f"https://h/{TOKEN}", "command": ["/x"]}, "has a command and a URL; write one of them"),
        ({"command": f"/x {TOKEN}"}, "airflow_watch_alert.command: write a list of words"),
        ({"command": []}, "airflow_watch_alert.command: write a list of words"),
        ({"command": ["/x", 7]}, "airflow_watch_alert.command: write a list of words"),
        ({"command": ["page-me"]}, "page-me must begin with /; write the full path of the program on the hosts"),
        ({"url": ""}, "airflow_watch_alert.url: is empty or not a string"),
        ({"url": None}, "airflow_watch_alert.url: is empty or not a string"),
        ({"url": f"hooks.example.com/{TOKEN}"}, "airflow_watch_alert.url: is not a URL with http:// or https://"),
        ({"url": f"ftp://h/{TOKEN}"}, "airflow_watch_alert.url: is not a URL with http:// or https://"),
        ({"url": f"https:///{TOKEN}"}, "airflow_watch_alert.url: is not a URL with http:// or https://"),
        ({"url": f"https://h:x/{TOKEN}"}, "airflow_watch_alert.url: is not a URL with http:// or https://"),
        ({"url": f"https://[h/{TOKEN}"}, "airflow_watch_alert.url: is not a URL with http:// or https://"),
        ({"url": f"https://a:{TOKEN}@h/"}, "has a user or password before the host, which is not supported"),
        ({"url": f"https://h/{TOKEN} x"}, "contains spaces or characters other than ASCII"),
        ({"url": f"https://h/{TOKEN}\n"}, "contains spaces or characters other than ASCII"),
        ({"url": f"https://hä/{TOKEN}"}, "contains spaces or characters other than ASCII"),
    ],
)
def test_an_invalid_alert_is_refused_without_its_url(alert: Any, words: str) -> None:
    (text,) = of(airflow_watch_alert=alert)
    assert words in text
    assert TOKEN not in text


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"airflow_watch_heartbeat_url": TOKEN}, "airflow_watch_heartbeat_url: is not a URL"),
        (
            {"airflow_watch_alert_after": 0},
            "airflow_watch_alert_after: 0 is not a whole number of seconds from 60 to 86400",
        ),
        ({"airflow_watch_alert_after": "5m"}, "airflow_watch_alert_after: '5m' is not a whole number of seconds"),
        ({"airflow_postgres_reserve": "256m"}, "airflow_postgres_reserve: '256m' is not a whole number of MiB from 0"),
        ({"airflow_postgres_reserve": -1}, "airflow_postgres_reserve: -1 is not"),
        ({"airflow_postgres_reserve": True}, "airflow_postgres_reserve: True is not"),
        ({"airflow_postgres_reserve": 268435456}, "airflow_postgres_reserve: 268435456 is not"),
    ],
)
def test_other_invalid_settings_are_refused(inputs: dict[str, Any], words: str) -> None:
    (text,) = of(**inputs)
    assert words in text
    assert TOKEN not in text


def checks(host: str = "one", *services: str, **inputs: Any) -> dict[str, Any]:
    return watch_checks({**DEFAULTS, **inputs}, plan(*(services or ALL)), host)


def test_settings_contain_no_secret() -> None:
    found = checks(airflow_watch_alert={"url": TOKEN}, airflow_watch_heartbeat_url=TOKEN)
    assert TOKEN not in str(found)
    assert found["target"] == "/etc/airflow/secrets/watch_alert"


def test_settings_follow_services_and_backups() -> None:
    assert checks()["reserve"] == {"size": 256, "low": 1024, "volume": "airflow_postgres_data"}
    assert checks("two", "worker")["reserve"] == {}
    assert checks()["backup"]["drills"]
    assert not checks("two", airflow_backup_repository="sftp:a@b:/c")["backup"]["drills"]
    assert checks(airflow_backup_schedule="hourly")["backup"]["interval"] == 3600
    without = checks(airflow_backup_enabled=False)
    assert (without["backup"], without["timers"]) == ({}, ["airflow-watch.timer"])


def test_minimums_are_those_of_the_checks() -> None:
    places = checks(airflow_host_minimums={"disk_low": 5, "inodes_low": 6})["places"]
    assert {(place["low"], place["low_inodes"]) for place in places} == {(5, 6)}


def test_numbers_agree_with_the_programs_that_have_them_too() -> None:
    assert INTERVALS == status.INTERVALS
    unit = (ROLES / "airflow_watch" / "templates" / "airflow-watch.service.j2").read_text(encoding="utf-8")
    # A round that is ended by systemd must not count as missing before that.
    assert "TimeoutStartSec=15min" in unit
    assert faults.ROUND_SECONDS > 15 * 60


def test_hosts_and_airflow_watch_measure_the_same(tmp_path: Path) -> None:
    places = [
        {"name": "a", "path": str(tmp_path / "missing" / "x"), "volume": ""},
        {"name": "b", "path": "/proc", "volume": ""},
        {"name": "c", "path": str(tmp_path), "volume": ""},
    ]
    ours = host_capacity.file_systems(host_capacity.located(places, "/var/lib/docker"))
    theirs, _ = disks.measure({**place, "low": 0, "low_inodes": 0} for place in places)
    assert [(entry["places"], entry["mount"]) for entry in ours] == [(list(one.places), one.path) for one in theirs]
    for entry, one in zip(ours, theirs, strict=True):
        # Other programs write meanwhile.
        assert abs(entry["free"] - one.free) < 500
        assert (entry["inodes"] == -1) is (one.inodes == -1)


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ('{"data-root": "/srv/docker"}', "/srv/docker"),
        ("\ufeff{}", "/var/lib/docker"),
        ("", "/var/lib/docker"),
        ("[]", "/var/lib/docker"),
        ('{"data-root": ""}', "/var/lib/docker"),
    ],
)
def test_docker_s_data_directory_is_read_from_its_configuration(tmp_path: Path, text: str, root: str) -> None:
    path = tmp_path / "daemon.json"
    assert host_capacity.data_root(str(path)) == "/var/lib/docker"
    path.write_text(text, encoding="utf-8")
    assert host_capacity.data_root(str(path)) == root


def test_places_are_located_below_docker_s_data_directory() -> None:
    places = [{"name": "a", "path": "/a", "volume": ""}, {"name": "b", "volume": "v"}, {"name": "c"}]
    assert host_capacity.located(places, "/d") == {"a": "/a", "b": "/d/volumes/v/_data", "c": "/d"}


@pytest.mark.parametrize(("text", "size"), [("MemTotal:        8126464 kB\nMemFree: 1 kB\n", 7936), ("x\n", 0)])
def test_the_memory_is_read(tmp_path: Path, text: str, size: int) -> None:
    (tmp_path / "meminfo").write_text(text, encoding="ascii")
    assert host_capacity.memory(str(tmp_path / "meminfo")) == size
    assert host_capacity.memory() > 100
