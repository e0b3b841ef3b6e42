"""The program that is sent to Airflow's containers and runs there: texts of modules of the package ``inside``.

The texts come from the modules' loaders, because their files may not exist on the host: Ansible runs modules from a zip
archive, and mitogen from memory.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
from collections.abc import Iterable, Iterator, Mapping
from types import ModuleType
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.inside import main, start

PACKAGE = start.__name__.rpartition(".")[0]

# The part of the program that the process list shows; the rest comes through standard input.
LOADER = (
    "import json, sys; request = json.load(sys.stdin); names = {'__name__': 'start'}; "
    "exec(compile(request['start'], 'start', 'exec'), names); names['start'](request)"
)


def request(modules: Iterable[ModuleType], actions: Iterable[Mapping[str, Any]], timeout: int) -> dict[str, Any]:
    """Return what LOADER reads.

    Args:
        modules: The modules that define the actions.
        actions: Dicts with ``name`` and the action's input.
        timeout: Seconds after which the process ends itself.
    """
    names = [module.__name__ for module in modules]
    return {
        "start": source(start.__name__),
        "program": texts([main.__name__, *names]),
        "modules": [_below(name) for name in names],
        "actions": list(actions),
        "timeout": timeout,
    }


def texts(names: Iterable[str]) -> dict[str, str]:
    """Return the texts of modules and of all modules of the package that they import, by name in the package.

    Args:
        names: Full names of modules of the package.
    """
    found: dict[str, str] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = source(name)
            waiting += imported(name, found[name])
    return {_below(name): text for name, text in found.items()}


def imported(name: str, text: str) -> Iterator[str]:
    """Return the full names of the modules that a module imports by relative imports.

    Args:
        name: Full name of the module.
        text: Its text.
    """
    package = name.rpartition(".")[0]
    for node in ast.parse(text).body:
        if isinstance(node, ast.ImportFrom) and node.level:
            base = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
            yield from [base] if node.module else [f"{base}.{alias.name}" for alias in node.names]


def source(name: str) -> str:
    """Return the text of a module.

    Args:
        name: Its full name.

    Raises:
        ImportError: Its loader does not have the text.
    """
    # mitogen's loader has the text of a module only once it is imported.
    importlib.import_module(name)
    spec = importlib.util.find_spec(name)
    text = spec.loader.get_source(name) if spec and spec.loader else None  # type: ignore[attr-defined]
    if text is None:
        raise ImportError(f"the loader of {name} does not have its text")
    # Ansible's loader of collections, which the controller has, returns bytes.
    return importlib.util.decode_source(text) if isinstance(text, bytes) else str(text)


def _below(name: str) -> str:
    """Return the name of a module in the package."""
    return name[len(PACKAGE) + 1 :]
