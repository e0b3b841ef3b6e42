"""Inputs of each image, and the digest that shows when the image must be rebuilt.

`python -m tests.lab.recipes [SERIES]` prints the input of tests/lock.sh, which writes the locks of Airflow.
"""

import hashlib
import io
import sys
import tarfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests import tables
from tests.lab import apt, machine
from tests.lab.names import IMAGES, REPO
from tests.lab.shell import LabError

TABLE = Path(__file__).with_name("recipes.yml")


@dataclass(frozen=True)
class File:
    """One file of a build context."""

    content: bytes
    mode: int = 0o644


@dataclass(frozen=True)
class Recipe:
    """An image: the directory with its Dockerfile, and its other inputs."""

    name: str
    base: str
    reference: str = ""
    lock: str = ""
    args: Mapping[str, str] = field(default_factory=dict)
    # Airflow release with which the image is provided; empty if it is always provided.
    release: str = ""


@cache
def rows(part: str) -> Any:
    """A part of the table."""
    return yaml.safe_load(TABLE.read_text(encoding="utf-8"))[part]


def bases() -> dict[str, str]:
    """Official image of each Debian release in use."""
    return dict(rows("bases"))


def local() -> dict[str, Recipe]:
    """Images that only this machine's engine uses."""
    return {name: Recipe(name, row["base"]) for name, row in rows("local").items()}


def airflow() -> dict[str, Recipe]:
    """Airflow images by release: the tested release of each series."""
    return {tables.releases()[series]["tested"]: _airflow(series, row) for series, row in rows("airflow").items()}


def patches() -> dict[str, Recipe]:
    """Airflow images of earlier releases in a series, by release."""
    return {version: _of_release(version, f"airflow-{version}", row) for version, row in _patch_rows().items()}


def _patch_rows() -> dict[str, dict[str, str]]:
    return {version: {**rows("airflow")[row["series"]], **row} for version, row in rows("patches").items()}


def _airflow(series: str, row: Mapping[str, str]) -> Recipe:
    return _of_release(tables.releases()[series]["tested"], f"airflow-{series}", row)


def _of_release(version: str, lock: str, row: Mapping[str, str]) -> Recipe:
    args = {"AIRFLOW_VERSION": version, "PYTHON": f"python{row['python']}", "PIP_VERSION": row["pip"]}
    release = "" if version == tables.default_release() else version
    return Recipe("airflow", row["base"], f"apache/airflow:{version}", f"requirements/{lock}.txt", args, release)


def published() -> list[Recipe]:
    """Images that the lab's registry can serve."""
    return [*airflow().values(), *patches().values(), *(_other(row) for row in rows("published"))]


def _other(row: Mapping[str, Any]) -> Recipe:
    release = tables.releases()[row["series"]]["tested"] if "series" in row else ""
    return Recipe(row["recipe"], row["base"], row["image"], args=row.get("args", {}), release=release)


def wanted(releases: Collection[str]) -> list[Recipe]:
    """Images that are always served, and the images of the requested Airflow releases."""
    known = [*airflow(), *patches()]
    if unknown := sorted(set(releases) - set(known)):
        raise LabError(f"the lab has no image of Airflow {unknown[0]}; it has {', '.join(known)}")
    return [recipe for recipe in published() if not recipe.release or recipe.release in releases]


def directory(name: str) -> dict[str, File]:
    """Files of a directory below images/, by their path in it."""
    paths = sorted(path for path in (IMAGES / name).rglob("*") if path.is_file())
    return {
        str(path.relative_to(IMAGES / name)): File(path.read_bytes(), 0o755 if path.stat().st_mode & 0o100 else 0o644)
        for path in paths
    }


def base_context(codename: str) -> dict[str, File]:
    """Build context of a base image: its Dockerfile and the settings of this machine for every image."""
    context = directory("base")
    sources = apt.render_sources(machine.debian_mirrors(), codename)
    context["machine/debian.sources"] = File(sources.encode())
    context["machine/apt.conf"] = File(machine.apt_options().encode())
    # COPY fails if the directory is missing, so it always holds one file.
    context["machine/certificates/README"] = File(b"Certificate authorities of the machine that made this image.\n")
    for name, text in machine.certificates().items():
        context[f"machine/certificates/{name}.crt"] = File(text.encode())
    return context


def context(recipe: Recipe) -> dict[str, File]:
    """Build context of an image: its directory, its lock and the machine's settings for pip."""
    files = directory(recipe.name)
    if recipe.reference:
        files["pip.conf"] = File(machine.pip_conf().encode())
    if recipe.lock:
        files["requirements.txt"] = File((REPO / recipe.lock).read_bytes())
    return files


def digest(files: Mapping[str, File], *extra: str) -> str:
    """Digest of the files and the extra texts."""
    total = hashlib.sha256()
    for name, file in sorted(files.items()):
        total.update(f"{name}\0{file.mode:o}\0{len(file.content)}\0".encode())
        total.update(file.content)
    for text in extra:
        total.update(f"\0{text}".encode())
    return total.hexdigest()[:16]


def archive(files: Mapping[str, File]) -> bytes:
    """Build context as a tar archive for Docker's standard input."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, file in sorted(files.items()):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(file.content), file.mode
            tar.addfile(entry, io.BytesIO(file.content))
    return buffer.getvalue()


def locks(only: Collection[str] = ()) -> list[str]:
    """Series or release, day and Python of each lock of Airflow, one line per lock.

    Args:
        only: Series and releases to select; none means all.

    Raises:
        SystemExit: The table lacks one of them.
    """
    found = {**rows("airflow"), **_patch_rows()}
    if unknown := sorted(set(only) - set(found)):
        raise SystemExit(f"tests/lab/recipes.yml has no series {unknown[0]}; there are {', '.join(found)}")
    return [f"{name} {row['day']} {row['python']}" for name, row in found.items() if name in only or not only]


if __name__ == "__main__":
    print("\n".join(locks(sys.argv[1:])))
