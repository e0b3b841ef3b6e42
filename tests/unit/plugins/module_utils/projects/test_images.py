"""An image is loaded or built if the host lacks it or has it from other sources, and otherwise not touched."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.projects.images import (
    archive_record,
    projects_image_work,
    projects_images,
)

LABEL = "test.digest"
BUILT = {"name": "x:1", "source": "build", "build_context": "context"}
LOADED = {"name": "team/y:1", "source": "archive", "archive": "image.tar"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "context").mkdir()
    (tmp_path / "context" / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / "image.tar").write_bytes(b"image")
    return tmp_path


def work(
    root: Path, image: dict[str, Any], held: dict[str, Any] | None, record: str | None = None
) -> list[dict[str, Any]]:
    path = f"/srv/p/.managed/archives/{image['name'].replace('/', '_')}"
    records = [{"path": path, "checksum": hashlib.sha256(record.encode()).hexdigest()}] if record else []
    result = projects_image_work([image], [{"images": [held] if held else []}], records, LABEL, [str(root)])
    assert result["build" if image["source"] == "archive" else "archive"] == []
    return result[image["source"]]


def labelled(digest: str) -> dict[str, Any]:
    return {"Id": "sha256:1", "Config": {"Labels": {LABEL: digest, "other": "x"}}}


@pytest.mark.parametrize("held", [None, {"Config": {"Labels": None}}, {"Config": None}, labelled("old")])
def test_a_missing_or_outdated_image_is_built(root: Path, held: dict[str, Any] | None) -> None:
    (entry,) = work(root, BUILT, held)
    assert entry["path"] == str(root / "context")
    assert work(root, BUILT, labelled(entry["digest"])) == []


def test_a_changed_source_or_argument_causes_a_rebuild(root: Path) -> None:
    (entry,) = work(root, BUILT, None)
    held = labelled(entry["digest"])
    assert work(root, {**BUILT, "build_args": {}}, held) == []
    assert work(root, {**BUILT, "build_args": {"BASE": "a"}}, held) != []
    (root / "context" / "app.py").write_text("x")
    assert work(root, BUILT, held) != []


def test_an_archive_is_loaded_once(root: Path) -> None:
    (entry,) = work(root, LOADED, None)
    record = archive_record(entry["digest"], "sha256:1")
    assert work(root, LOADED, {"Id": "sha256:1"}, record) == []


def test_an_archive_is_loaded_again_if_the_record_or_image_differs(root: Path) -> None:
    (entry,) = work(root, LOADED, None)
    record = archive_record(entry["digest"], "sha256:1")
    assert work(root, LOADED, None, record) != []
    assert work(root, LOADED, {"Id": "sha256:1"}) != []
    assert work(root, LOADED, {"Id": "sha256:2"}, record) != []
    (root / "image.tar").write_bytes(b"another image")
    assert work(root, LOADED, {"Id": "sha256:1"}, record) != []


def test_each_image_is_listed_once_with_its_source() -> None:
    projects = [
        {"name": "a", "image": {"name": "x:1"}},
        {"name": "b"},
        {"name": "c", "image": {"name": "x:1"}},
        {"name": "d", "state": "absent", "image": {"name": "z:1"}},
        {"name": "e", "image": BUILT | {"name": "w:1"}},
    ]
    assert projects_images(projects) == [{"name": "x:1", "source": "pull"}, BUILT | {"name": "w:1"}]
