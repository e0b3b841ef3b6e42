"""The release table: each row has all required columns, with valid values."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from tests import tables
from tests.docs import releases_table
from tests.lab import recipes

ROOT = Path(__file__).resolve().parents[3]
FILE = ROOT / "roles" / "airflow" / "vars" / "main" / "releases.yml"
# Columns that a row may omit.
OPTIONAL = {"python_of"}


def columns() -> set[str]:
    """Columns that the header of the table explains."""
    return set(re.findall(r"^#   (\w+)  ", FILE.read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize("series", tables.releases())
class TestRow:
    def test_it_has_the_columns_that_the_header_explains(self, series: str) -> None:
        found = set(tables.releases()[series])
        assert columns() - OPTIONAL <= found <= columns()

    def test_its_releases_belong_to_the_series_and_one_is_tested(self, series: str) -> None:
        row = tables.releases()[series]
        assert all(re.fullmatch(rf"{re.escape(series)}\.\d+", version) for version in row["versions"])
        assert row["tested"] in row["versions"]
        assert set(row.get("python_of", {})) <= set(row["versions"])

    def test_the_python_versions_of_each_release_can_be_parsed(self, series: str) -> None:
        assert all(len(tables.python_minors(version)) >= 3 for version in tables.releases()[series]["versions"])

    def test_the_end_of_life_is_a_date_or_empty(self, series: str) -> None:
        day = tables.releases()[series]["end_of_life"]
        assert not day or date.fromisoformat(day).isoformat() == day


@pytest.mark.parametrize(
    ("version", "minors"), [("2.5.3", range(7, 11)), ("2.11.0", range(9, 13)), ("2.11.2", range(10, 13))]
)
def test_a_release_may_support_other_pythons_than_its_series(version: str, minors: range) -> None:
    assert tables.python_minors(version) == minors


def test_the_releases_page_shows_such_a_release() -> None:
    assert "| 3.10 to 3.12; 2.11.0: 3.9 to 3.12 |" in releases_table(tables.releases())


def test_something_reads_every_column() -> None:
    texts = [
        path.read_text(encoding="utf-8")
        for folder in ("plugins", "roles", "tests")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".yml", ".j2"} and path not in {FILE, Path(__file__)}
    ]
    read = {column for column in columns() for text in texts if re.search(rf"""\[["']{column}["']\]""", text)}
    assert columns() - read - OPTIONAL == set()


def test_the_oldest_series_comes_first() -> None:
    numbers = [tuple(map(int, series.split("."))) for series in tables.releases()]
    assert numbers == sorted(numbers)


@pytest.mark.parametrize("series", tables.releases())
class TestLab:
    def test_the_lab_has_a_row_for_its_image(self, series: str) -> None:
        recipe = recipes.airflow()[tables.releases()[series]["tested"]]
        assert (ROOT / recipe.lock).is_file()
        assert int(recipe.args["PYTHON"].removeprefix("python3.")) in tables.python_minors(
            recipe.args["AIRFLOW_VERSION"]
        )

    def test_its_requirements_and_lock_are_for_the_tested_release(self, series: str) -> None:
        tested = tables.releases()[series]["tested"]
        places = [ROOT / "requirements" / f"airflow-{series}.{suffix}" for suffix in ("in", "txt")]
        wanted, lock = (path.read_text(encoding="utf-8") for path in places)
        assert re.findall(r"^apache-airflow\[.*\]==(\S+)$", wanted, re.MULTILINE) == [tested]
        assert f"\napache-airflow=={tested} \\\n" in lock


def test_the_lab_has_no_image_of_a_series_that_the_table_lacks() -> None:
    assert list(recipes.rows("airflow")) == list(tables.releases())


@pytest.mark.parametrize("path", ["molecule/shared/create.yml", "tests/inventory/group_vars/all/release.yml"])
def test_other_places_have_the_same_default_release_as_the_role(path: str) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    assert re.findall(r"'AIRFLOW_VERSION'\) \| default\('(.+?)', true\)", text) == [tables.default_release()]


def test_only_the_releases_page_lists_the_tested_releases() -> None:
    """One release besides the default may be an example or the subject of a measurement; more are a list.

    An upgrade goes through several.
    """
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    others = {*tables.tested()} - {tables.default_release()}
    named = {page.name: others & set(re.findall(r"\d+\.\d+\.\d+", page.read_text(encoding="utf-8"))) for page in pages}
    assert {name for name, found in named.items() if len(found) > 1} == {"releases.md", "upgrade.md"}
