"""What preflight says of inventories: nothing of good ones, and exactly one thing of each bad one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.judged import judge

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
# Directories of variables, which Ansible reads with the inventory beside them.
VARIABLES = {"group_vars", "host_vars"}
GOOD = sorted(path for path in (HERE / "good_inventories").iterdir() if path.is_dir())
EXAMPLES = sorted(path.parent for path in (ROOT / "inventories").glob("*/hosts.yml"))
BAD = sorted(path for path in (HERE / "bad_inventories").rglob("*.yml") if VARIABLES.isdisjoint(path.parts))
# One host that runs everything; a bad inventory is read after it, unless its first lines say `alone`.
BASE = HERE / "good_inventories" / "ini" / "hosts.ini"
# Password of the vaults in good_inventories.
PASSWORD = "test"


@pytest.fixture(autouse=True)
def _directory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative paths of the examples are resolved against the checkout."""
    monkeypatch.chdir(ROOT)


@pytest.mark.parametrize("directory", [*GOOD, *EXAMPLES], ids=lambda path: path.name)
def test_what_people_write(directory: Path) -> None:
    assert judge(directory, password=PASSWORD) == []


def test_there_are_many() -> None:
    assert len(GOOD) >= 20
    assert len(BAD) >= 120


@pytest.mark.parametrize("path", BAD, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_one_mistake_is_one_finding(path: Path) -> None:
    """The first line is a comment with the id and the place."""
    first, second = path.read_text(encoding="utf-8").split("\n", 2)[:2]
    sources = [path] if second == "# alone" else [BASE, path]
    hits = judge(*sources)
    assert {(hit.id, hit.place) for hit in hits} == {tuple(first.removeprefix("# ").split(" ", 1))}, hits
    assert len(hits) == len({hit.host for hit in hits})
