"""Programs of the project that run in Airflow's containers, loaded as modules for their tests."""

from __future__ import annotations

import importlib.util
import sys
from typing import Any
from unittest import mock

from tests.lab.names import REPO


def load(name: str) -> Any:
    """Load a program of roles/airflow_stack/files, named without its suffix, as a new module."""
    spec = importlib.util.spec_from_file_location(name, REPO / "roles" / "airflow_stack" / "files" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def load_with(name: str, *imported: str) -> Any:
    """Load a program that imports other programs of the directory; they are its attributes."""
    others = {other: load(other) for other in imported}
    with mock.patch.dict(sys.modules, others):
        program = load(name)
    for other, module in others.items():
        setattr(program, other, module)
    return program
