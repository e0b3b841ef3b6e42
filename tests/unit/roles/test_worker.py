"""The program that runs a worker: what it does when the worker is told to end."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.programs import load

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Any]:
    """The program as a module, whose note goes to a directory of the test; signals are as before at the end."""
    before = signal.getsignal(signal.SIGTERM)
    module = load("worker")
    module.FINISHING = str(tmp_path / "note")
    yield module
    signal.signal(signal.SIGTERM, before)


def test_a_worker_that_finishes_its_tasks_says_so_and_is_told_once(worker: Any) -> None:
    worker.note(sender="celery@here", sig="SIGTERM", how="Warm", exitcode=0)
    assert Path(worker.FINISHING).exists()
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_IGN


def test_one_that_leaves_its_tasks_does_not(worker: Any) -> None:
    before = signal.getsignal(signal.SIGTERM)
    worker.note(sender="celery@here", sig="SIGQUIT", how="Cold", exitcode=0)
    assert not Path(worker.FINISHING).exists()
    assert signal.getsignal(signal.SIGTERM) == before


def test_the_health_check_reads_that_note(
    worker: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    health = load("health")
    assert load("worker").FINISHING == health.FINISHING
    monkeypatch.setattr(health, "FINISHING", worker.FINISHING)
    worker.note(how="Warm")
    # Without the note it would ask Celery, which is not there.
    health.celery("600")
    assert capsys.readouterr().out == "the worker was told to end, and finishes its tasks\n"
    os.utime(worker.FINISHING, (0, time.time() - 601))
    with pytest.raises(SystemExit, match="1"):
        health.celery("600")
    assert capsys.readouterr().out == "the worker was told to end 601 s ago, and has not\n"
