"""Loads DAG files to see whether they work; sent to an Airflow after airflow_inside.py, see its docstring.

Valid Python 3.7. Each file is loaded by a process of its own: one that hangs or crashes is a finding, not our end, and
no file sees what another one did. Such a process is a fork of this one, which has imported Airflow already, so that a
file costs hundredths of a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import faulthandler
import gc
import importlib
import itertools
import json
import logging
import os
import re
import resource
import selectors
import signal
import tempfile
import time
import traceback
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Callable, Dict

if TYPE_CHECKING:
    from ansible_collections.ansible_airflow.airflow.plugins.module_utils.airflow_inside import Airflow

# Ends a report: neither JSON nor what Python writes about a crash holds it.
END = b"\0"
# Seconds between a process' note where it hangs and its end.
GRACE = 1.0
# Seconds between looks at processes that died while one of theirs held their pipe, or closed it before they died.
TICK = 0.2
PR_SET_PDEATHSIG = 1
FRAME = re.compile(r'^\s*File "(.+?)", line (\d+)', re.MULTILINE)
# Fills a dict with what it finds in a file; Python notes the place of a crash in the file of that number.
Load = Callable[[str, Dict[str, Any], int], None]
FIRST = """
from datetime import datetime
from airflow import DAG
from airflow.operators.bash import BashOperator
with DAG("first", schedule="0 0 * * *", start_date=datetime(2023, 1, 1)) as dag:
    BashOperator(task_id="first", bash_command="true")
"""
# Lets Airflow look through all of its providers.
FIRST_DECORATOR = """
from airflow.decorators import task
hasattr(task, "docker")
"""
# What asks Airflow for a variable or a connection, mostly.
NEEDS_API = re.compile(rb"Variable|[Cc]onnection|Hook")
# What each process imports that parses a file.
PROCESSOR = (
    "airflow.api_fastapi.execution_api.app",
    "airflow.dag_processing.manager",
    "airflow.models.serialized_dag",
)
# Where releases keep what looks at access_control.
SECURITY = ("airflow.providers.fab.www.security_appless", "airflow.www.security_appless", "airflow.www.security")
AIRFLOW_IMPORT = re.compile(rb"^\s*(?:from|import)\s+(airflow(?:\.\w+)+)", re.MULTILINE)


def action_dags_check(airflow: Airflow, request: dict[str, Any], report: dict[str, Any]) -> None:
    """Load every DAG file below a folder that Airflow would load, and report what came of each.

    :param request: ``folder``; ``limit``, seconds that one file gets; ``jobs``, how many are loaded at a time, 0 for
        one a core; ``database``, whether there is the database of a stack to ask for connections, pools and roles;
        ``plugins``, whether there has to be a folder of plugins
    :param report: gets ``exists``, whether the folder does, and that of the plugins; ``files``, in order of their
        paths, each with ``file`` (relative to the folder; of the plugins only what went wrong, as the file
        ``plugins``), ``seconds``, and either what the action dag_parse reports, or ``timeout`` (seconds) or ``crash``
        (words), with ``place`` where known; ``database``, see look_up
    """
    from airflow.configuration import conf  # noqa: PLC0415 - only the container has Airflow

    read_only()
    folder, plugins = request["folder"], conf.get("core", "plugins_folder")
    report["exists"] = os.path.isdir(folder) and (os.path.isdir(plugins) or not request["plugins"])
    files = report.setdefault("files", [])
    if not report["exists"]:
        return
    # Airflow passes over what it may not read: then nothing would be wrong.
    os.listdir(folder)
    # First, in a process of their own: Airflow loads plugins into whatever process meets a first DAG.
    files += broken_plugins(plugins, request["limit"])
    if any("errors" not in file for file in files):
        return
    paths = sorted(airflow.dag_files(folder))

    warm_up(airflow, paths)
    parsing = {"folder": folder, "database": request["database"], "api": api(paths)}

    def load(path: str, found: dict[str, Any], pipe: int) -> None:
        asked = {**parsing, "path": path, "pipe": pipe, "until": time.monotonic() + request["limit"]}
        airflow.actions["action_dag_parse"](airflow, asked, found)

    for child in run_each(paths, load, request["limit"], request["jobs"] or len(os.sched_getaffinity(0))):
        result = {"file": os.path.relpath(child.path, folder), "seconds": round(child.seconds, 3)}
        files.append({**result, **child.outcome(folder)})
    files.sort(key=lambda file: str(file["file"]))
    if request["database"]:
        report["database"] = look_up(airflow, used_connections(files))


def read_only() -> None:
    """Let this process and its children write nothing to Airflow's database, also by engines that DAG files make.

    Other databases that a DAG file connects to are left alone. A file that means to can get around this, by psycopg2
    itself or by another mode of a transaction: it keeps mistakes out, not attackers.
    """
    from airflow import settings  # noqa: PLC0415
    from sqlalchemy import event  # noqa: PLC0415
    from sqlalchemy.engine import Engine  # noqa: PLC0415

    own = settings.engine.url.database

    def restrict(connection: Any, _record: Any) -> None:
        if hasattr(connection, "set_session"):
            # Of psycopg2: each transaction begins with the words READ ONLY.
            if connection.get_dsn_parameters().get("dbname") == own:
                connection.set_session(readonly=True)
        elif hasattr(connection, "create_function"):
            connection.execute("PRAGMA query_only = ON")

    # For all engines, including ones created later.
    event.listen(Engine, "connect", restrict)


def broken_plugins(folder: str, limit: float) -> list[dict[str, Any]]:
    """Load the plugins as Airflow does; return what went wrong in the form of a file's report, nothing if all is well.

    :param folder: the plugins folder
    :param limit: seconds that all of them together get
    """
    children = list(run_each([folder], load_plugins, limit, 1)) if os.path.isdir(folder) else []
    broken = []
    for child in children:
        result = {"file": "plugins", "seconds": round(child.seconds, 3), **child.outcome(folder)}
        if result.get("place"):
            result["place"]["file"] = os.path.join("plugins", result["place"]["file"])
        if "errors" not in result or result["errors"]:
            broken.append(result)
    return broken


def load_plugins(folder: str, report: dict[str, Any], _pipe: int) -> None:
    """Load the plugins of a folder.

    :param folder: the plugins folder
    :param report: gets ``errors``, as of a file
    """
    from airflow import plugins_manager  # noqa: PLC0415
    from airflow.listeners.listener import get_listener_manager  # noqa: PLC0415

    plugins_manager.ensure_plugins_loaded()
    # By path, or by name for a plugin of an installed package.
    errors = {
        os.path.join("plugins", os.path.relpath(path, folder)) if os.path.isabs(path) else path: text
        for path, text in plugin_errors(plugins_manager).items()
    }
    try:
        # No service starts if a plugin's listener does not fit Airflow's hooks.
        get_listener_manager()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is reported
        errors["plugins"] = f"{type(error).__name__}: {' '.join(str(error).split())}"
    fields = {"line": None, "dag_id": None, "kind": "import", "timeout": False}
    report["errors"] = [{"file": file, "text": text, **fields} for file, text in errors.items()]


def plugin_errors(plugins_manager: Any) -> dict[str, str]:
    """Return the errors that Airflow met when it loaded plugins, by place: in later releases, by a function."""
    errors: dict[str, str] = getattr(plugins_manager, "get_import_errors", lambda: plugins_manager.import_errors)()
    return errors


def warm_up(airflow: Airflow, paths: Iterable[str]) -> None:
    """Import the parts of Airflow that loading these files takes, once for all of them.

    Airflow does the same from release 2.6 on (parsing_pre_import_airflow_modules). What cannot be imported fails again
    in the file that names it, where it is reported.

    :param airflow: knows where Airflow's classes are
    :param paths: the files
    """
    names, first = set(PROCESSOR), FIRST
    for text in texts(paths):
        names.update(name.decode() for name in AIRFLOW_IMPORT.findall(text))
        names.update(SECURITY if b"access_control" in text else ())
        first += FIRST_DECORATOR if b"@task." in text and FIRST_DECORATOR not in first else ""
    for name in sorted(names):
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    # Airflow imports much only when it meets a first DAG, and the schema of what is stored when it serializes one.
    with tempfile.TemporaryDirectory() as directory, contextlib.suppress(Exception):
        path = os.path.join(directory, "first.py")
        with open(path, "w") as file:
            file.write(first)
        bag = airflow.find("DagBag")(dag_folder=os.devnull, collect_dags=False)
        bag.process_file(path)
        lazy = getattr(importlib.import_module("airflow.serialization.serialized_objects"), "LazyDeserializedDAG", None)
        model = importlib.import_module("airflow.models.serialized_dag").SerializedDagModel
        for dag in bag.dags.values():
            # No session gets it. The first instance makes SQLAlchemy configure all models.
            model(lazy.from_dag(dag) if lazy else dag)


def texts(paths: Iterable[str]) -> Iterator[bytes]:
    """Return the texts of files, without archives."""
    for path in paths:
        if path.endswith(".py"):
            with contextlib.suppress(OSError), open(path, "rb") as file:
                yield file.read()


def api(paths: Iterable[str]) -> Any:
    """Return Airflow's API for tasks, within this process: variables and connections come through it from release 3 on.

    It takes seconds to make, so it is made here, once for all files. What serves it has a thread and does not survive a
    fork: each process makes that itself. Without a sign that a file needs it, or before release 3, None is returned.

    :param paths: the files
    """
    if not any(NEEDS_API.search(text) for text in texts(paths)):
        return None
    try:
        import httpx  # noqa: PLC0415 - only release 3 needs it
        from airflow.dag_processing.processor import in_process_api_server  # noqa: PLC0415
    except ImportError:
        return None
    made = in_process_api_server()

    async def ask() -> None:
        async with httpx.AsyncClient(transport=made.atransport, base_url="http://in-process.invalid./") as client:
            await client.get("/nothing")

    # Its routes are made when it gets a first request.
    with contextlib.suppress(Exception):
        asyncio.run(ask())
    return made


class Child:
    """A process that loads one file.

    :ivar path: the file
    :ivar pipe: where it reports
    :ivar seconds: how long it ran
    """

    def __init__(self, path: str, load: Load, limit: float) -> None:
        """Start it."""
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
        """Take what it has written; return whether more may come."""
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
        """Return whether it has reported, is dead, or has had its time; its status is not taken."""
        self.killed = time.monotonic() > self.deadline
        dead = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None
        return self.output.endswith(END) or dead or self.killed

    def end(self) -> None:
        """End it with all that it started, and take its status."""
        self.seconds = time.monotonic() - self.started
        for kill in (os.killpg, os.kill):
            with contextlib.suppress(ProcessLookupError):
                kill(self.pid, signal.SIGKILL)
        self.read()
        os.close(self.pipe)
        self.status = os.waitpid(self.pid, 0)[1]

    def outcome(self, folder: str) -> dict[str, Any]:
        """Return what it reported, or what became of it.

        :param folder: frames of files elsewhere tell an author nothing
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
        """Return the place of a crash or a hang that Python noted."""
        # Python writes other letters than ASCII's as escapes here.
        written = self.output.decode("ascii", "replace").encode().decode("unicode_escape", "replace")
        return place(written, folder, last=False)


def run_each(paths: Iterable[str], load: Load, limit: float, jobs: int) -> Iterator[Child]:
    """Load files, some at a time, and give each process when it has ended.

    :param paths: the files
    :param load: fills a dict with what it finds in a file
    :param limit: seconds that one file gets
    :param jobs: how many are loaded at a time
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
    # Above all the channel of our own result, which a process that the file leaves behind would hold open.
    os.closerange(3, pipe)
    os.closerange(pipe + 1, 1024)
    logging.disable(logging.CRITICAL)
    # Tells the place of a crash, and after the limit that of a hang.
    faulthandler.enable(pipe, all_threads=False)
    faulthandler.dump_traceback_later(limit, file=pipe)
    report: dict[str, Any] = {}
    try:
        load(path, report, pipe)
    except SystemExit as error:
        # No text is passed on: it may be anything.
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


def place(text: str, folder: str, *, last: bool) -> dict[str, Any] | None:
    """Return file and line of a frame of a traceback that is below a folder, None if there is none.

    :param text: the traceback
    :param folder: the folder
    :param last: whether to take the last such frame, otherwise the first one
    """
    prefix = os.path.join(folder, "")
    frames = [(path, line) for path, line in FRAME.findall(text) if path.startswith(prefix)]
    if not frames:
        return None
    path, line = frames[-1 if last else 0]
    return {"file": os.path.relpath(path, folder), "line": int(line)}


def used_connections(files: Iterable[dict[str, Any]]) -> set[str]:
    """Return the ids of the connections that tasks use."""
    return {
        conn_id
        for file in files
        for dag in file.get("dags", ())
        for task in dag["tasks"]
        for conn_id in task["connections"]
    }


def look_up(airflow: Airflow, used: set[str]) -> dict[str, Any]:
    """Return what the policy wants to know of the database, None for what it does not tell.

    :param airflow: tells what an error means
    :param used: ids of the connections that tasks use
    :returns: ``connections``, ids of those of them that are there, in the database or where else this Airflow has them;
        ``pools``, the names of all; and ``unknown``, why nobody knows
    """
    from airflow.exceptions import AirflowNotFoundException  # noqa: PLC0415
    from airflow.models import Connection, Pool  # noqa: PLC0415
    from airflow.utils.session import create_session  # noqa: PLC0415

    try:
        with create_session() as session:
            stored = {conn_id for (conn_id,) in session.query(Connection.conn_id)}
            pools = sorted(name for (name,) in session.query(Pool.pool))
        found = used & stored
        for conn_id in used - stored:
            # The environment and secrets backends cannot be listed.
            with contextlib.suppress(AirflowNotFoundException):
                Connection.get_connection_from_secrets(conn_id)
                found.add(conn_id)
    except Exception as error:  # noqa: BLE001 - the reason is passed on
        return {"connections": None, "pools": None, "unknown": airflow.describe(error)["detail"]}
    return {"connections": sorted(found), "pools": pools, "unknown": None}
