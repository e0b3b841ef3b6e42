"""The documentation of our filters matches their parameters."""

from __future__ import annotations

import importlib.util
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

DIRECTORY = Path(__file__).resolve().parents[4] / "plugins" / "filter"
COLLECTION = "ansible_airflow.airflow"
SIDECARS = sorted(path.stem for path in DIRECTORY.glob("*.yml"))


def filters() -> dict[str, Callable[..., Any]]:
    found: dict[str, Callable[..., Any]] = {}
    for path in sorted(DIRECTORY.glob("*.py")):
        spec = importlib.util.spec_from_file_location(f"documented_{path.stem}", path)
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        # A dataclass looks up its module by name.
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        entries = module.FilterModule().filters()
        assert not entries.keys() & found.keys(), path.name
        found.update(entries)
    return found


FILTERS = filters()


def signature(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the default of each parameter, by its documented name; `Parameter.empty` for a required one."""
    first, *others = inspect.signature(function).parameters.values()
    # With *arguments, the input is the first one and the documentation lists the rest as one option, a list.
    more = {first.name: ()} if first.kind is first.VAR_POSITIONAL else {}
    return {"_input": first.empty, **more, **{other.name: other.default for other in others}}


def disagreements(documentation: dict[str, Any], function: Callable[..., Any]) -> list[str]:
    options, wanted = documentation["options"], signature(function)
    if list(options) != list(wanted):
        return [f"options {list(options)}, parameters {list(wanted)}"]
    found = []
    for name, default in wanted.items():
        required = default is inspect.Parameter.empty
        if options[name].get("required", False) is not required:
            found.append(f"{name}: required should be {required}")
        stated = options[name].get("default")
        if not required and (tuple(stated) if isinstance(stated, list) else stated) != default:
            found.append(f"{name}: default {stated!r}, should be {default!r}")
    if documentation["positional"] != ", ".join(wanted):
        found.append(f"positional {documentation['positional']!r}, should be {', '.join(wanted)!r}")
    return found


def load(name: str) -> dict[str, Any]:
    documents: dict[str, Any] = yaml.safe_load((DIRECTORY / f"{name}.yml").read_text("utf-8"))
    return documents


def test_exactly_the_filters_are_documented() -> None:
    assert sorted(FILTERS) == SIDECARS


@pytest.mark.parametrize("name", SIDECARS)
def test_documentation_and_parameters_agree(name: str) -> None:
    documents = load(name)
    assert set(documents) == {"DOCUMENTATION", "EXAMPLES", "RETURN"}
    documentation = documents["DOCUMENTATION"]
    assert documentation["name"] == name
    assert disagreements(documentation, FILTERS[name]) == []
    assert {"description", "type"} <= set(documents["RETURN"]["_value"])
    assert all({"description", "type"} <= set(option) for option in documentation["options"].values())


@pytest.mark.parametrize("name", SIDECARS)
def test_examples_call_the_filter_by_its_full_name(name: str) -> None:
    examples = load(name)["EXAMPLES"]
    assert all({"name"} < set(task) for task in yaml.safe_load(examples))
    assert f"{COLLECTION}.{name}" in examples


@pytest.mark.parametrize(
    ("name", "variables", "templated"),
    [
        (
            "airflow_problems",
            ["inputs", "around"],
            {
                "groups": {"airflow": ["server1"], "airflow_scheduler": ["server1"], "airflow_worker": ["server1"]},
                "members": {
                    "shared": {},
                    "addresses": {"server1": ""},
                    "queues": {"server1": ["default"]},
                    "slots": {"server1": 16},
                    "grace_periods": {"server1": 600},
                },
            },
        ),
        ("docker_daemon", ["inputs"], {}),
    ],
)
def test_the_last_example_has_every_key_that_the_filter_reads(
    name: str, variables: list[str], templated: dict[str, Any]
) -> None:
    given = yaml.safe_load(load(name)["EXAMPLES"])[-1]["vars"]
    arguments = [{**given[variable], **(templated if variable == variables[-1] else {})} for variable in variables]
    assert FILTERS[name](*([""] if name == "docker_daemon" else []), *arguments) is not None


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        (lambda options: options.pop("ports"), "parameters ['_input', 'address', 'peers', 'ports']"),
        (lambda options: options.update(more={}), "options ['_input', 'address', 'peers', 'ports', 'more']"),
        (lambda options: options["_input"].pop("required"), "_input: required should be True"),
        (lambda options: options["address"].update(default="0"), "address: default '0', should be ''"),
        (lambda options: options["peers"].pop("default"), "peers: default None, should be ()"),
    ],
)
def test_a_deliberate_difference_is_found(change: Callable[[dict[str, Any]], Any], finding: str) -> None:
    documentation = load("airflow_firewall_table")["DOCUMENTATION"]
    change(documentation["options"])
    assert any(finding in text for text in disagreements(documentation, FILTERS["airflow_firewall_table"]))
