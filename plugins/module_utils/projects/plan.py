"""Turns projects_list into flat lists, and these into the changes that role projects makes on a host."""

from __future__ import annotations

import datetime
import json
import posixpath
from collections.abc import Mapping, Sequence
from typing import Any

import yaml
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.paths import State, differing
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.sources import find_source

Project = Mapping[str, Any]
# Lists of directories and files with their attributes.
ENTRIES = ("directories", "files", "secret_files")


def _plain(value: Any) -> Any:
    # A YAML writer does not know Ansible's subclasses of these types, and some values are templated when they are read.
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    if isinstance(value, datetime.date):
        return value.isoformat()
    base = next((kind for kind in (bool, str, int, float) if isinstance(value, kind)), None)
    return base(value) if base else value


def render(file: Mapping[str, Any]) -> str:
    """Return the text of a file given by ``content``: text as it is, data as JSON or YAML with sorted keys.

    Args:
        file: An entry of a project's ``files``.
    """
    content = _plain(file["content"])
    if isinstance(content, str):
        return content
    if (file.get("format") or posixpath.splitext(str(file["path"]))[1]) in ("yaml", ".yaml", ".yml"):
        return str(
            yaml.safe_dump(content, allow_unicode=True, default_flow_style=False, explicit_start=True, width=120)
        )
    return json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def projects_plan(projects: Sequence[Project], directory: str, inventories: Sequence[str]) -> dict[str, Any]:
    """Return the wanted state of a host as flat lists, in the order of ``projects_list``.

    Args:
        projects: Value of ``projects_list``, already checked.
        directory: Directory of all projects.
        inventories: Inventory sources of the run; relative paths are looked up in their directories.

    Returns:
        ``present`` and ``absent``, the projects' names; ``directories`` (path, owner, group, mode), parents first;
        ``files`` and ``secret_files`` (path, owner, group, mode, and content or src); ``absent_files``, their paths;
        ``homes``, the directory of each present project, by name; ``paths``, all paths of these lists.
    """
    plan: dict[str, Any] = {key: [] for key in ("present", "absent", *ENTRIES, "absent_files")}
    plan["homes"] = {}
    for project in projects:
        state = str(project.get("state", "present"))
        plan[state].append(str(project["name"]))
        if state == "present":
            home = plan["homes"][str(project["name"])] = posixpath.join(directory, str(project["name"]))
            _add_project(plan, project, home, inventories)
    plan["paths"] = [entry["path"] for key in ENTRIES for entry in plan[key]] + plan["absent_files"]
    return plan


def projects_work(plan: Mapping[str, Any], found: Mapping[str, State]) -> dict[str, list[Any]]:
    """Return what role projects has to change on a host, except images and removed projects.

    Args:
        plan: What projects_plan returned.
        found: State of the plan's ``paths``, as the module path_info returns it.

    Returns:
        ``new``, names of the projects whose directory is missing; ``directories``, ``files`` and ``secret_files`` that
        differ; ``absent_files`` that exist.

    Raises:
        OSError: A file of the controller cannot be read.
    """
    return {
        "new": [name for name, home in plan["homes"].items() if home not in found],
        **{key: differing(plan[key], found) for key in ENTRIES},
        "absent_files": [path for path in plan["absent_files"] if path in found],
    }


def _add_project(plan: dict[str, Any], project: Project, base: str, inventories: Sequence[str]) -> None:
    owners = {key: str(project.get(key, "root")) for key in ("owner", "group")}
    directories = {"": {"mode": "0755", **project}} | {entry["path"]: entry for entry in project.get("directories", [])}
    for file in project.get("files", []):
        path = posixpath.join(base, file["path"])
        if file.get("state") == "absent":
            plan["absent_files"].append(path)
            continue
        for parent in _parents(file["path"]):
            directories.setdefault(parent, {})
        secret = bool(file.get("secret", False))
        entry = {"path": path, **_attributes(file, {**owners, "mode": "0600" if secret else "0644"})}
        if file.get("src") is None:
            entry["content"] = render(file)
        else:
            entry["src"] = str(find_source(str(file["src"]), inventories))
        plan["secret_files" if secret else "files"].append(entry)
    for path in [parent for known in list(directories) for parent in _parents(known)]:
        directories.setdefault(path, {})
    for path, entry in sorted(directories.items()):
        attributes = _attributes(entry, {**owners, "mode": "0755"})
        plan["directories"].append({"path": posixpath.join(base, path).rstrip("/"), **attributes})


def _parents(path: str) -> list[str]:
    parts = path.split("/")[:-1]
    return ["/".join(parts[: count + 1]) for count in range(len(parts))]


def _attributes(given: Mapping[str, Any], defaults: Mapping[str, str]) -> dict[str, str]:
    return {key: str(given.get(key, default)) for key, default in defaults.items()}
