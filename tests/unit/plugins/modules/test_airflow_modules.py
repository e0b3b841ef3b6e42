"""What the documentation of our modules says is what they take."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.plugins.loader import fragment_loader
from ansible.utils.plugin_docs import get_docstring
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.airflow_kinds import KINDS
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.airflow_manage import Kind

PLUGINS = Path(__file__).resolve().parents[4] / "plugins"
MODULES = PLUGINS / "modules"
NAMES = sorted(path.stem for path in MODULES.glob("*.py") if "\nARGUMENTS = " in path.read_text(encoding="utf-8"))
CHECKED = ("type", "elements", "default", "choices", "required")


def load(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, MODULES / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def shape(options: dict[str, Any], nested: str) -> dict[str, Any]:
    return {
        name: {key: option[key] for key in CHECKED if key in option}
        | ({"options": shape(option[nested], nested)} if nested in option else {})
        for name, option in options.items()
    }


@pytest.mark.parametrize("name", NAMES)
def test_documentation_and_arguments_agree(name: str) -> None:
    module = load(name)
    fragment_loader.add_directory(str(PLUGINS / "doc_fragments"))
    documentation = get_docstring(str(MODULES / f"{name}.py"), fragment_loader, is_module=True)[0]
    assert shape(documentation["options"], "suboptions") == shape(module.ARGUMENTS, "options")
    assert yaml.safe_load(module.EXAMPLES)
    for key, value in yaml.safe_load(module.RETURN).items():
        assert {"description", "type", "returned"} <= set(value), key


# Keys of the role's variables that the role itself turns into what the modules take.
OF_THE_ROLE = {"stack_database"}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.option)
def test_the_variables_of_the_role_are_what_the_modules_take(kind: Kind) -> None:
    specs = yaml.safe_load((PLUGINS.parent / "roles" / "airflow" / "meta" / "argument_specs.yml").read_text("utf-8"))
    variables = specs["argument_specs"]["main"]["options"]
    listed = variables[f"airflow_{kind.option}"]["options"]
    role = {name: option for name, option in listed.items() if name not in OF_THE_ROLE}
    assert shape(role, "options") == shape(kind.arguments[kind.option]["options"], "options")
    others = {f"airflow_{kind.option}_{name}" for name in kind.arguments if name != kind.option}
    assert others <= set(variables)
