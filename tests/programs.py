"""The programs of ours that run in Airflow's containers, as modules for their tests."""

from __future__ import annotations

import importlib.util
from typing import Any

from tests.lab.names import REPO


def load(name: str) -> Any:
    """Return a program of roles/airflow_stack/files, by its name without the ending, as a module made anew."""
    spec = importlib.util.spec_from_file_location(name, REPO / "roles" / "airflow_stack" / "files" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
