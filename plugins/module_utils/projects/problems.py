"""Checks of role projects' inputs, made before anything is changed."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.sources import find_source, looked_up_in
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.projects.image_problems import (
    image_problems,
    shared_image_problems,
)

Project = Mapping[str, Any]

# Airflow's own directory is next to the directories of the projects.
RESERVED = ("airflow",)
SUFFIXES = (".json", ".yaml", ".yml")
NAME = re.compile(r"[a-z0-9][a-z0-9_.-]*")
# A user or group: a name or a number. Names of a directory service may have a domain or a space.
OWNER = re.compile(r"[^\s:/-](?:[^\n:/]*[^\s:/])?")
# Longest name of a file, in bytes.
LONGEST = 255


def present(projects: Sequence[Project]) -> list[Project]:
    """Return the entries with state ``present``."""
    return [project for project in projects if project.get("state", "present") == "present"]


def projects_problems(projects: Sequence[Project], directory: str, inventories: Sequence[str]) -> list[Finding]:
    """Return every problem of role projects' inputs, each with what to write instead.

    Args:
        projects: Value of ``projects_list``.
        directory: Value of ``projects_directory``.
        inventories: Inventory sources of the run; relative paths are looked up in their directories.

    Returns:
        Findings, which never contain a file's content; an empty list if all is well.
    """
    problems = [*_directory_problems(directory), *_name_problems([str(project["name"]) for project in projects])]
    for project in present(projects):
        place = f"projects_list: {project['name']}"
        problems += _attribute_problems(place, project)
        problems += _path_problems(place, project)
        for file in project.get("files", []):
            problems += _file_problems(f"{place}: file {file['path']}", file, inventories)
        if project.get("image"):
            problems += image_problems(f"{place}: image {project['image']['name']}", project["image"], inventories)
    images = [(str(project["name"]), project["image"]) for project in present(projects) if project.get("image")]
    return list(dict.fromkeys([*problems, *shared_image_problems(images)]))


def _directory_problems(directory: str) -> Iterator[Finding]:
    if not directory.startswith("/") or posixpath.normpath(directory) in ("/", "//"):
        text = f"{directory} must be an absolute path below the root, as in /usr/local/projects."
        yield Finding("directory-invalid", "projects_directory", text)


def _name_problems(names: Sequence[str]) -> Iterator[Finding]:
    for name in names:
        place = f"projects_list: {name}"
        if name in RESERVED:
            text = "the name is reserved for the stack itself; choose another name."
            yield Finding("project-name-reserved", place, text)
        elif not NAME.fullmatch(name) or len(name) > LONGEST:
            text = (
                "the name must be a single directory, without a slash; write lower-case letters, digits, dots, dashes "
                "and underscores, beginning with a letter or digit."
            )
            yield Finding("project-name-invalid", place, text)
        if names.count(name) > 1:
            yield Finding("project-twice", place, f"listed {names.count(name)} times; keep one entry.")


def _attribute_problems(place: str, entry: Mapping[str, Any]) -> Iterator[Finding]:
    mode = entry.get("mode")
    if mode is not None and not (isinstance(mode, str) and re.fullmatch(r"[0-7]{3,4}", mode)):
        text = f'mode {mode} must be three or four octal digits in quotes, as in mode: "0644".'
        yield Finding("mode-invalid", place, text)
    for key in ("owner", "group"):
        if entry.get(key) is not None and not OWNER.fullmatch(str(entry[key])):
            text = f"{key} {str(entry[key])!r} is neither a name nor a number; write one, such as root."
            yield Finding("owner-invalid", place, text)


def _path_problems(place: str, project: Project) -> Iterator[Finding]:
    entries = [*project.get("directories", []), *project.get("files", [])]
    paths = [str(entry["path"]) for entry in entries]
    files = {str(entry["path"]) for entry in project.get("files", [])}
    for path, entry in zip(paths, entries, strict=True):
        if not _is_below(path):
            text = f"path {path} must be relative to the project's directory, without ., .. or trailing slash."
            yield Finding("path-invalid", place, text)
        elif any(len(part.encode()) > LONGEST for part in path.split("/")):
            yield Finding("path-invalid", place, f"path {path} has a part of more than {LONGEST} bytes; shorten it.")
        if paths.count(path) > 1:
            text = f"path {path} is listed {paths.count(path)} times; keep one entry."
            yield Finding("path-twice", place, text)
        for above in sorted(files):
            if path.startswith(f"{above}/"):
                text = f"path {above} is a file, and {path} would be below it; correct one of the two."
                yield Finding("path-below-file", place, text)
        yield from _attribute_problems(f"{place}: {path}", entry)


def _is_below(path: str) -> bool:
    plain = not path.startswith("/") and ".." not in path.split("/") and posixpath.normpath(path) == path
    return plain and path != "." and not re.search(r"[\0\r\n]", path)


def _file_problems(place: str, file: Mapping[str, Any], inventories: Sequence[str]) -> Iterator[Finding]:
    content, src = file.get("content"), file.get("src")
    if file.get("state", "present") == "absent":
        return
    if (content is None) == (src is None):
        yield Finding("file-source-unclear", place, "write either content or src.")
    elif src is not None:
        found = find_source(str(src), inventories)
        if not found or not found.is_file():
            text = f"src {src} is not a file on the controller; {looked_up_in(inventories)}"
            yield Finding("file-source-missing", place, text)
    elif not isinstance(content, (str, dict, list, Mapping)):
        text = "content must be text, a dict or a list; put other values in quotes."
        yield Finding("file-content-invalid", place, text)
    elif not isinstance(content, str) and not file.get("format") and not str(file["path"]).endswith(SUFFIXES):
        text = "the file's suffix does not determine the format of content; add format: json or format: yaml."
        yield Finding("file-format-unknown", place, text)
