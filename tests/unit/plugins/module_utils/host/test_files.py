"""Which files of a host are as they shall be."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.files import same_files

TEXT = b"print()\n"


def told(**changes: Any) -> dict[str, Any]:
    """What find tells of a good file."""
    checksum = hashlib.sha1(TEXT).hexdigest()  # noqa: S324
    return {"path": "/usr/local/lib/x/cli.py", "checksum": checksum, "mode": "0644", "uid": 0, "gid": 0, **changes}


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({}, ["cli.py"]),
        ({"checksum": "0" * 40}, []),
        ({"mode": "0666"}, []),
        ({"uid": 1000}, []),
        ({"gid": 1000}, []),
        # One that is no longer ours.
        ({"path": "/usr/local/lib/x/old.py"}, []),
    ],
)
def test_a_file_is_the_same_with_its_content_owner_and_mode(
    tmp_path: Path, changes: dict[str, Any], same: list[str]
) -> None:
    (tmp_path / "cli.py").write_bytes(TEXT)
    assert same_files([told(**changes)], str(tmp_path)) == same


def test_a_directory_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert same_files([], str(tmp_path / "none")) == []
