"""The documentation of our modules matches their arguments."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.plugins.loader import fragment_loader
from ansible.utils.plugin_docs import get_docstring
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.kind import Kind
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.kinds import KINDS
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.wanted import listed_kinds

PLUGINS = Path(__file__).resolve().parents[4] / "plugins"
MODULES = PLUGINS / "modules"
ACTIONS = PLUGINS / "action"
NAMES = sorted(path.stem for path in MODULES.glob("*.py"))
COLLECTION = "ansible_airflow.airflow"
CHECKED = ("type", "elements", "default", "choices", "required")


def load(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(f"documented_{path.parent.name}_{path.stem}", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def arguments(name: str) -> list[dict[str, Any]]:
    """Return the arguments of a module: its own argument spec, that of its action plugin, or both."""
    files = [path for path in (MODULES / f"{name}.py", ACTIONS / f"{name}.py") if path.exists()]
    return [found for module in map(load, files) for found in [getattr(module, "ARGUMENTS", None)] if found is not None]


def documentation(name: str) -> dict[str, Any]:
    found: dict[str, Any] = get_docstring(str(MODULES / f"{name}.py"), fragment_loader, is_module=True)[0]
    return found


def shape(options: dict[str, Any], nested: str) -> dict[str, Any]:
    return {
        name: {key: option[key] for key in CHECKED if key in option}
        | ({"options": shape(option[nested], nested)} if nested in option else {})
        for name, option in options.items()
    }


@pytest.mark.parametrize("name", NAMES)
def test_documentation_and_arguments_agree(name: str) -> None:
    documented = shape(documentation(name)["options"], "suboptions")
    found = arguments(name)
    assert found
    assert all(shape(spec, "options") == documented for spec in found)


def test_every_action_plugin_is_documented() -> None:
    assert {path.stem for path in ACTIONS.glob("*.py")} < set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_examples_and_samples(name: str) -> None:
    module = load(MODULES / f"{name}.py")
    examples = yaml.safe_load(module.EXAMPLES)
    assert all({"name"} < set(task) for task in examples)
    called = [task for task in examples if f"{COLLECTION}.{name}" in task]
    assert len(called) >= 3
    for task in called:
        assert set(task[f"{COLLECTION}.{name}"] or {}) <= set(documentation(name)["options"])
    for key, value in yaml.safe_load(module.RETURN).items():
        assert {"description", "type", "returned"} <= set(value), key
        nested = value.get("contains", {})
        assert "sample" in value or (nested and all("sample" in part for part in nested.values())), key


@pytest.mark.parametrize("kind", listed_kinds([], {}), ids=lambda kind: kind.option)
def test_the_role_variables_match_the_module_arguments(kind: Kind) -> None:
    specs = yaml.safe_load((PLUGINS.parent / "roles" / "airflow" / "meta" / "argument_specs.yml").read_text("utf-8"))
    variables = specs["argument_specs"]["preflight"]["options"]
    role = variables[f"airflow_{kind.option}"]["options"]
    assert shape(role, "options") == shape(kind.arguments[kind.option]["options"], "options")
    others = {f"airflow_{kind.option}_{name}" for name in kind.arguments if name != kind.option}
    assert others <= set(variables)


def test_the_inventory_adds_only_stack_database_to_the_module_arguments() -> None:
    added = {
        name
        for kind, listed in zip(KINDS, listed_kinds([], {}), strict=True)
        for name in set(listed.arguments[listed.option]["options"]) - set(kind.arguments[kind.option]["options"])
    }
    assert added == {"stack_database"}
