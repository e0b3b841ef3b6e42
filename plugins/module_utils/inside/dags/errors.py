"""Extracts facts from tracebacks and errors of DAG files."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

# A frame in a traceback of Python or of its fault handler.
PLACE = re.compile(r'^\s*File "(.+?)", line (\d+)', re.MULTILINE)
# A frame in an import error of Airflow.
FRAME = re.compile(r'^ +File "(.+)", line (\d+)')
# Reported characters of an error message: some libraries put whole documents into theirs.
MESSAGE = 1000
# Matches the error of a DAG file that tried to write to Airflow's database.
WRITES = re.compile("ReadOnlySqlTransaction|read-only transaction|readonly database")
# A NUL character in JSON, after any number of escaped backslashes.
NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
NO_NUMBER = re.compile(r"NaN|Infinity")
# Text after the first line of a database error: the statement and its parameters, which may hold secrets.
STATEMENT = re.compile(r"\n(\[SQL: |\[parameters: |LINE \d+:).*", re.DOTALL)


def place(text: str, folder: str, *, last: bool) -> dict[str, Any] | None:
    """Return file and line of a traceback frame in a file below a folder, None if there is none.

    Args:
        text: The traceback.
        folder: The folder.
        last: Whether to take the last such frame, otherwise the first one.
    """
    prefix = os.path.join(folder, "")
    frames = [(path, line) for path, line in PLACE.findall(text) if path.startswith(prefix)]
    if not frames:
        return None
    path, line = frames[-1 if last else 0]
    return {"file": os.path.relpath(path, folder), "line": int(line)}


def place_of(dag_id: str, dags: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return id and line of a DAG.

    Args:
        dag_id: Its id.
        dags: The facts about the DAGs of the file.
    """
    return {"dag_id": dag_id, "line": next((dag["line"] for dag in dags if dag["dag_id"] == dag_id), None)}


def shown(message: str) -> str:
    """Replace the unprintable characters of a message by spaces, and truncate it."""
    text = "".join(letter if letter.isprintable() else " " for letter in message.strip())
    return text if len(text) <= MESSAGE else f"{text[:MESSAGE]}..."


def error_facts(path: str, text: str, folder: str, kind: str = "import") -> dict[str, Any]:
    """Return the facts of an import error.

    Args:
        path: File at fault.
        text: A traceback, or only a message.
        folder: Folder of the frames to report; frames of other files do not help the author.
        kind: Kind of the error, see parse.
    """
    prefix = os.path.join(folder, "")
    lines = STATEMENT.sub("", text.strip()).split("\n")
    frames = [(number, match) for number, match in enumerate(map(FRAME.match, lines)) if match]
    # The first line after the frames that is not indented holds the exception's message.
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


def check_stored(data: Any) -> None:
    """Refuse data that Postgres cannot store. The DAG processor itself fails only when it writes them, and may crash.

    Args:
        data: A serialized DAG.

    Raises:
        ValueError: They contain a number that JSON cannot express, or a NUL character.
    """
    text = json.dumps(data)
    if NO_NUMBER.search(text):
        json.dumps(data, allow_nan=False)
    if NUL.search(text):
        raise ValueError("a string in the DAG holds a NUL character, which Postgres cannot store")
