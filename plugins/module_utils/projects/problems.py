"""Checks of role projects' inputs, made before anything is changed."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.sources import (
    find_source,
    inventory_above,
    misplaced,
    search_path,
)

Project = Mapping[str, Any]

# Airflow's own directory is next to the directories of the projects.
RESERVED = ("airflow",)
SUFFIXES = (".json", ".yaml", ".yml")
# Keys of an image that belong to one `source`; the first one is its origin on the controller.
ORIGINS = {"pull": ("pull",), "archive": ("archive",), "build": ("build_context", "build_args")}
NAME = re.compile(r"[a-z0-9][a-z0-9_.-]*")
IMAGE = re.compile(
    r"([a-z0-9.-]+(:[0-9]+)?/)?[a-z0-9._/-]+(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@sha256:[0-9a-f]{64})?"
)


def present(projects: Sequence[Project]) -> list[Project]:
    """Return the entries with state ``present``."""
    return [project for project in projects if project.get("state", "present") == "present"]


def projects_problems(projects: Sequence[Project], directory: str, inventories: Sequence[str]) -> list[str]:
    """Return every problem of role projects' inputs, each a sentence that says what to write instead.

    Args:
        projects: Value of ``projects_list``.
        directory: Value of ``projects_directory``.
        inventories: Inventory sources of the run; relative paths are looked up in their directories.

    Returns:
        Sentences, which never contain a file's content; an empty list if all is well.
    """
    problems = list(_directory_problems(directory))
    names = [str(project["name"]) for project in projects]
    for project in projects:
        name = str(project["name"])
        label = f"projects_list: {name}"
        if name in RESERVED:
            problems.append(f"{label}: the name is reserved for the stack itself; choose another name.")
        elif not NAME.fullmatch(name):
            problems.append(
                f"{label}: the name must be a single directory, without a slash; write lower-case letters, digits, "
                "dots, dashes and underscores, beginning with a letter or digit."
            )
        if names.count(name) > 1:
            problems.append(f"{label}: listed {names.count(name)} times; keep one entry.")
    for project in present(projects):
        label = f"projects_list: {project['name']}"
        problems += _mode_problems(label, project)
        problems += _path_problems(label, project)
        for file in project.get("files", []):
            problems += _file_problems(f"{label}: file {file['path']}", file, inventories)
        if project.get("image"):
            problems += _image_problems(f"{label}: image {project['image']['name']}", project["image"], inventories)
    return list(dict.fromkeys([*problems, *_shared_image_problems(projects)]))


def _directory_problems(directory: str) -> Iterator[str]:
    if not directory.startswith("/") or posixpath.normpath(directory) in ("/", "//"):
        yield f"projects_directory: {directory} must be an absolute path below the root, as in /usr/local/projects."


def _mode_problems(label: str, entry: Mapping[str, Any]) -> Iterator[str]:
    mode = entry.get("mode")
    if mode is not None and not (isinstance(mode, str) and re.fullmatch(r"[0-7]{3,4}", mode)):
        yield f'{label}: mode {mode} must be three or four octal digits in quotes, as in mode: "0644".'


def _path_problems(label: str, project: Project) -> Iterator[str]:
    entries = [*project.get("directories", []), *project.get("files", [])]
    paths = [str(entry["path"]) for entry in entries]
    for path, entry in zip(paths, entries, strict=True):
        if path.startswith("/") or ".." in path.split("/") or posixpath.normpath(path) != path or path == ".":
            yield f"{label}: path {path} must be relative to the project's directory, without ., .. or trailing slash."
        if paths.count(path) > 1:
            yield f"{label}: path {path} is listed {paths.count(path)} times; keep one entry."
        yield from _mode_problems(f"{label}: {path}", entry)


def _file_problems(label: str, file: Mapping[str, Any], inventories: Sequence[str]) -> Iterator[str]:
    content, src = file.get("content"), file.get("src")
    if file.get("state", "present") == "absent":
        return
    if (content is None) == (src is None):
        yield f"{label}: write either content or src."
    elif src is not None:
        found = find_source(str(src), inventories)
        if not found or not found.is_file():
            yield f"{label}: src {src} is not a file on the controller; {_where(inventories)}"
    elif not isinstance(content, (str, dict, list, Mapping)):
        yield f"{label}: content must be text, a dict or a list; put other values in quotes."
    elif not isinstance(content, str) and not file.get("format") and not str(file["path"]).endswith(SUFFIXES):
        yield f"{label}: the file's suffix does not determine the format of content; add format: json or format: yaml."


def _where(inventories: Sequence[str]) -> str:
    return f"a relative path is looked up in {' and '.join(map(str, search_path(inventories)))}."


def _image_problems(label: str, image: Mapping[str, Any], inventories: Sequence[str]) -> Iterator[str]:
    source = image.get("source", "pull")
    if not IMAGE.fullmatch(str(image["name"])) or (source != "pull" and "@" in str(image["name"])):
        yield f"{label}: the name must have the form repository/name:tag, with a lower-case repository."
    for other, keys in ORIGINS.items():
        for key in keys:
            if other != source and image.get(key):
                yield f"{label}: {key} does not apply to source: {source}; remove it, or write source: {other}."
    origin = ORIGINS[source][0]
    if source == "pull":
        return
    if not image.get(origin):
        yield f"{label}: source: {source} requires {origin}, a path on the controller."
        return
    if source == "archive":
        found = find_source(str(image[origin]), inventories)
        if not found or not found.is_file():
            yield f"{label}: archive {image[origin]} is not a file on the controller; {_where(inventories)}"
    elif source == "build":
        yield from _context_problems(f"{label}: build_context", str(image[origin]), inventories)


def _context_problems(label: str, path: str, inventories: Sequence[str]) -> Iterator[str]:
    found = find_source(path, inventories)
    if not found or not found.is_dir():
        yield f"{label} {path} is not a directory on the controller; {_where(inventories)}"
    elif not (found / "Dockerfile").is_file():
        yield f"{label} {path} has no Dockerfile; add one."
    elif inventory := inventory_above(found, inventories):
        yield f"{label} {misplaced(found, inventory)}"


def _shared_image_problems(projects: Sequence[Project]) -> Iterator[str]:
    images = [(str(p["name"]), p["image"]) for p in present(projects) if p.get("image")]
    for name, image in images:
        others = [other for other, its in images if its["name"] == image["name"] and its != image]
        if others:
            yield (
                f"projects_list: {name}: image {image['name']} is defined differently by {others[0]}, so each would "
                "overwrite the other; give them different names or tags."
            )
