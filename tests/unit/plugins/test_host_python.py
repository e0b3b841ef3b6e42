"""Our modules run on the Python that their documentation requires of a host."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import ansible
import pytest
import yaml

from tests.unit.plugins.imports import PLUGINS, used

MODULES = sorted((PLUGINS / "modules").glob("*.py"))
MINIMUM = (3, 9)
# Commonly used additions to Python after the minimum: names that are imported or attributes of modules,
# methods, and arguments by the name of the callable.
NEWER_NAMES = {
    "contextlib": ("aclosing", "chdir"), "datetime": ("UTC",), "enum": ("StrEnum", "verify"),
    "hashlib": ("file_digest",), "inspect": ("get_annotations",), "itertools": ("batched", "pairwise"),
    "operator": ("call",), "sys": ("exception", "orig_argv", "stdlib_module_names"), "tomllib": ("",),
    "types": ("EllipsisType", "NoneType", "UnionType"),
    "typing": ("Concatenate", "LiteralString", "Never", "NotRequired", "ParamSpec", "Required", "Self", "TypeAlias",
               "TypeGuard", "Unpack", "assert_never", "override"),
}  # fmt: skip
NEWER_BUILTINS = {"BaseExceptionGroup", "EncodingWarning", "ExceptionGroup", "aiter", "anext"}
NEWER_METHODS = {"add_note", "bit_count", "hardlink_to", "is_junction", "walk_up"}
NEWER_ARGUMENTS = {
    "bisect": {"key"}, "bisect_left": {"key"}, "bisect_right": {"key"}, "dataclass": {"kw_only", "slots"},
    "glob": {"root_dir"}, "insort": {"key"}, "rmtree": {"dir_fd", "onexc"}, "zip": {"strict"},
    "NamedTemporaryFile": {"delete_on_close"}, "TemporaryDirectory": {"delete", "ignore_cleanup_errors"},
}  # fmt: skip


FILES = sorted(set().union(*map(used, MODULES)))


def newer(source: str) -> list[str]:
    """Return features of a Python program that the minimum lacks: syntax, and the names in the tables above."""
    try:
        tree = ast.parse(source, feature_version=MINIMUM)
    except SyntaxError as error:
        return [f"line {error.lineno}: {error.msg}"]
    return [f"line {getattr(node, 'lineno', '?')}: {name}" for node in ast.walk(tree) for name in newer_names(node)]


def newer_names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names if "" in NEWER_NAMES.get(alias.name, ()))
    elif isinstance(node, ast.ImportFrom):
        known = NEWER_NAMES.get(str(node.module), ())
        yield from (f"{node.module}.{a.name}" for a in node.names if a.name in known or "" in known)
    elif isinstance(node, ast.Attribute):
        owner = node.value.id if isinstance(node.value, ast.Name) else ""
        if node.attr in NEWER_METHODS or node.attr in NEWER_NAMES.get(owner, ()):
            yield f"{owner}.{node.attr}"
    elif isinstance(node, ast.Name) and node.id in NEWER_BUILTINS:
        yield node.id
    elif isinstance(node, ast.Call):
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        yield from (f"{name}({k.arg}=)" for k in node.keywords if k.arg in NEWER_ARGUMENTS.get(name, ()))


def documentation(path: Path) -> str:
    """Return the documentation of a module as ansible-doc reads it: its own text and that of its fragments."""
    text = path.read_text("utf-8")
    fragments = re.search(r"^extends_documentation_fragment: \[(.*)\]$", text, flags=re.MULTILINE)
    names = [name.strip().rpartition(".")[2] for name in fragments[1].split(",")] if fragments else []
    return text + "".join((PLUGINS / "doc_fragments" / f"{name}.py").read_text("utf-8") for name in names)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_the_documentation_says_which_python_a_host_needs(path: Path) -> None:
    found = [
        requirement
        for block in re.findall(r"^requirements:\n((?:  - .*\n)+)", documentation(path), flags=re.MULTILINE)
        for requirement in yaml.safe_load(block)
    ]
    # Their action plugins only run commands, or work on the controller.
    no_python = {"airflow_wait_healthy", "airflow_tree_snapshot", "findings"}
    wanted = [] if path.stem in no_python else [f"python >= {MINIMUM[0]}.{MINIMUM[1]} on the host"]
    assert [requirement for requirement in found if requirement.startswith("python")] == wanted
    assert found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_newer_feature_is_used(path: Path) -> None:
    assert newer(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("source", "finding"),
    [
        ("match x:\n    case 1:\n        pass", "Pattern matching is only supported in Python 3.10"),
        ("from datetime import UTC", "datetime.UTC"),
        ("import datetime\ndatetime.UTC", "datetime.UTC"),
        ("import tomllib", "tomllib"),
        ("from tomllib import loads", "tomllib.loads"),
        ("zip(a, b, strict=True)", "zip(strict=)"),
        ("dataclasses.dataclass(slots=True)", "dataclass(slots=)"),
        ("raise ExceptionGroup('x', [])", "ExceptionGroup"),
        ("(3).bit_count()", "bit_count"),
    ],
)
def test_a_deliberate_newer_feature_is_found(source: str, finding: str) -> None:
    assert finding in " ".join(newer(source))


def test_imports_of_modules_are_found() -> None:
    names = {path.stem for path in used(PLUGINS / "modules" / "airflow_tree_store.py")}
    assert names >= {"airflow_tree_store", "store", "receive", "files", "release", "tree"}
    files = {str(path.relative_to(PLUGINS)) for path in used(PLUGINS / "modules" / "airflow_dag_check.py")}
    assert files >= {f"module_utils/inside/{name}.py" for name in ("main", "compat", "dags/check", "dags/lines")}


# Import every module as on a host, where only module_utils of Ansible exists.
IMPORT_ALL = """
import importlib, pathlib, sys, types
version, ansible, plugins = sys.argv[1:]
assert sys.version_info[:2] == tuple(map(int, version.split("."))), sys.version
def package(name, directory):
    sys.modules[name] = found = types.ModuleType(name)
    found.__path__ = [str(directory)]
    found.__file__ = str(directory) + "/__init__.py"
package("ansible", ansible)
collection = "ansible_collections.ansible_airflow.airflow"
for dots in range(3):
    package(collection.rsplit(".", dots)[0], pathlib.Path(plugins).parent)
names = sorted(path.stem for path in pathlib.Path(plugins, "modules").glob("*.py"))
for name in names:
    importlib.import_module(collection + ".plugins.modules." + name)
print(len(names))
"""


def test_the_oldest_python_can_import_every_module() -> None:
    version = ".".join(map(str, MINIMUM))
    # The shim of a version manager runs only if that version is selected.
    environment = {**os.environ, "PYENV_VERSION": version, "PYTHONDONTWRITEBYTECODE": "1"}
    program = shutil.which(f"python{version}")
    if not program or subprocess.run([program, "-c", ""], env=environment, capture_output=True, check=False).returncode:
        pytest.skip(f"no python{version} on this machine")
    command = [program, "-", version, str(Path(ansible.__file__).parent), str(PLUGINS)]
    done = subprocess.run(command, input=IMPORT_ALL, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == len(MODULES)
