"""Names that Airflow 3 no longer has, in code that runs only while a task runs: loading a file does not find them.

ruff's rules AIR301 to AIR303 find most of them in Python. They do not look into templates, into the arguments of plain
functions, or for access to Airflow's database; this file does.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# ruff's rules for names that fail in Airflow 3: removed, moved to a provider, or renamed.
AIR = "AIR301,AIR302,AIR303"
# What to write instead of the names that tasks and templates no longer get.
INSTEAD = {
    "execution_date": "logical_date",
    "next_execution_date": "data_interval_end",
    "next_ds": "data_interval_end | ds",
    "next_ds_nodash": "data_interval_end | ds_nodash",
    "prev_execution_date": "prev_data_interval_start_success, of the last successful run",
    "prev_execution_date_success": "prev_data_interval_start_success",
    "prev_ds": "prev_data_interval_start_success | ds, of the last successful run",
    "prev_ds_nodash": "prev_data_interval_start_success | ds_nodash, of the last successful run",
    "yesterday_ds": "macros.ds_add(ds, -1)",
    "yesterday_ds_nodash": "macros.ds_add(ds, -1) | replace('-', '')",
    "tomorrow_ds": "macros.ds_add(ds, 1)",
    "tomorrow_ds_nodash": "macros.ds_add(ds, 1) | replace('-', '')",
    "triggering_dataset_events": "triggering_asset_events",
}
# Names of Airflow that open its database, which tasks of Airflow 3 cannot reach.
DATABASE = {"create_session", "provide_session"}
OPENED = "[database] tasks of Airflow 3 cannot open Airflow's database by {}; use its API."
JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
# As a name of its own, or as that of a run; not as the name of somebody's parameter.
NAME = re.compile(rf"(?:(?<![\w.])|(?<=\bti\.)|(?<=\btask_instance\.)|(?<=\bdag_run\.))(?:{'|'.join(INSTEAD)})\b")
TEXT = re.compile(r"'[^']*'|\"[^\"]*\"")
# Bytes of the largest file to look into.
LARGEST = 2**20


class RuffError(Exception):
    """ruff cannot be run; the message says why."""


def removed(folder: Path) -> list[str]:
    """Return a line for each use of a removed name that `ruff` does not find.

    Args:
        folder: Directory with DAG files, and files with templates.
    """
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.stat().st_size <= LARGEST:
            try:
                text = path.read_text(encoding="utf-8")
            except ValueError:
                continue
            place = path.relative_to(folder)
            uses = _in_python(text) if path.suffix == ".py" else _in_templates(text, 1)
            found += [f"{place}:{line} {words}" for line, words in dict.fromkeys(sorted(uses))]
    return found


def ruff(program: str, folder: Path) -> list[str]:
    """Return a line for each use of a removed name that ruff finds.

    Args:
        program: Path of ruff.
        folder: Directory with DAG files.

    Raises:
        RuffError: ruff does not know these rules, or cannot read the files.
    """
    argv = ["check", "--isolated", "--no-cache", "--select", AIR, "--output-format", "json", str(folder)]
    done = subprocess.run([program, *argv], capture_output=True, text=True, check=False)
    # Some older ones know the rules only as a preview, warn, and find nothing.
    if done.returncode not in (0, 1) or "has no effect" in done.stderr:
        raise RuffError(f"ruff cannot read {folder}: {done.stderr.strip()}")
    return [
        f"{Path(found['filename']).relative_to(folder)}:{found['location']['row']} [{found['code']}] {found['message']}"
        for found in json.loads(done.stdout)
        if found["code"]
    ]


def _in_templates(text: str, first: int) -> Iterator[tuple[int, str]]:
    """Yield line and sentence of each use in the expressions of templates.

    Args:
        text: The text.
        first: Number of its first line.
    """
    for match in JINJA.finditer(text):
        line = first + text.count("\n", 0, match.start())
        for name in NAME.findall(TEXT.sub("", match.group())):
            yield line, f"[template] Airflow 3 has no {name} in templates; write {INSTEAD[name]}."


def _in_python(text: str) -> Iterator[tuple[int, str]]:
    """Yield line and sentence of each use in a Python file. A file with wrong syntax cannot be loaded anyway."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            # A line break can be written as an escape.
            for line, words in _in_templates(node.value, node.lineno):
                yield min(line, node.end_lineno or line), words
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from _in_function(node)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("airflow"):
            yield from _in_import(node)
        elif isinstance(node, ast.Attribute) and node.attr == "Session" and getattr(node.value, "id", "") == "settings":
            yield node.lineno, OPENED.format("settings.Session")


def _in_import(node: ast.ImportFrom) -> Iterator[tuple[int, str]]:
    """Yield the imports of what opens Airflow's database."""
    names = {alias.name for alias in node.names}
    for name in sorted(names & (DATABASE | ({"Session"} if node.module == "airflow.settings" else set()))):
        yield node.lineno, OPENED.format(name)


def _in_function(node: Any) -> Iterator[tuple[int, str]]:
    """Yield the uses of removed names in the context that Airflow passes to a function."""
    context = node.args.kwarg.arg if node.args.kwarg else "context"
    for argument in (*node.args.args, *node.args.kwonlyargs):
        if node.args.kwarg and argument.arg in INSTEAD:
            yield node.lineno, _not_passed(argument.arg)
    for inner in ast.walk(node):
        owner: Any = None
        key: Any = None
        if isinstance(inner, ast.Subscript):
            owner, key = inner.value, inner.slice
        elif (
            isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute) and inner.func.attr in ("get", "pop")
        ):
            owner, key = inner.func.value, inner.args[0] if inner.args else None
        name = key.value if isinstance(key, ast.Constant) else None
        if name in INSTEAD and getattr(owner, "id", "") in (context, "context", "kwargs"):
            yield owner.lineno, _not_passed(name)


def _not_passed(name: str) -> str:
    instead = INSTEAD[name].partition(",")[0].partition(" ")[0]
    return f"[context] Airflow 3 does not pass {name} to tasks; use {instead}."
