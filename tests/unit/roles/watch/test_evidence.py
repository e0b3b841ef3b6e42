"""What a failed health check says, and what the processes of a container do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from airflow_watch import evidence
from airflow_watch.evidence import Evidence, Process, parse, processes, stopped, tasks


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("hangs: no answer", Evidence("hangs", "no answer")),
        ("away: redis: Timeout: x", Evidence("away", "redis: Timeout: x", "redis")),
        ("recovering: FATAL: the database", Evidence("recovering", "FATAL: the database")),
        ("Health check exceeded timeout (30s)", Evidence("slow", "Health check exceeded timeout (30s)")),
        # Checks of earlier releases, and a check that could not be started.
        ("TimeoutError: timed out", Evidence("unknown", "TimeoutError: timed out")),
        ("OCI runtime exec failed: x", Evidence("unknown", "OCI runtime exec failed: x")),
        ("", Evidence("unknown", "")),
    ],
)
def test_the_kind_is_the_first_word(said: str, found: Evidence) -> None:
    assert parse(said) == found


WORKER = [
    Process(10, 1, "S", "/usr/bin/dumb-init -- /entrypoint"),
    Process(11, 10, "S", "[celeryd: celery@worker-one:MainProcess]"),
    Process(12, 11, "S", "gunicorn: master [gunicorn]"),
    Process(13, 12, "S", "gunicorn: worker [gunicorn]"),
    Process(14, 11, "S", "[celeryd: celery@worker-one:ForkPoolWorker-1]"),
    Process(15, 11, "S", "[celeryd: celery@worker-one:ForkPoolWorker-2]"),
]
TASK = [Process(16, 15, "S", "airflow task supervisor"), Process(17, 16, "T", "sleep")]
OTHER = [Process(20, 1, "T", "postgres")]


def test_stopped_processes_are_found_except_those_of_tasks() -> None:
    assert stopped(10, [*WORKER, *TASK, *OTHER]) == []
    hung = [one._replace(state="T") if one.pid in (11, 13) else one for one in WORKER]
    assert stopped(10, [*hung, *TASK, *OTHER]) == [11, 13]
    assert stopped(20, [*hung, *OTHER]) == [20]
    assert stopped(99, hung) == []


def test_running_tasks_are_counted() -> None:
    assert tasks(10, [*WORKER, *OTHER]) == 0
    assert tasks(10, [*WORKER, *TASK]) == 1
    assert tasks(20, [*WORKER, *TASK, *OTHER]) is None


def test_processes_are_read_from_proc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    me = next(one for one in processes() if one.pid == os.getpid())
    assert (me.parent, me.state) == (os.getppid(), "R")
    assert "pytest" in me.name
    # A name may contain anything, and a process may end while it is read.
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "stat").write_text("7 (a) T 1 (b) S 3 x", encoding="utf-8")
    (tmp_path / "7" / "cmdline").write_text("a\0b\0", encoding="utf-8")
    (tmp_path / "8").mkdir()
    monkeypatch.setattr(evidence, "PROC", tmp_path)
    assert processes() == [Process(7, 3, "S", "a b ")]
