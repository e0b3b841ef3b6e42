"""Processes that load one file each.

A hang or a crash of such a process is a finding and does not end the check, and files do not affect each other. Each
process is a fork of this one, which has imported Airflow already, so that a file costs hundredths of a second.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import gc
import itertools
import json
import logging
import os
import resource
import selectors
import signal
import time
import traceback
from collections.abc import Iterable, Iterator
from typing import Any, Callable, Dict

from .errors import place

# Marks the end of a report: neither JSON nor Python's output about a crash contains it.
END = b"\0"
# Seconds between the moment when a process writes where it hangs and the moment when it is killed.
GRACE = 1.0
# Seconds between checks for processes that died while a child held their pipe, or closed it before they died.
TICK = 0.2
PR_SET_PDEATHSIG = 1
# Fills a dict with its findings about a file; Python writes the place of a crash to the given file descriptor.
Load = Callable[[str, Dict[str, Any], int], None]


class Child:
    """A process that loads one file.

    Attributes:
        path: The file.
        pipe: The pipe that gets its report.
        seconds: How long it ran.
    """

    def __init__(self, path: str, load: Load, limit: float) -> None:
        """Start the process."""
        self.path, self.limit = path, limit
        self.started = time.monotonic()
        self.seconds = 0.0
        self.deadline = self.started + limit + GRACE
        self.output = b""
        self.status = 0
        self.killed = False
        self.pipe, end = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                in_child(path, load, limit, end)
            finally:
                os._exit(0)
        os.close(end)
        os.set_blocking(self.pipe, False)

    def read(self) -> bool:
        """Read what it has written; return whether more may come."""
        try:
            while not self.output.endswith(END):
                chunk = os.read(self.pipe, 65536)
                self.output += chunk
                if not chunk:
                    return False
        except BlockingIOError:
            return True
        return False

    def over(self) -> bool:
        """Return whether it has reported, died or timed out, without reaping it."""
        self.killed = time.monotonic() > self.deadline
        dead = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None
        return self.output.endswith(END) or dead or self.killed

    def end(self) -> None:
        """Kill it together with all processes that it started, and reap it."""
        self.seconds = time.monotonic() - self.started
        for kill in (os.killpg, os.kill):
            with contextlib.suppress(ProcessLookupError):
                kill(self.pid, signal.SIGKILL)
        self.read()
        os.close(self.pipe)
        self.status = os.waitpid(self.pid, 0)[1]

    def outcome(self, folder: str) -> dict[str, Any]:
        """Return its report, or how it ended.

        Args:
            folder: Folder of the frames to report; frames of other files do not help the author.
        """
        if self.output.endswith(END):
            reported: dict[str, Any] = json.loads(self.output[self.output.rindex(b"\n") : -1])
            if "trace" in reported:
                reported["place"] = place(reported.pop("trace"), folder, last=True)
            elif "crash" in reported:
                reported["place"] = self.noted_place(folder)
            return reported
        result: dict[str, Any] = {"place": self.noted_place(folder)}
        if self.killed:
            return {**result, "timeout": self.limit}
        if os.WIFSIGNALED(self.status):
            return {**result, "crash": f"killed by {signal.Signals(os.WTERMSIG(self.status)).name}"}
        return {**result, "crash": f"os._exit or C code with exit code {os.WEXITSTATUS(self.status)}"}

    def noted_place(self, folder: str) -> dict[str, Any] | None:
        """Return the place of a crash or a hang, as Python has written it."""
        # Python escapes characters other than ASCII here.
        written = self.output.decode("ascii", "replace").encode().decode("unicode_escape", "replace")
        return place(written, folder, last=False)


def run_each(paths: Iterable[str], load: Load, limit: float, jobs: int) -> Iterator[Child]:
    """Load files in parallel, and yield each process when it has exited.

    Args:
        paths: The files.
        load: Fills a dict with its findings about a file.
        limit: Timeout of one file, in seconds.
        jobs: Number of files loaded in parallel.
    """
    # The garbage collector would write to all pages that the processes share.
    gc.collect()
    gc.freeze()
    waiting = iter(paths)
    running: set[Child] = set()
    with selectors.DefaultSelector() as selector:
        while True:
            for path in itertools.islice(waiting, jobs - len(running)):
                child = Child(path, load, limit)
                running.add(child)
                selector.register(child.pipe, selectors.EVENT_READ, child)
            if not running:
                break
            for key, _ in selector.select(TICK):
                if not key.data.read():
                    selector.unregister(key.fd)
            for child in [child for child in running if child.over()]:
                if child.pipe in selector.get_map():
                    selector.unregister(child.pipe)
                running.remove(child)
                child.end()
                yield child
    gc.unfreeze()


def in_child(path: str, load: Load, limit: float, pipe: int) -> None:
    """Load one file and report; never raises, but the file may end the process at any time."""
    os.setsid()
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)
    # Above all the channel of our own result: a process that the file leaves behind would hold it open.
    os.closerange(3, pipe)
    os.closerange(pipe + 1, 1024)
    logging.disable(logging.CRITICAL)
    # Reports the place of a crash, and after the limit the place of a hang.
    faulthandler.enable(pipe, all_threads=False)
    faulthandler.dump_traceback_later(limit, file=pipe)
    report: dict[str, Any] = {}
    try:
        load(path, report, pipe)
    except SystemExit as error:
        # Text is not reported: it may be anything.
        code = "" if error.code is None else str(error.code) if isinstance(error.code, int) else "..."
        report = {"crash": f"sys.exit({code})", "trace": traceback.format_exc()}
    except BaseException as error:  # noqa: BLE001 - whatever the file does, it is reported
        report = {"crash": type(error).__name__, "trace": traceback.format_exc()}
    faulthandler.cancel_dump_traceback_later()
    write(pipe, b"\n" + json.dumps(report).encode() + END)


def write(pipe: int, data: bytes) -> None:
    """Write all of the data."""
    while data:
        data = data[os.write(pipe, data) :]
