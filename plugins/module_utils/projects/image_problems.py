"""Checks of the images of projects."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.sources import (
    find_source,
    inventory_above,
    looked_up_in,
    misplaced,
)

# Keys of an image that belong to one `source`; the first one is its origin on the controller.
ORIGINS = {"pull": ("pull",), "archive": ("archive",), "build": ("build_context", "build_args")}
# A reference as Docker parses it: a first part is a registry if it has a dot or a port, or is localhost.
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_REGISTRY = rf"(?:{_LABEL}(?:\.{_LABEL})+(?::[0-9]+)?|{_LABEL}:[0-9]+|localhost)/"
_COMPONENT = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
IMAGE = re.compile(
    rf"(?:{_REGISTRY})?{_COMPONENT}(?:/{_COMPONENT})*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{{0,127}})?(?:@sha256:[0-9a-f]{{64}})?"
)
ARGUMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def image_problems(place: str, image: Mapping[str, Any], inventories: Sequence[str]) -> Iterator[Finding]:
    """Yield what is wrong with the image of a project.

    Args:
        place: Where it is, for the findings.
        image: The image.
        inventories: Inventory sources of the run; relative paths are looked up in their directories.
    """
    source = image.get("source", "pull")
    if not IMAGE.fullmatch(str(image["name"])) or (source != "pull" and "@" in str(image["name"])):
        text = "the name must have the form repository/name:tag, with a lower-case repository."
        yield Finding("image-name-invalid", place, text)
    for other, keys in ORIGINS.items():
        for key in keys:
            if other != source and image.get(key):
                text = f"{key} does not apply to source: {source}; remove it, or write source: {other}."
                yield Finding("image-key-unused", place, text)
    yield from _argument_problems(place, image.get("build_args") or {})
    origin = ORIGINS[source][0]
    if source == "pull":
        return
    if not image.get(origin):
        text = f"source: {source} requires {origin}, a path on the controller."
        yield Finding("image-origin-missing", place, text)
    elif source == "archive":
        found = find_source(str(image[origin]), inventories)
        if not found or not found.is_file():
            text = f"archive {image[origin]} is not a file on the controller; {looked_up_in(inventories)}"
            yield Finding("image-archive-missing", place, text)
    else:
        yield from _context_problems(place, str(image[origin]), inventories)


def _argument_problems(place: str, arguments: Mapping[str, Any]) -> Iterator[Finding]:
    for name, value in arguments.items():
        if not ARGUMENT.fullmatch(str(name)):
            text = f"build_args: {str(name)!r} cannot be the name of an ARG; write letters, digits and underscores."
            yield Finding("image-argument-invalid", place, text)
        elif isinstance(value, (Mapping, list)):
            text = f"build_args: the value of {name} is a dict or a list; write text."
            yield Finding("image-argument-invalid", place, text)


def _context_problems(place: str, path: str, inventories: Sequence[str]) -> Iterator[Finding]:
    found = find_source(path, inventories)
    if not found or not found.is_dir():
        text = f"build_context {path} is not a directory on the controller; {looked_up_in(inventories)}"
        yield Finding("image-context-missing", place, text)
    elif not (found / "Dockerfile").is_file():
        yield Finding("image-dockerfile-missing", place, f"build_context {path} has no Dockerfile; add one.")
    elif inventory := inventory_above(found, inventories):
        yield Finding("source-in-inventory", place, f"build_context {misplaced(found, inventory)}")


def shared_image_problems(images: Sequence[tuple[str, Mapping[str, Any]]]) -> Iterator[Finding]:
    """Yield the images that several projects define differently.

    Args:
        images: The names of the present projects, each with its image.
    """
    for name, image in images:
        others = [other for other, its in images if its["name"] == image["name"] and its != image]
        if others:
            text = (
                f"image {image['name']} is defined differently by {others[0]}, so each would overwrite the other; give "
                "them different names or tags."
            )
            yield Finding("image-differs", f"projects_list: {name}", text)
