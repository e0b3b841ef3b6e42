import io
import tarfile

import pytest

from tests import tables
from tests.lab import recipes
from tests.lab.names import IMAGES, REPO
from tests.lab.recipes import File

CONTEXT = {"Dockerfile": File(b"FROM x\n"), "entrypoint": File(b"#!/bin/sh\n", 0o755)}


def test_the_digest_is_the_same_for_the_same_input_in_any_order() -> None:
    assert recipes.digest(CONTEXT, "base") == recipes.digest(dict(reversed(CONTEXT.items())), "base")


def test_the_digest_depends_on_every_input() -> None:
    digests = {
        recipes.digest(CONTEXT, "base"),
        recipes.digest(CONTEXT, "other"),
        recipes.digest(CONTEXT),
        recipes.digest({**CONTEXT, "Dockerfile": File(b"FROM y\n")}, "base"),
        recipes.digest({**CONTEXT, "entrypoint": File(b"#!/bin/sh\n", 0o644)}, "base"),
        recipes.digest({**CONTEXT, "more": File(b"")}, "base"),
        # Bytes moved from the end of one file to the start of the next must change the digest.
        recipes.digest({"a": File(b"xy"), "b": File(b"")}),
        recipes.digest({"a": File(b"x"), "b": File(b"y")}),
    }
    assert len(digests) == 8


def test_the_archive_keeps_contents_and_modes() -> None:
    with tarfile.open(fileobj=io.BytesIO(recipes.archive(CONTEXT))) as tar:
        assert {entry.name: entry.mode for entry in tar} == {"Dockerfile": 0o644, "entrypoint": 0o755}
        member = tar.extractfile("Dockerfile")
        assert member is not None
        assert member.read() == b"FROM x\n"


def test_every_row_of_the_table_refers_to_existing_files() -> None:
    rows = [*recipes.local().values(), *recipes.published()]
    assert rows
    for recipe in rows:
        assert (IMAGES / recipe.name / "Dockerfile").exists(), recipe
        assert recipe.base in recipes.bases(), recipe
        assert not recipe.lock or (REPO / recipe.lock).exists(), recipe
    assert all("/" in recipe.reference and ":" in recipe.reference for recipe in recipes.published())


def test_airflow_images_are_the_tested_releases_and_only_the_default_is_always_built() -> None:
    found = recipes.airflow()
    assert [recipe.reference for recipe in found.values()] == [f"apache/airflow:{version}" for version in found]
    assert [version for version, recipe in found.items() if not recipe.release] == [tables.default_release()]
    assert recipes.published()[: len(found)] == list(found.values())


def test_earlier_releases_of_a_series_are_built_on_request_only() -> None:
    for version, recipe in recipes.patches().items():
        assert tables.row(version)["tested"] != version
        assert (recipe.release, recipe.reference) == (version, f"apache/airflow:{version}")
        assert recipe not in recipes.wanted([])
        assert recipe in recipes.wanted([version])


def test_the_lock_of_each_series_has_a_date() -> None:
    assert recipes.locks()[0] == "2.5 2023-04-05 3.9"
    assert [line.split()[0] for line in recipes.locks()] == [*tables.releases(), *recipes.patches()]
    assert recipes.locks(["3.2"]) == ["3.2 2026-06-10 3.11"]
    with pytest.raises(SystemExit, match=r"no series 1\.10; there are 2\.5, "):
        recipes.locks(["1.10"])
