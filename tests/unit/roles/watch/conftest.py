"""The simulated host of the airflow-watch tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from airflow_watch import docker_rules, evidence, healing, kept, notes

from tests.unit.roles.watch.played import Played

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Played:
    monkeypatch.setattr(notes, "DIRECTORY", tmp_path / "run")
    monkeypatch.setattr(kept, "DIRECTORY", tmp_path / "kept")
    monkeypatch.setattr(docker_rules, "LOOK_AGAIN", 0)
    monkeypatch.setattr(docker_rules, "RULES_SECONDS", 0)
    monkeypatch.setattr(healing, "read_pauses", lambda *_: [])
    monkeypatch.setattr(evidence, "processes", list)
    return Played()
