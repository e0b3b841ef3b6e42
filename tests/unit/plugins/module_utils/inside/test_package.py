"""Rules that the package `inside` must follow to run in Airflow's containers."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[5] / "plugins" / "module_utils" / "inside"
FILES = sorted(PACKAGE.rglob("*.py"))
# Standard library modules that Python 3.7, the oldest image's version, lacks.
NEWER = {"graphlib", "tomllib", "zoneinfo"}
LIBRARY = sys.stdlib_module_names - NEWER
# Airflow, and the libraries that every release of it depends on.
AIRFLOW = {"airflow", "cryptography", "httpx", "sqlalchemy", "werkzeug"}
# Attributes probed for reasons other than the release: database drivers, and mapped tasks.
OTHER_PROBES = {"set_session", "create_function", "partial_kwargs"}


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 7))


def refused_imports(path: Path, tree: ast.Module) -> Iterator[str]:
    """Imports that the file must not have."""
    first = set(map(id, tree.body))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            root = path.parents[node.level - 1]
            there = root.is_relative_to(PACKAGE) and (root / f"{str(node.module).replace('.', '/')}.py").exists()
            # The loader finds modules by these lines, and mitogen has the text of imported modules only.
            if not there or id(node) not in first:
                yield f"line {node.lineno}: a module that the package does not have, or not at the top"
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [str(node.module)]
            # The host, which has no Airflow, imports these files too.
            known = LIBRARY if id(node) in first else LIBRARY | AIRFLOW
            yield from (f"line {node.lineno}: {name}" for name in names if name.partition(".")[0] not in known)


def probes(tree: ast.Module) -> Iterator[str]:
    """Lines in which a file probes what this release of Airflow has."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and "ImportError" in ast.dump(node.type or ast.Constant("")):
            yield f"line {node.lineno}: except ImportError"
        elif isinstance(node, ast.Name) and node.id in ("ModuleNotFoundError", "ImportError"):
            yield f"line {node.lineno}: {node.id}"
        elif isinstance(node, ast.Attribute) and node.attr in ("__version__", "version_info"):
            yield f"line {node.lineno}: {node.attr}"
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "hasattr":
            attribute = node.args[1].value if isinstance(node.args[1], ast.Constant) else None
            if attribute not in OTHER_PROBES:
                yield f"line {node.lineno}: hasattr of {attribute}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_are_python_3_7_and_import_only_the_standard_library_airflow_and_the_package(path: Path) -> None:
    assert list(refused_imports(path, parsed(path))) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_compat_probes_for_differences_between_releases(path: Path) -> None:
    found = list(probes(parsed(path)))
    assert bool(found) == (path.name == "compat.py"), found


@pytest.mark.parametrize(
    "planted",
    [
        "import yaml",
        "import airflow",
        "import tomllib",
        "from ansible.module_utils.basic import AnsibleModule",
        "from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers import program",
        "from . import connections",
        "from ...containers.program import source",
        "from .nothing import x",
        "def f():\n    from .commands import Airflow",
        "def f():\n    import docker",
    ],
)
def test_a_deliberate_bad_import_is_found(planted: str) -> None:
    assert len(list(refused_imports(PACKAGE / "planted.py", ast.parse(planted)))) == 1


@pytest.mark.parametrize(
    "planted",
    [
        "try:\n    import x\nexcept (ImportError, AttributeError):\n    pass",
        "with contextlib.suppress(ImportError):\n    import x",
        "hasattr(DagModel, 'bundle_name')",
        "hasattr(DagModel, name)",
        "airflow.__version__",
        "sys.version_info",
    ],
)
def test_a_deliberate_probe_is_found(planted: str) -> None:
    assert list(probes(ast.parse(planted)))


def test_syntax_that_python_3_7_lacks_is_found(tmp_path: Path) -> None:
    (tmp_path / "planted.py").write_text("if (x := 1):\n    pass\n")
    with pytest.raises(SyntaxError):
        parsed(tmp_path / "planted.py")
