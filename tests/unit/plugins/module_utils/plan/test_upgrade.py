"""The way of a database to another release, from its own revision."""

from __future__ import annotations

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.options import numbers
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.revisions import accepts, head, schemas
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.upgrade import route, upgrade

from tests import tables

RELEASES = tables.releases()
ACCEPTED = [version for row in RELEASES.values() for version in row["versions"]]
TABLES = {
    "releases": RELEASES,
    "schemas": schemas(ACCEPTED),
    "changes": {"2.11": ["log in again."], "3.1": ["new API."], "3.3": ["new colours."]},
}


def planned(revision: str, version: str, image: str = "apache/airflow:", days: int = 0) -> dict:
    return upgrade(
        revision,
        {
            "airflow_version": version,
            "airflow_image": f"{image}{version}",
            "airflow_postgres_external": {},
            "airflow_upgrade_history_days": days,
        },
        TABLES,
    )


@pytest.mark.parametrize(
    ("before", "after", "way"),
    [
        ("2.5.3", "2.5.0", []),
        ("2.5.3", "2.11.2", ["2.11.2"]),
        ("2.5.3", "2.11.0", ["2.11.0"]),
        ("2.5.3", "3.3.2", ["2.11.2", "3.3.2"]),
        ("2.5.0", "3.1.0", ["2.11.2", "3.1.0"]),
        ("2.0.0", "3.2.2", ["2.11.2", "3.2.2"]),
        ("2.6.3", "3.3.2", ["2.11.2", "3.3.2"]),
        # Airflow 3 has the migrations since 2.7.
        ("2.7.0", "3.3.2", ["3.3.2"]),
        ("2.8.4", "3.3.2", ["3.3.2"]),
        ("2.10.5", "2.11.2", []),
        ("2.11.0", "2.11.2", []),
        ("2.11.2", "3.3.2", ["3.3.2"]),
        ("3.0.0", "3.3.2", ["3.3.2"]),
        ("3.1.7", "3.1.8", ["3.1.8"]),
        ("3.3.0", "3.3.2", []),
    ],
)
def test_the_way(before: str, after: str, way: list[str]) -> None:
    found = planned(head(before), after)
    assert found["problems"] == []
    assert [step["release"] for step in found["steps"]] == way


@pytest.mark.parametrize(
    ("revision", "version"),
    [
        (head(before), after)
        for before in ("2.0.0", "2.5.0", "2.6.2", "2.7.0", "2.10.0", "3.0.3", "3.1.8")
        for after in ACCEPTED
        if numbers(before) <= numbers(after)
    ],
)
def test_each_step_of_a_way_is_accepted_and_ends_at_its_schema(revision: str, version: str) -> None:
    way = route(revision, version, RELEASES)
    assert [step["revision"] for step in planned(revision, version)["steps"]] == [head(release) for release in way]
    assert way[-1:] in ([], [version])
    # Each release accepts what it finds.
    assert all(accepts(release, found) for release, found in zip(way, [revision, *map(head, way)], strict=False))
    assert len(way) <= 2


@pytest.mark.parametrize(
    ("revision", "version", "words"),
    [
        ("", "3.3.2", ["no database of Airflow answers", "run site.yml"]),
        ("abcdefabcdef", "3.3.2", ["no release of Airflow that this project knows"]),
        (head("3.3.2"), "3.1.8", ["3.1.8 cannot read it", "write 3.3.0 or 3.3.1 or 3.3.2"]),
        (head("3.1.8"), "3.1.7", ["3.1.7 cannot read it"]),
        (head("2.11.2"), "2.5.3", ["2.5.3 cannot read it"]),
        (head("2.6.0"), "2.5.3", ["which Airflow 2.6.0 introduced", "2.5.3 cannot read it"]),
    ],
)
def test_no_way(revision: str, version: str, words: list[str]) -> None:
    found = planned(revision, version)
    assert (found["steps"], found["lines"]) == ([], [])
    (problem,) = found["problems"]
    assert all(word in problem for word in words), problem


def test_a_server_of_ones_own_is_refused() -> None:
    inputs = {
        "airflow_version": "3.3.2",
        "airflow_image": "apache/airflow:3.3.2",
        "airflow_postgres_external": {"host": "a"},
        "airflow_upgrade_history_days": 0,
    }
    (problem,) = upgrade("", inputs, TABLES)["problems"]
    assert "airflow_postgres_external is set" in problem


def test_images_come_from_the_registry_of_the_inventory() -> None:
    steps = planned(head("2.5.3"), "3.3.2", "mirror.example.com:5000/apache/airflow:")["steps"]
    assert [step["image"] for step in steps] == [
        "mirror.example.com:5000/apache/airflow:2.11.2",
        "mirror.example.com:5000/apache/airflow:3.3.2",
    ]


def test_a_migration_gets_the_options_that_it_reads_and_no_command_for_a_secret() -> None:
    older, newer = planned(head("2.5.3"), "3.3.2")["steps"]
    assert older["environment"] == {"AIRFLOW__DATABASE__LOAD_DEFAULT_CONNECTIONS": "False"}
    assert list(newer["environment"]) == ["AIRFLOW__CORE__AUTH_MANAGER"]
    assert "db migrate" in newer["command"]


@pytest.mark.parametrize(
    ("before", "after", "texts"),
    [
        ("2.5.3", "2.11.2", ["log in again."]),
        ("2.5.3", "3.3.2", ["log in again.", "new API.", "new colours."]),
        # The revision of 2.11.2 is that of 2.10.3, too.
        ("2.11.2", "3.2.2", ["new API."]),
        ("3.1.8", "3.2.2", []),
        ("3.1.7", "3.1.8", []),
    ],
)
def test_what_changes_for_people(before: str, after: str, texts: list[str]) -> None:
    lines = planned(head(before), after)["lines"]
    assert [line for line in lines if line.startswith("Changes: ")] == [f"Changes: {text}" for text in texts]
    assert head(before) in lines[0]
    assert before in lines[0]


def test_the_role_says_what_changes_in_every_series_that_changes_something() -> None:
    assert set(tables.load(tables.AIRFLOW / "vars" / "main" / "changes.yml")["__airflow_changes"]) <= set(RELEASES)


def test_old_history_is_deleted_by_the_release_that_runs() -> None:
    cleaning, *migrations = planned(head("2.5.3"), "3.3.2", "mirror.example:5000/airflow:", days=90)["steps"]
    assert [step["release"] for step in migrations] == ["2.11.2", "3.3.2"]
    assert (cleaning["image"], cleaning["revision"]) == ("mirror.example:5000/airflow:2.5.3", head("2.5.3"))
    assert "--clean-before-timestamp 20" in cleaning["command"]
    assert cleaning["cleans"]
    assert planned(head("2.5.3"), "2.5.0", days=90)["steps"] == []


@pytest.mark.parametrize(
    ("before", "after", "major"), [("2.5.3", "2.11.2", False), ("2.5.3", "3.1.8", True), ("3.1.7", "3.3.2", False)]
)
def test_whether_names_change(before: str, after: str, major: bool) -> None:
    assert planned(head(before), after)["major"] is major
