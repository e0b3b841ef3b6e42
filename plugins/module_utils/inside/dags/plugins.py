"""Loads Airflow's plugins to check that they work."""

from __future__ import annotations

import os
from typing import Any

from ..compat import plugin_errors
from .processes import run_each


def broken_plugins(folder: str, limit: float) -> list[dict[str, Any]]:
    """Load the plugins as Airflow does, and return their errors in the form of a file's report.

    Args:
        folder: The plugins folder.
        limit: Timeout of all plugins together, in seconds.

    Returns:
        One report, or none if there is no error.
    """
    children = list(run_each([folder], load_plugins, limit, 1)) if os.path.isdir(folder) else []
    broken = []
    for child in children:
        result = {"file": "plugins", "seconds": round(child.seconds, 3), **child.outcome(folder)}
        if result.get("place"):
            result["place"]["file"] = os.path.join("plugins", result["place"]["file"])
        if "errors" not in result or result["errors"]:
            broken.append(result)
    return broken


def load_plugins(folder: str, report: dict[str, Any], _pipe: int) -> None:
    """Load the plugins of a folder.

    Args:
        folder: The plugins folder.
        report: Gets ``errors``, as for a file.
    """
    from airflow import plugins_manager  # noqa: PLC0415 - only the container has Airflow
    from airflow.listeners.listener import get_listener_manager  # noqa: PLC0415

    plugins_manager.ensure_plugins_loaded()
    # By path, or by name for a plugin of an installed package.
    errors = {
        os.path.join("plugins", os.path.relpath(path, folder)) if os.path.isabs(path) else path: text
        for path, text in plugin_errors().items()
    }
    try:
        # No service starts if a plugin's listener does not fit Airflow's hooks.
        get_listener_manager()
    except Exception as error:  # noqa: BLE001 - any error is reported
        errors["plugins"] = f"{type(error).__name__}: {' '.join(str(error).split())}"
    fields = {"line": None, "dag_id": None, "kind": "import", "timeout": False}
    report["errors"] = [{"file": file, "text": text, **fields} for file, text in errors.items()]
