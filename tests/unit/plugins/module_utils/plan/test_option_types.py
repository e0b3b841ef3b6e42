"""Values of options that Airflow reads as numbers or Booleans."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.environment import environment_problems
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.option_types import TYPES, value_problem
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.options import config_problems


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("core.parallelism", "thirty", "'thirty'; write a whole number"),
        ("core.parallelism", 2.5, "'2.5'; write a whole number"),
        ("core.parallelism", True, "write a whole number"),
        ("core.parallelism", [1], "a list; write a whole number"),
        ("core.load_examples", "ture", "'ture'; write True or False"),
        ("core.load_examples", "yes", "'yes'; write True or False"),
        ("core.load_examples", 2, "write True or False"),
        ("core.dagbag_import_timeout", "30s", "'30s'; write a number"),
        ("core.dagbag_import_timeout", {"seconds": 30}, "a dict; write a number"),
    ],
)
def test_a_value_that_airflow_cannot_read(option: str, value: Any, words: str) -> None:
    section, name = option.split(".")
    assert words in value_problem(section, name, value)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("core.parallelism", "32"),
        ("core.parallelism", -1),
        ("core.load_examples", False),
        ("core.load_examples", "f"),
        ("core.load_examples", "TRUE"),
        ("core.load_examples", 0),
        ("core.dagbag_import_timeout", "30.5"),
        ("core.default_task_execution_timeout", ""),
        ("core.rerun_with_latest_version", None),
        # Text, or an option that is not known.
        ("core.default_timezone", "utc"),
        ("webserver.expose_config", "non-sensitive-only"),
        ("mine.parallelism", "many"),
    ],
)
def test_a_value_that_airflow_reads(option: str, value: Any) -> None:
    assert value_problem(*option.split("."), value) == ""


def test_the_file_and_the_environment_are_judged_alike() -> None:
    (found,) = config_problems({"core": {"Parallelism": "many"}}, "2.5.3", {})
    assert (found.id, found.place) == ("option-value-invalid", "airflow_config.core.Parallelism")
    (found,) = environment_problems({"AIRFLOW__CORE__PARALLELISM": "many"}, "2.5.3", {})
    assert (found.id, found.place) == ("option-value-invalid", "airflow_environment.AIRFLOW__CORE__PARALLELISM")
    for command in ("parallelism_cmd", "parallelism_secret"):
        assert config_problems({"core": {command: "cat /number"}}, "2.5.3", {}) == []


def test_each_option_is_listed_once() -> None:
    assert len(TYPES) > 250
    assert set(TYPES.values()) == {"bool", "int", "float"}
