"""A program on the host that consists of Python modules of this collection."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Iterable, Mapping

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host import atomic


def texts(collection: str, loaded: Iterable[str]) -> dict[str, str]:
    """Return the texts of the loaded modules of a collection, by the paths of their files.

    Args:
        collection: Full name of the collection's package.
        loaded: Full names of loaded modules.

    Raises:
        ImportError: A loader does not have the text of its module.
    """
    found = {}
    for name in sorted(loaded):
        # Modules of Ansible itself have the names of the task, and are no part of the program.
        if not name.startswith(f"{collection}.plugins.module_utils."):
            continue
        spec = importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            raise ImportError(f"{name} has no loader")
        text = spec.loader.get_source(name)  # type: ignore[attr-defined]
        # Packages have empty files, for which a loader can return nothing.
        package = spec.submodule_search_locations is not None
        path = name.replace(".", "/") + ("/__init__.py" if package else ".py")
        found[path] = importlib.util.decode_source(text) if isinstance(text, bytes) else text or ""
    return found


def changes(wanted: Mapping[str, str], directory: str) -> list[str]:
    """Return the paths of the files that differ from those in a directory, or have to be removed there."""
    present = _present(directory)
    return sorted(path for path in {*wanted, *present} if wanted.get(path) != present.get(path))


def install(wanted: Mapping[str, str], directory: str) -> None:
    """Write the files of a program to a directory, and remove all others.

    Raises:
        OSError: A file cannot be written.
    """
    for path, text in wanted.items():
        place = os.path.join(directory, path)
        os.makedirs(os.path.dirname(place), mode=0o755, exist_ok=True)
        atomic.write(place, text, 0o644)
    for path in set(_present(directory)) - set(wanted):
        os.unlink(os.path.join(directory, path))
    for place, _, _ in os.walk(directory):
        # Compiled files of an earlier version.
        if os.path.basename(place) == "__pycache__":
            shutil.rmtree(place)


def _present(directory: str) -> dict[str, str]:
    """Return the texts of the Python files below a directory, by their paths in it."""
    found = {}
    for place, _, names in os.walk(directory):
        for name in names:
            if name.endswith(".py"):
                path = os.path.join(place, name)
                with open(path, encoding="utf-8", errors="replace") as file:
                    found[os.path.relpath(path, directory)] = file.read()
    return found
