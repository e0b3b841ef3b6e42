"""Findings, their kinds, and the report of those of all hosts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings import (
    kinds_hosts,
    kinds_inputs,
    kinds_objects,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding, as_data
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.kinds import (
    ACCEPTABLE,
    GROUPS,
    KINDS,
    WARNINGS,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.report import (
    accepted_problems,
    message,
    report,
    steps,
)

PLUGINS = Path(__file__).resolve().parents[5] / "plugins"


def fields(kind: str = "release-unknown", **changed: str) -> dict[str, Any]:
    return {"id": kind, "place": "airflow_version", "text": "is wrong.", "host": "", "origin": "all.yml:7", **changed}


def test_each_id_is_unique_and_used() -> None:
    ids = [each for kinds in GROUPS.values() for each in kinds]
    assert len(ids) == len(set(ids)) == len(KINDS)
    assert len(GROUPS) == sum(len(file.GROUPS) for file in (kinds_hosts, kinds_inputs, kinds_objects))
    tables = set(PLUGINS.glob("module_utils/findings/kinds_*.py"))
    code = "\n".join(path.read_text("utf-8") for path in PLUGINS.rglob("*.py") if path not in tables)
    # The ids of capacity are put together.
    names = [each for each in ids if f'"{each}"' not in code and not re.fullmatch(r"\w+-low(-in-use)?", each)]
    assert names == []
    assert set(KINDS) >= ACCEPTABLE | WARNINGS
    assert not ACCEPTABLE & WARNINGS


@pytest.mark.parametrize("sentence", KINDS.values())
def test_each_id_has_a_sentence(sentence: str) -> None:
    assert re.fullmatch(r"[A-Za-z].*\.", sentence)
    assert "|" not in sentence


def test_a_finding_is_its_sentence() -> None:
    finding = Finding("release-unknown", "airflow_version", "is wrong.")
    assert finding == "airflow_version: is wrong."
    assert Finding("clock-differs", "", "its clock is late.", host="two") == "two: its clock is late."
    with pytest.raises(KeyError):
        Finding("no-such-id", "", "")
    assert as_data(lambda: [finding])() == [
        {"host": "", "id": "release-unknown", "place": "airflow_version", "text": "is wrong."}
    ]


def test_what_several_hosts_have_is_one_line() -> None:
    found = {"one": [fields(), fields(place="airflow_web_port", origin="")], "two": [fields()]}
    errors, warnings = report(found)
    assert errors == [
        "one, two: airflow_version: is wrong. [release-unknown, all.yml:7]",
        "one: airflow_web_port: is wrong. [release-unknown]",
    ]
    assert warnings == []
    assert message(errors).startswith("2 findings; nothing was changed.")
    assert message(errors[:1]).startswith("1 finding; nothing")
    assert message(errors, late=True).startswith("2 findings; the run stops here.")


def test_each_host_accepts_for_itself() -> None:
    found = {"one": [fields("memory-low")], "two": [fields("memory-low")]}
    errors, warnings = report(found, {"two": ["memory-low"]})
    assert [line.split(":")[0] for line in errors] == ["one"]
    assert [line.split(":")[0] for line in warnings] == ["two"]


def test_no_password_of_an_address_shows() -> None:
    finding = Finding("url-invalid", "x.http://u:s3cret@h", "'https://user:s3cret@host/x' is wrong.")
    assert "s3cret" not in finding + finding.text + finding.place
    assert "'https://***@host/x' is wrong." in finding


def test_a_finding_about_another_host_names_that_host() -> None:
    same = fields("clock-differs", host="three", place="", origin="")
    assert report({"one": [same], "two": [same]}) == (["three: is wrong. [clock-differs]"], [])


def test_what_is_accepted_is_a_warning() -> None:
    found = {"one": [fields("memory-low"), fields("release-ended"), fields("disk-low")]}
    errors, warnings = report(found, {"one": ["memory-low", "release-unknown"]})
    assert [line.split("[")[1].split(",")[0] for line in errors] == ["disk-low"]
    assert [line.split("[")[1].split(",")[0] for line in warnings] == ["memory-low", "release-ended"]
    assert [problem.id for problem in accepted_problems(["memory-low", "release-unknown", "x"])] == [
        "finding-not-acceptable",
        "finding-not-acceptable",
    ]


@pytest.mark.parametrize(
    ("place", "found"),
    [
        ("airflow_version", ["airflow_version"]),
        ("airflow_config.core.parallelism", ["airflow_config", "core", "parallelism"]),
        ("docker_registry_mirrors[0]", ["docker_registry_mirrors", "0"]),
        ("projects_list: a: image b:1", ["projects_list"]),
        ("airflow_pools, 'etl'", ["airflow_pools"]),
        ("", []),
    ],
)
def test_the_steps_to_a_place(place: str, found: list[str]) -> None:
    assert steps(place) == found
