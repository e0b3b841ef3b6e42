"""Records of upgrades on a host."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.upgrade import kept

RECORD = {
    "stamp": "20261130T120000Z",
    "before": "2.5.3",
    "after": "3.3.2",
    "revision": "290244fb8b83",
    "paths": ["/etc/airflow"],
    "growing": [],
    "services": ["worker"],
    "finished": 0,
}


def test_begun_and_ended(tmp_path: Path) -> None:
    records = str(tmp_path)
    assert kept.state(records) == {"interrupted": {}, "upgraded": []}
    kept.write(records, RECORD)
    assert kept.state(records) == {"interrupted": RECORD, "upgraded": []}
    kept.finish(records, RECORD)
    found = kept.state(records)
    assert found["interrupted"] == {}
    assert [entry["after"] for entry in found["upgraded"]] == ["3.3.2"]
    assert found["upgraded"][0]["finished"] > 1_600_000_000
    kept.reopen(records, RECORD)
    assert kept.state(records) == {"interrupted": RECORD, "upgraded": []}
    assert (tmp_path / "upgrades" / RECORD["stamp"]).stat().st_mode & 0o777 == 0o700
    kept.forget(records, RECORD["stamp"])
    assert kept.state(records) == {"interrupted": {}, "upgraded": []}


def test_several(tmp_path: Path) -> None:
    for stamp in ("20261130T130000Z", "20261130T110000Z"):
        kept.finish(str(tmp_path), {**RECORD, "stamp": stamp})
    kept.write(str(tmp_path), RECORD)
    found = kept.state(str(tmp_path))
    assert [entry["stamp"][9:11] for entry in found["upgraded"]] == ["11", "13"]
    assert found["interrupted"] == RECORD


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"stamp": "x", "finished": "no"}'])
def test_a_record_that_was_never_complete(tmp_path: Path, text: str) -> None:
    directory = tmp_path / "upgrades" / "x"
    directory.mkdir(parents=True)
    (directory / "upgrade.json").write_text(text, encoding="utf-8")
    assert kept.state(str(tmp_path)) == {"interrupted": {}, "upgraded": []}
