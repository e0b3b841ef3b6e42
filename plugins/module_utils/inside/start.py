"""Makes the package importable in the container, which has none of its files.

The text of this file runs there on its own, before the package exists, so it imports only the standard library.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import sys
from typing import Any

# Name of the package in the container.
PACKAGE = "airflow_inside"


class Texts(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Import hook that finds and loads the modules of the package from their texts."""

    def __init__(self, program: dict[str, str]) -> None:
        """Store the texts.

        Args:
            program: Text of each module by its name in the package, such as ``dags.check``.
        """
        self.texts = {f"{PACKAGE}.{name}": text for name, text in program.items()}

    def find_spec(self, fullname: str, _path: object = None, _target: object = None) -> Any:
        """Return the spec of a module or package that the texts define, None for any other module."""
        is_package = any(name.startswith(f"{fullname}.") for name in self.texts)
        if fullname in self.texts or is_package:
            return importlib.machinery.ModuleSpec(fullname, self, is_package=is_package)
        return None

    def exec_module(self, module: Any) -> None:
        """Run the text of a module in its namespace; packages have no text."""
        name = module.__name__
        exec(compile(self.texts.get(name, ""), name, "exec", dont_inherit=True), vars(module))  # noqa: S102 - our own text


def start(request: dict[str, Any]) -> None:
    """Run the actions of a request; never returns.

    Args:
        request: ``program``, see Texts; the rest is for the function ``main`` of main.py.
    """
    sys.meta_path.insert(0, Texts(request["program"]))
    importlib.import_module(f"{PACKAGE}.main").main(request)
