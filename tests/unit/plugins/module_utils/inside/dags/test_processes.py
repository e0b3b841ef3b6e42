"""Processes that load one file each, and how they end; without Airflow."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.inside.dags.check import used_connections
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.inside.dags.errors import place
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.inside.dags.processes import Child, run_each
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.inside.dags.warm_up import AIRFLOW_IMPORT

FOLDER = str(Path(__file__).parent)


def load(path: str, report: dict[str, Any], _pipe: int) -> None:
    """Do what the path says, as a stand-in for loading a DAG file."""
    report["loaded"] = path
    actions = {
        "exit": lambda: sys.exit(3),
        "exit text": lambda: sys.exit("find-me"),
        "exit none": sys.exit,
        "os exit": lambda: os._exit(4),
        "quiet exit": lambda: os._exit(0),
        "segv": lambda: os.kill(os.getpid(), signal.SIGSEGV),
        "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
        "abort": os.abort,
        "hang": lambda: time.sleep(60),
        "interrupt": interrupted,
        "stubborn": stubborn,
        "thread": lambda: threading.Thread(target=time.sleep, args=(60,)).start(),
        "orphan": orphan,
        "orphan and exit": lambda: (orphan(), os._exit(5)),
        "big": lambda: report.update(big="x" * 1_000_000),
        "noise": lambda: (os.write(1, b"noise"), os.write(2, b"\0{}\0")),
        "close": lambda: os.closerange(3, 100),
    }
    actions.get(path.split("#", maxsplit=1)[0], lambda: None)()


def interrupted() -> None:
    """Receive a SIGINT, even if the tests run with it ignored, as in a background job of a shell."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.raise_signal(signal.SIGINT)


def stubborn() -> None:
    """Block every signal that can be blocked, and never end."""
    signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals))
    while True:
        pass


def orphan() -> None:
    """Leave behind a process that keeps the pipe open."""
    if os.fork() == 0:
        time.sleep(60)
        os._exit(0)


def outcomes(*paths: str, limit: float = 20, jobs: int = 4) -> dict[str, dict[str, Any]]:
    return {child.path: child.outcome(FOLDER) for child in run_each(paths, load, limit, jobs)}


def test_each_process_reports() -> None:
    paths = [f"ok#{number}" for number in range(20)]
    assert outcomes(*paths) == {path: {"loaded": path} for path in paths}
    assert outcomes() == {}


def test_an_exit_or_crash_of_the_interpreter_is_reported() -> None:
    ends = outcomes("exit", "exit text", "exit none", "os exit", "quiet exit", "segv", "kill", "abort", "interrupt")
    crashes = {path: outcome["crash"] for path, outcome in ends.items()}
    assert crashes == {
        "exit": "sys.exit(3)",
        "exit text": "sys.exit(...)",
        "exit none": "sys.exit()",
        "os exit": "os._exit or C code with exit code 4",
        "quiet exit": "os._exit or C code with exit code 0",
        "segv": "killed by SIGSEGV",
        "kill": "killed by SIGKILL",
        "abort": "killed by SIGABRT",
        "interrupt": "KeyboardInterrupt",
    }
    files = {path: (outcome["place"] or {}).get("file") for path, outcome in ends.items()}
    here = Path(__file__).name
    assert (files["exit"], files["segv"], files["abort"]) == (here, here, here)
    assert (files["os exit"], files["kill"]) == (None, None)


def test_a_hanging_file_times_out_and_its_line_is_reported() -> None:
    started = time.monotonic()
    found = outcomes("hang", "stubborn", limit=0.5)
    assert time.monotonic() - started < 15
    assert {path: outcome["timeout"] for path, outcome in found.items()} == {"hang": 0.5, "stubborn": 0.5}
    lines = Path(__file__).read_text().split("\n")
    assert lines[found["hang"]["place"]["line"] - 1].strip().startswith('"hang"')


@pytest.mark.parametrize("path", ["thread", "orphan", "big", "noise", "close"])
def test_side_effects_of_a_file_do_not_block_the_check(path: str) -> None:
    started = time.monotonic()
    outcome = outcomes(path)[path]
    assert time.monotonic() - started < 15
    if path == "close":
        assert outcome["crash"].startswith("os._exit or C code")
    else:
        assert outcome["loaded"] == path
        assert len(outcome.get("big", "x" * 1_000_000)) == 1_000_000


def test_a_dead_process_is_noticed_even_if_another_holds_its_pipe() -> None:
    assert outcomes("orphan and exit")["orphan and exit"]["crash"].endswith("exit code 5")


def test_no_more_processes_than_jobs_run_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    alive, most = set(), []
    start, end = Child.__init__, Child.end

    def started(self: Child, *arguments: Any) -> None:
        alive.add(self)
        most.append(len(alive))
        start(self, *arguments)

    def ended(self: Child) -> None:
        alive.discard(self)
        end(self)

    monkeypatch.setattr(Child, "__init__", started)
    monkeypatch.setattr(Child, "end", ended)
    assert len(outcomes(*(f"ok#{number}" for number in range(9)), jobs=3)) == 9
    assert max(most) == 3


TRACE = """Traceback (most recent call last):
  File "/d/news.py", line 3, in <module>
    import lib
  File "/d/lib/سلام.py", line 5, in f
  File "/usr/lib/x.py", line 7, in g
"""


def test_the_reported_line_is_in_the_dags_folder() -> None:
    assert place(TRACE, "/d", last=True) == {"file": "lib/سلام.py", "line": 5}
    assert place(TRACE, "/d", last=False) == {"file": "news.py", "line": 3}
    assert place(TRACE, "/other", last=True) is None


def test_imported_airflow_modules_are_found_in_the_text() -> None:
    text = (
        b"from airflow import DAG\n  import airflow.operators.bash as b\nfrom airflow.models.dag import DAG\nairflow.x"
    )
    assert AIRFLOW_IMPORT.findall(text) == [b"airflow.operators.bash", b"airflow.models.dag"]


def test_connections_of_all_tasks_are_collected() -> None:
    tasks = [{"connections": {"a": "conn_id"}}, {"connections": {}}]
    assert used_connections([{"dags": [{"tasks": tasks}]}, {"crash": "x"}]) == {"a"}
