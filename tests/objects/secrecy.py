"""Search for secrets in all places where they could appear. Tests plant texts that contain `find-me`."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.objects.stack import SCHEDULER, Stack, TaskResults, play


def parts(text: str) -> list[str]:
    """Parts of a secret that any kind of quoting leaves unchanged."""
    return [part for part in text.replace('"', "\n").replace("'", "\n").split("\n") if len(part) > 4]


class ProcessList:
    """Reads the command lines and environments of all processes of this machine repeatedly."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self.rounds = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> ProcessList:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.is_set():
            self.rounds += 1
            for process in Path("/proc").glob("[0-9]*"):
                for name in ("cmdline", "environ"):
                    try:
                        text = (process / name).read_bytes().replace(b"\0", b"\n").decode(errors="replace")
                    except OSError:
                        continue
                    self.seen.update(line for line in text.split("\n") if "find-me" in line)
            time.sleep(0.02)


def play_in_secret(stack: Stack, secrets: Iterable[str], *tasks: dict[str, Any]) -> TaskResults:
    """Run tasks with verbose output, and search output, process lists, Airflow's records and files for secrets."""
    with ProcessList() as processes:
        planted = subprocess.Popen(["bash", "-c", "sleep 3; : find-me-planted"])
        played = play(*tasks, verbose=True)
        planted.wait()
    for secret in secrets:
        assert not [part for part in parts(secret) if part in played.output]
    assert processes.rounds > 50
    assert {line for line in processes.seen if "planted" in line}
    assert not {line for line in processes.seen if "planted" not in line}
    assert "find-me" not in stack.sql("SELECT extra FROM log")
    assert "airflow-inside" not in stack.inside("bash", "-c", "ls -a /dev/shm /tmp")
    assert (
        "find-me"
        not in subprocess.run(["docker", "logs", SCHEDULER], capture_output=True, text=True, check=True).stdout
    )
    return played
