"""`python -m tests.limits`: write the files above a limit, and their numbers, to tests/limits.yml.

tests/unit/test_limits.py compares the files with that list.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "tests" / "limits.yml"
# The program writes everything after this line.
WRITTEN = "\nexceptions:"
# Keys of a task whose value is an expression without braces.
BARE = {"when", "that", "until", "failed_when", "changed_when"}
COMMANDS = {f"{prefix}{name}" for prefix in ("", "ansible.builtin.") for name in ("command", "shell", "raw", "script")}

Exceptions = dict[str, dict[str, list[int]]]


def lines(path: Path) -> list[int]:
    """Number of lines of a file."""
    return [len(path.read_text(encoding="utf-8").splitlines())]


def functions(path: Path) -> list[int]:
    """Number of lines of each function, without its docstring."""
    found = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return [_body(node) for node in found if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def _body(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    docstring = node.body[0] if ast.get_docstring(node, clean=False) is not None else None
    described = (docstring.end_lineno or 0) - docstring.lineno + 1 if docstring else 0
    return (node.end_lineno or 0) - node.lineno + 1 - described


def expressions(path: Path) -> list[int]:
    """Number of characters of each Jinja expression in a YAML file or a template."""
    text = path.read_text(encoding="utf-8")
    texts = _texts(list(yaml.safe_load_all(text))) if path.suffix == ".yml" else [("", text)]
    found = []
    for key, value in texts:
        inner = list(_jinja(value))
        found += inner or ([value] if key in BARE else [])
    return [len(" ".join(expression.split())) for expression in found]


def _texts(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a YAML document with its key."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _texts(item, str(name))
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, key)
    elif isinstance(value, str):
        yield key, value


def _jinja(text: str) -> Iterator[str]:
    """Jinja expressions and statements, including their delimiters."""
    current = ""
    for _line, token, value in Environment(autoescape=True).lex(text):
        if token in {"variable_begin", "block_begin"}:
            current = value
        elif token in {"variable_end", "block_end"}:
            yield current + value
            current = ""
        elif current:
            current += value


def commands(path: Path) -> list[int]:
    """Number of tasks in a file that run a command or a shell."""
    documents = list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
    return [sum(1 for task in _dicts(documents) if COMMANDS & set(task))]


def _dicts(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _dicts(item)


MEASURES: Mapping[str, Callable[[Path], list[int]]] = {
    "lines": lines,
    "functions": functions,
    "expressions": expressions,
    "commands": commands,
}


def above(rules: Mapping[str, Mapping[str, Any]], root: Path = ROOT) -> Exceptions:
    """Return the numbers above each rule's limit by rule and file, largest first.

    Args:
        rules: Section `limits` of the file.
        root: Directory to which the patterns are relative.
    """
    found: Exceptions = {}
    for name, rule in rules.items():
        paths = {path for pattern in rule["files"] for path in root.glob(pattern) if path.is_file()}
        for path in sorted(paths):
            numbers = [number for number in MEASURES[rule["measure"]](path) if number > rule["limit"]]
            if numbers:
                found.setdefault(name, {})[str(path.relative_to(root))] = sorted(numbers, reverse=True)
    return found


def problems(found: Exceptions, allowed: Exceptions, rules: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return a line for each file that exceeds its numbers, and for each exception that is no longer needed.

    Args:
        found: Result of `above`.
        allowed: Section `exceptions` of the file.
        rules: Section `limits` of the file.
    """
    said = []
    for rule in sorted({*found, *allowed}):
        now, ceilings = found.get(rule, {}), allowed.get(rule, {})
        limit = f"{rules[rule]['measure']}, limit {rules[rule]['limit']}" if rule in rules else "no such rule"
        for name in sorted({*now, *ceilings}):
            numbers, most = now.get(name, []), ceilings.get(name, [])
            if len(numbers) > len(most) or any(one > other for one, other in zip(numbers, most, strict=False)):
                said.append(f"{name}: {rule} ({limit}) has {numbers}, may have {most or 'none'}; make it smaller")
            elif len(numbers) < len(most):
                said.append(f"{name}: {rule} ({limit}) has {numbers or 'none'}; lower or remove its exception {most}")
    return said


def read() -> tuple[dict[str, dict[str, Any]], Exceptions]:
    """Limits and exceptions from the file."""
    document = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return document["limits"], document["exceptions"]


def main() -> int:
    """Run as a program."""
    rules, allowed = read()
    found = above(rules)
    head = FILE.read_text(encoding="utf-8").split(WRITTEN, 1)[0]
    rows = [
        row
        for rule in found
        for row in (f"  {rule}:", *(f"    {name}: {numbers}" for name, numbers in found[rule].items()))
    ]
    FILE.write_text("\n".join([f"{head}{WRITTEN}", *rows]) + "\n", encoding="utf-8")
    print("\n".join([*problems(found, allowed, rules), f"written: {FILE.relative_to(ROOT)}"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
