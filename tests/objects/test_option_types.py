"""The lists of options with a type, compared with what the release says of its options."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.option_types import TYPES, value_problem

from tests import tables

if TYPE_CHECKING:
    from tests.objects.stack import Stack

# Prints type and default of each option. In releases before 2.6, sections are a list.
OPTIONS = """
import json, pathlib, airflow, yaml
path = pathlib.Path(airflow.__file__).parent / "config_templates" / "config.yml"
read = yaml.safe_load(path.read_text())
if isinstance(read, list):
    read = {each["name"]: {"options": {option["name"]: option for option in each["options"]}} for each in read}
print(json.dumps([
    [section, option, said.get("type"), said.get("default")]
    for section, each in read.items() for option, said in each["options"].items()
]))
"""
KINDS = {"boolean": ("bool",), "integer": ("int", "float"), "float": ("float",)}
# Options of heartbeats.py, and options of which the type is not the whole truth.
ELSEWHERE = {
    *(f"{row[key]}" for each in tables.releases().values() for row in each["heartbeats"].values() for key in row),
}


def test_the_lists_are_those_of_the_release(stack: Stack) -> None:
    options = json.loads(stack.inside("python", "-c", OPTIONS).strip().split("\n")[-1])
    assert len(options) > 200
    unlisted, other, defaults = [], [], []
    for section, option, kind, default in options:
        listed = TYPES.get((section, option))
        name = f"{section}.{option}"
        if kind in KINDS and not listed and name not in ELSEWHERE:
            unlisted.append(name)
        if listed and kind in KINDS and listed not in KINDS[kind]:
            other.append(name)
        if value_problem(section, option, default):
            defaults.append(name)
    assert (unlisted, other, defaults) == ([], [], [])
