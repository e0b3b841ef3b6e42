"""The program that runs a worker: what it does before Celery forks, and when the worker is told to end."""

from __future__ import annotations

import gc
import os
import signal
import sys
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


def test_a_worker_imports_before_it_forks_and_exempts_what_is_there_from_collection(
    worker: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "this_release_has_it", raising=False)
    path = Path(worker.FINISHING).parent
    (path / "this_release_has_it.py").write_text("", encoding="utf-8")
    monkeypatch.syspath_prepend(path)
    try:
        worker.prepare(["another_release.had_it", "this_release_has_it"])
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
    assert "this_release_has_it" in sys.modules
    assert "another_release.had_it is not imported before the first task" in capsys.readouterr().err


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
