"""Directories in which paths from the inventory are searched."""

from pathlib import Path

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.sources import find_source, required_source


def add(root: Path, name: str) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text("x")


def test_sources_are_searched_beside_the_inventories_in_their_order(tmp_path: Path) -> None:
    for name in ("a/both", "b/both", "b/only"):
        add(tmp_path, name)
    add(tmp_path, "b/hosts.yml")
    # The forms of `-i`: a list of hosts, a directory, a file.
    inventories = ["one,two", str(tmp_path / "a"), str(tmp_path / "b" / "hosts.yml")]
    assert find_source("both", inventories) == tmp_path / "a" / "both"
    assert find_source("only", inventories) == tmp_path / "b" / "only"
    assert find_source("../b/only", inventories) == tmp_path / "b" / "only"
    assert find_source(str(tmp_path / "b" / "only"), []) == tmp_path / "b" / "only"


@pytest.mark.parametrize("path", ["", "missing", "/missing/file", "~nobody-of-this-name/file", "x" * 300])
def test_a_missing_source_gives_none(path: str, tmp_path: Path) -> None:
    assert find_source(path, [str(tmp_path)]) is None


def test_the_error_for_a_required_source_lists_the_directories_searched(tmp_path: Path) -> None:
    add(tmp_path, "there")
    assert required_source("there", [str(tmp_path)]) == tmp_path / "there"
    with pytest.raises(FileNotFoundError, match=f"missing does not exist on the controller below {tmp_path} or "):
        required_source("missing", [str(tmp_path)])
