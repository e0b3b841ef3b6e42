"""The program that runs a worker: its actions before Celery forks, and on a request to shut down."""

from __future__ import annotations

import gc
import os
import signal
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.programs import load

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Any]:
    """The program as a module that writes its note to a test directory; signal handlers are restored afterwards."""
    before = signal.getsignal(signal.SIGTERM)
    module = load("worker")
    module.FINISHING = str(tmp_path / "note")
    yield module
    signal.signal(signal.SIGTERM, before)


def test_a_warm_shutdown_writes_the_note_and_ignores_further_sigterm(worker: Any) -> None:
    worker.note(sender="celery@here", sig="SIGTERM", how="Warm", exitcode=0)
    assert Path(worker.FINISHING).exists()
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_IGN


def test_a_cold_shutdown_does_neither(worker: Any) -> None:
    before = signal.getsignal(signal.SIGTERM)
    worker.note(sender="celery@here", sig="SIGQUIT", how="Cold", exitcode=0)
    assert not Path(worker.FINISHING).exists()
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_worker_imports_before_it_forks_and_freezes_objects_for_the_gc(
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


@pytest.mark.parametrize("watched", ["watched", ""])
def test_task_containers_are_labelled_only_if_they_are_watched(
    worker: Any, monkeypatch: pytest.MonkeyPatch, watched: str
) -> None:
    installed = []
    module = SimpleNamespace(install=lambda: installed.append(True))
    monkeypatch.setitem(sys.modules, "stack_containers", module)
    monkeypatch.setenv("AIRFLOW_STACK_ORPHANS", watched)
    try:
        worker.prepare([])
    finally:
        gc.unfreeze()
    assert installed == ([True] if watched else [])


def test_the_health_check_reads_that_note(
    worker: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    health = load("health")
    assert load("worker").FINISHING == health.FINISHING
    monkeypatch.setattr(health, "FINISHING", worker.FINISHING)
    worker.note(how="Warm")
    # Without the note the check would query Celery, which is not installed here.
    health.celery("600")
    assert capsys.readouterr().out == "warm shutdown: the worker finishes its tasks\n"
    os.utime(worker.FINISHING, (0, time.time() - 601))
    with pytest.raises(health.CheckError, match="warm shutdown began 601 s ago, but the worker still runs"):
        health.celery("600")
