"""Parses one DAG file as the release's own DAG processor does; sent to an Airflow after airflow_inside.py.

Valid Python 3.7. The action is run by that of airflow_inside_dags.py, in a process of its own for each file.

Before release 3 the DAG processor loads a file with a ``DagBag``, and variables and connections that the file asks for
come from the database. From release 3 on it starts a second process for the file, which has no access to the database
and asks the first one for them (``DagFileProcessorProcess``). Both then turn each DAG into the form that is stored, and
let the auth manager judge its ``access_control``. All of this happens here too, by the same code of Airflow's, but
nothing is written: see read_only and check_access.
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import re
import selectors
import signal
import tempfile
import time
import traceback
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from ansible_collections.ansible_airflow.airflow.plugins.module_utils.airflow_inside import Airflow

FRAME = re.compile(r'^ +File "(.+)", line (\d+)')
# What Airflow calls the DAGs folder among its bundles, from release 3 on.
BUNDLE = "dags-folder"
# Seconds for which the answers of a process that has ended are waited for: a program that it left behind may hold them.
LEFT_BEHIND = 2.0
# Seconds between two looks at whether that process has ended.
TICK = 0.1
# Letters of an error that are reported: some libraries put whole documents into theirs.
MESSAGE = 1000
# What an error says when a DAG file tried to write to Airflow's database.
WRITES = re.compile("ReadOnlySqlTransaction|read-only transaction|readonly database")
# A NUL character in JSON, after any number of escaped backslashes.
NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
NO_NUMBER = re.compile(r"NaN|Infinity")
# A database error's first line; what follows it are the statement and its parameters, which may hold secrets.
STATEMENT = re.compile(r"\n(\[SQL: |\[parameters: |LINE \d+:).*", re.DOTALL)


def action_dag_parse(airflow: Airflow, request: dict[str, Any], report: dict[str, Any]) -> None:
    """Parse one file.

    :param request: ``folder`` and ``path``; ``until``, the time, as ``time.monotonic`` has it, that the file gets;
        ``pipe``, a file descriptor where Python notes the place of a crash or a hang; ``database``, whether there is
        the database of a stack to ask; ``api``, see airflow_inside_dags.py
    :param report: gets ``errors``, each with ``text``, ``file``, ``line`` and ``dag_id`` where known, ``kind``
        (``import``, ``write``, ``serialization`` or ``access``) and whether it is a ``timeout`` of Airflow's own; and
        ``dags``, see dag_facts of airflow_inside_dag_facts.py; or ``crash``, in words, if the process ended
    """
    if supervised():
        parse_supervised(airflow, request, report)
    else:
        parse_here(airflow, request, report)


def supervised() -> bool:
    """Return whether this Airflow parses a file in a process without access to its database: from release 3 on."""
    try:
        from airflow.dag_processing.processor import DagFileProcessorProcess  # noqa: PLC0415 - only the container has it
    except ImportError:
        return False
    return hasattr(DagFileProcessorProcess, "_handle_request")


def parse_here(airflow: Airflow, request: dict[str, Any], report: dict[str, Any]) -> None:
    """Parse the file in this process, as releases before 3 do.

    :param airflow: knows where Airflow's classes are
    :param request: that of action_dag_parse
    :param report: that of action_dag_parse
    """
    from airflow.configuration import conf  # noqa: PLC0415
    from airflow.models.serialized_dag import SerializedDagModel  # noqa: PLC0415

    secrets = remember_secrets(airflow)
    keep_tracebacks()
    bag = airflow.find("DagBag")(dag_folder=os.devnull, collect_dags=False)
    with noted_dags(airflow, bag) as dags:
        safe = conf.getboolean("core", "dag_discovery_safe_mode")
        bag.process_file(request["path"], only_if_updated=False, safe_mode=safe)
    not_stored = {}
    for dag_id, dag in bag.dags.items():
        try:
            # An instance of the model, which no session gets.
            check_stored(SerializedDagModel(dag).data)
        except Exception:  # noqa: BLE001 - whatever it is, Airflow makes it an import error
            not_stored[dag_id] = traceback.format_exc()
    report.update(facts(airflow, request, Parsed(secrets, dags, bag.dags, bag.import_errors, not_stored)))
    if request["database"]:
        stored = {dag_id: dag.access_control for dag_id, dag in bag.dags.items() if dag_id not in not_stored}
        report["errors"] += refused_access(stored, request, report["dags"])


def parse_supervised(airflow: Airflow, request: dict[str, Any], report: dict[str, Any]) -> None:
    """Parse the file in a process that asks this one for variables and connections, as releases from 3 on do.

    :param airflow: knows where Airflow's classes are
    :param request: that of action_dag_parse
    :param report: that of action_dag_parse
    """
    from airflow.configuration import conf  # noqa: PLC0415
    from airflow.dag_processing.bundles.manager import DagBundlesManager  # noqa: PLC0415
    from airflow.dag_processing.manager import DagFileInfo, DagFileProcessorManager  # noqa: PLC0415
    from airflow.models.serialized_dag import SerializedDagModel  # noqa: PLC0415

    # The other process notes its own places.
    faulthandler.cancel_dump_traceback_later()
    folder = Path(request["folder"])
    with tempfile.TemporaryDirectory() as logs, tempfile.TemporaryFile() as answer:
        conf.set("logging", "dag_processor_child_process_log_directory", logs)
        # The client holds a web application and a thread, which few files need.
        kind = type("Manager", (DagFileProcessorManager,), {"client": Client(request.get("api"))})
        # As the manager does when it runs.
        os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "server"
        manager = kind(max_runs=1, selector=selectors.DefaultSelector())
        manager._dag_bundles = list(DagBundlesManager().get_all_dag_bundles())
        file = DagFileInfo(rel_path=Path(request["path"]).relative_to(folder), bundle_name=BUNDLE, bundle_path=folder)
        with answering(airflow, request, answer):
            process = manager._create_process(file)
        wait(manager, process)
        answer.seek(0)
        told = answer.read()
        if told:
            report.update(json.loads(told))
        else:
            report["crash"] = ending(process._exit_code)
        result = process.parsing_result
        if not told or result is None or "crash" in report:
            return
    stored = {}
    for dag in result.serialized_dags:
        try:
            # An instance of the model, which no session gets.
            check_stored(SerializedDagModel(dag).data)
            stored[dag.dag_id] = dag.access_control
        except Exception:  # noqa: BLE001 - whatever it is, Airflow makes it an import error
            error = error_facts(request["path"], traceback.format_exc(), request["folder"], "serialization")
            report["errors"].append({**error, **place_of(dag.dag_id, report["dags"])})
    if request["database"]:
        report["errors"] += refused_access(stored, request, report["dags"])


def check_stored(data: Any) -> None:
    """Refuse what Postgres does not store. The DAG processor itself meets it only when it writes, and may end by it.

    :param data: a serialized DAG
    :raises ValueError: if it has a number that JSON does not know, or a NUL character
    """
    text = json.dumps(data)
    if NO_NUMBER.search(text):
        json.dumps(data, allow_nan=False)
    if NUL.search(text):
        raise ValueError("a text of the DAG has a NUL character, which Postgres does not store")


class Client:
    """The client by which the parsing process gets variables and connections, made when it asks for the first one.

    :ivar api: Airflow's API for tasks, within this process; None to make it when it is needed
    """

    def __init__(self, api: Any) -> None:
        """Remember the API."""
        self.api = api
        self.made: Any = None

    def __getattr__(self, name: str) -> Any:
        """Return an attribute of the real client."""
        if self.made is None:
            from airflow.dag_processing.processor import in_process_api_server  # noqa: PLC0415
            from airflow.sdk.api.client import Client as RealClient  # noqa: PLC0415

            # As DagFileProcessorManager.client does.
            self.api = self.api or in_process_api_server()
            self.made = RealClient(base_url=None, token="", dry_run=True, transport=self.api.transport)
            self.made.base_url = "http://in-process.invalid./"
        found = getattr(self.made, name)
        return Variables(found) if name == "variables" else found


class Variables:
    """The part of the client for variables, without what writes.

    The database would refuse it too, but only after the client had tried for minutes.
    """

    def __init__(self, real: Any) -> None:
        """Remember the real one."""
        self.real = real

    def __getattr__(self, name: str) -> Any:
        """Return a method that reads."""
        return getattr(self.real, name)

    def set(self, *_: Any, **__: Any) -> Any:
        """Refuse to set a variable."""
        return refusal()

    def delete(self, *_: Any, **__: Any) -> Any:
        """Refuse to delete one."""
        return refusal()


def refusal() -> Any:
    """Raise the error that an answer of Airflow's API would be."""
    import httpx  # noqa: PLC0415 - only release 3 has it
    from airflow.sdk.api.client import ServerResponseError  # noqa: PLC0415

    message = "cannot write in a read-only transaction"
    request = httpx.Request("PUT", "http://in-process.invalid./")
    raise ServerResponseError(message, request=request, response=httpx.Response(403, json={"detail": message}))


@contextlib.contextmanager
def answering(airflow: Airflow, request: dict[str, Any], answer: Any) -> Iterator[None]:
    """Let a parsing process that is started in the block write a report of the file.

    :param airflow: knows where Airflow's classes are
    :param request: that of action_dag_parse
    :param answer: the file that gets the report, as JSON
    """
    from airflow.dag_processing import processor  # noqa: PLC0415

    parse, serialize = processor._parse_file, processor._serialize_dags

    def parse_and_tell(message: Any, log: Any) -> Any:
        faulthandler.enable(request["pipe"], all_threads=False)
        # The time that the file gets began when this process' parent was started.
        left = max(request["until"] - time.monotonic(), TICK)
        faulthandler.dump_traceback_later(left, file=request["pipe"])
        secrets = remember_secrets(airflow)
        seen: dict[str, Any] = {}

        def serialize_and_note(bag: Any, log: Any) -> Any:
            seen["bag"], seen["result"] = bag, serialize(bag, log)
            return seen["result"]

        processor._serialize_dags = serialize_and_note
        keep_tracebacks()
        with noted_dags(airflow, None) as dags:
            result = parse(message, log)
        try:
            told = facts(airflow, request, parsed(secrets, dags, seen, result.import_errors))
        except Exception as error:  # noqa: BLE001 - nobody else would hear of it
            told = {"crash": type(error).__name__, "trace": traceback.format_exc()}
        faulthandler.cancel_dump_traceback_later()
        answer.write(json.dumps(told).encode())
        answer.flush()
        return result

    processor._parse_file = parse_and_tell
    try:
        yield
    finally:
        processor._parse_file = parse


class Parsed:
    """What the release's own code has made of a file.

    :ivar secrets: secrets that Airflow met
    :ivar dags: all DAGs of the file, including duplicates of a dag_id
    :ivar accepted: DAGs that Airflow accepted, by dag_id
    :ivar loaded: Airflow's import errors by place
    :ivar not_stored: tracebacks of DAGs that cannot be serialized, by their ids
    :ivar stored: the serialized forms by their ids, where the scheduler reads only those, else None
    """

    def __init__(
        self,
        secrets: list[str],
        dags: list[Any],
        accepted: Mapping[str, Any],
        loaded: Mapping[str, str],
        not_stored: Mapping[str, str],
    ) -> None:
        """Keep it."""
        self.secrets, self.dags, self.accepted = secrets, dags, accepted
        self.loaded, self.not_stored = loaded, not_stored
        self.stored: Mapping[str, Any] | None = None


def parsed(secrets: list[str], dags: list[Any], seen: Mapping[str, Any], errors: Mapping[str, str]) -> Parsed:
    """Return what release 3 has made of a file.

    :param secrets: secrets that Airflow met
    :param dags: all DAGs of the file
    :param seen: ``bag`` and ``result``, what was serialized; empty if Airflow did not come so far
    :param errors: Airflow's import errors by place, and those of serialization among them
    """
    from airflow.serialization.serialized_objects import LazyDeserializedDAG  # noqa: PLC0415

    done, serialization_errors = seen.get("result", ([], {}))
    stored = {dag.dag_id: dag for dag in done}
    accepted = seen["bag"].dags if seen else {}
    not_stored: dict[str, str] = {}
    for dag_id, dag in accepted.items():
        if dag_id not in stored:
            # Airflow keeps one of these errors for each file.
            not_stored[dag_id] = "\n".join(serialization_errors.values())
            try:
                LazyDeserializedDAG.from_dag(dag)
            except Exception:  # noqa: BLE001 - whatever it is, Airflow makes it an import error
                not_stored[dag_id] = traceback.format_exc()
    loaded = {path: text for path, text in errors.items() if path not in serialization_errors}
    found = Parsed(secrets, dags, accepted, loaded, not_stored)
    found.stored = stored
    return found


def wait(manager: Any, process: Any) -> None:
    """Answer a parsing process until it has ended.

    :param manager: the release's own, which has its sockets
    :param process: the process
    """
    until = None
    while not process.is_ready and (until is None or time.monotonic() < until):
        manager._service_processor_sockets(timeout=TICK)
        if process._exit_code is not None and until is None:
            until = time.monotonic() + (0 if process.parsing_result else LEFT_BEHIND)


def ending(code: int) -> str:
    """Return in words how a process ended that reported nothing.

    :param code: its exit code, or the negative number of a signal
    """
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"os._exit or C code with exit code {int(code)}"


def facts(airflow: Airflow, request: dict[str, Any], file: Parsed) -> dict[str, Any]:
    """Return ``errors`` and ``dags`` of a report.

    :param airflow: runs the action that tells what is in DAGs
    :param request: that of action_dag_parse
    :param file: what Airflow has made of the file
    """
    good, failed = ([dag for dag in file.dags if (dag.dag_id in file.accepted) is known] for known in (True, False))
    asked = {"path": request["path"], "stored": file.stored}
    asked["dags"] = [dag for dag in good if dag.dag_id not in file.not_stored]
    asked["refused"] = [dag.dag_id for dag in failed] + list(file.not_stored)
    found: dict[str, Any] = {}
    airflow.actions["action_dag_facts"](airflow, asked, found)
    errors = []
    for path, text in file.loaded.items():
        place = os.path.join(request["folder"], path)
        errors.append(error_facts(place, hide(file.secrets, text), request["folder"]))
    if len(failed) == len(errors) == 1:
        # The file itself can be imported, so its traceback, if there is one, shows none of its lines.
        dag_id = failed[0].dag_id
        errors[0].update(dag_id=dag_id, line=errors[0]["line"] or found["lines"].get(dag_id))
    for dag_id, text in file.not_stored.items():
        error = error_facts(request["path"], hide(file.secrets, text), request["folder"], "serialization")
        errors.append({**error, "dag_id": dag_id, "line": error["line"] or found["lines"].get(dag_id)})
    return {"errors": errors, "dags": found["dags"]}


def place_of(dag_id: str, dags: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return id and line of a DAG.

    :param dag_id: its id
    :param dags: the facts about the DAGs of the file
    """
    return {"dag_id": dag_id, "line": next((dag["line"] for dag in dags if dag["dag_id"] == dag_id), None)}


def refused_access(
    wanted: Mapping[str, Any], request: dict[str, Any], dags: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return what the auth manager says against the ``access_control`` of DAGs, as errors of a report.

    :param wanted: ``access_control`` by DAG
    :param request: that of action_dag_parse
    :param dags: the facts about the DAGs of the file
    """
    errors = []
    for dag_id, access_control in sorted(wanted.items()):
        try:
            check_access(dag_id, access_control)
        except Exception:  # noqa: BLE001 - whatever it is, Airflow makes it an import error
            error = error_facts(request["path"], traceback.format_exc(), request["folder"], "access")
            errors.append({**error, **place_of(dag_id, dags)})
    return errors


def check_access(dag_id: str, access_control: Any) -> None:
    """Let FAB's security manager look at what a DAG grants to roles, without writing it.

    :param dag_id: the DAG
    :param access_control: what it grants
    :raises Exception: if Airflow refuses it
    """
    from airflow import settings  # noqa: PLC0415
    from airflow.configuration import conf  # noqa: PLC0415
    from airflow.utils.session import create_session  # noqa: PLC0415

    # Other auth managers ignore it. Before release 3 there is no other one by default, and no such option at first.
    if not access_control or "Fab" not in conf.get("core", "auth_manager", fallback="Fab"):
        return
    try:
        from airflow.providers.fab.www.security_appless import ApplessAirflowSecurityManager  # noqa: PLC0415
    except ImportError:
        try:
            from airflow.www.security_appless import ApplessAirflowSecurityManager  # noqa: PLC0415
        except ImportError:
            from airflow.www.security import ApplessAirflowSecurityManager  # noqa: PLC0415
    # What a DAG file has left of its own session, such as a failed transaction.
    settings.Session.remove()
    with create_session() as session:
        manager = ApplessAirflowSecurityManager(session=session)
        for writing in ("create_permission", "add_permission_to_role", "remove_permission_from_role"):
            setattr(manager, writing, lambda *_: None)
        manager.sync_perm_for_dag(dag_id, access_control)


def keep_tracebacks() -> None:
    """Let Airflow keep whole tracebacks: by default only the last two frames, which may be of a library."""
    from airflow.configuration import conf  # noqa: PLC0415

    conf.set("core", "dagbag_import_error_tracebacks", "True")
    conf.set("core", "dagbag_import_error_traceback_depth", "100")


@contextlib.contextmanager
def noted_dags(airflow: Airflow, bag: Any) -> Iterator[list[Any]]:
    """Yield a list that collects the DAGs of files before Airflow drops duplicates of a dag_id.

    :param airflow: knows where Airflow's classes are
    :param bag: loads the files; None to take the class of all bags
    """
    kind, context = airflow.find("DAG"), airflow.find("DagContext")
    bags = type(bag) if bag is not None else airflow.find("DagBag")
    owner = bags if hasattr(bags, "_process_modules") else airflow.find("PythonDagImporter")
    process_modules = owner._process_modules
    found: list[Any] = []

    def noting(self: Any, filepath: str, mods: list[Any], *rest: Any) -> Any:
        values = [value for module in mods for value in vars(module).values()]
        values += [dag for dag, _ in context.autoregistered_dags]
        found.extend({id(value): value for value in values if isinstance(value, kind)}.values())
        return process_modules(self, filepath, mods, *rest)

    owner._process_modules = noting
    try:
        yield found
    finally:
        owner._process_modules = process_modules


def remember_secrets(airflow: Airflow) -> list[str]:
    """Return a list to which Airflow adds each secret that it would hide from its logs."""
    met: list[str] = []
    modules = airflow.maskers()

    def add_mask(masker: object, secret: Any, name: str | None = None) -> None:
        if isinstance(secret, Mapping):
            for key, value in secret.items():
                add_mask(masker, value, key)
        elif isinstance(secret, str):
            if len(secret) > 3 and (not name or modules[0].should_hide_value_for_key(name)):
                met.append(secret)
        elif isinstance(secret, Iterable):
            for value in secret:
                add_mask(masker, value, name)

    for module in modules:
        module.SecretsMasker.add_mask = add_mask
    return met


def hide(secrets: list[str], text: str) -> str:
    """Return a text in which stars stand for secrets, also as they are written in addresses, in Python and in JSON."""
    forms = set()
    for secret in secrets:
        forms |= {secret, quote(secret), quote(secret, safe=""), quote_plus(secret)}
        forms |= {repr(secret)[1:-1], json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, "***")
    return text


def shown(message: str) -> str:
    """Return a message without what a terminal would obey, and no longer than a person reads."""
    text = "".join(letter if letter.isprintable() else " " for letter in message.strip())
    return text if len(text) <= MESSAGE else f"{text[:MESSAGE]}..."


def error_facts(path: str, text: str, folder: str, kind: str = "import") -> dict[str, Any]:
    """Return what an import error says.

    :param path: file at fault
    :param text: a traceback, or just a sentence
    :param folder: frames of files elsewhere tell an author nothing
    :param kind: what went wrong, see action_dag_parse
    """
    prefix = os.path.join(folder, "")
    lines = STATEMENT.sub("", text.strip()).split("\n")
    frames = [(number, match) for number, match in enumerate(map(FRAME.match, lines)) if match]
    # Below its frames an exception says what it is in the first line that is not indented.
    after = lines[frames[-1][0] + 1 :] if frames else lines
    message = next((line for line in after if line and not line.startswith(" ")), lines[-1])
    own = [match for _, match in frames if match.group(1).startswith(prefix)]
    return {
        "text": shown(message),
        "file": os.path.relpath(own[-1].group(1) if own else path, folder),
        "line": int(own[-1].group(2)) if own else None,
        "dag_id": None,
        "kind": "write" if kind == "import" and WRITES.search(text) else kind,
        "timeout": "AirflowTaskTimeout" in message,
    }
