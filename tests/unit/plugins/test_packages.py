"""The packages of module_utils, and which of them may import which."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGES = Path(__file__).resolve().parents[3] / "plugins" / "module_utils"
FILES = sorted(PACKAGES.rglob("*.py"))
# The packages, each with those that it imports.
IMPORTS: dict[str, set[str]] = {
    "containers": {"inside"},
    "dag_check": {"containers", "inside"},
    "host": set(),
    "inside": set(),
    "objects": {"containers", "inside"},
    "plan": {"host"},
    "projects": {"host"},
    "releases": {"host"},
}
# Files that know Ansible; all others are plain Python.
ANSIBLE = {"objects/manage.py", "objects/run.py"}


def imported(path: Path, text: str) -> Iterator[str]:
    """What a file imports: other packages of module_utils by their names, the rest by its first word."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and not node.level:
            module = str(node.module)
            below = module.partition(".plugins.module_utils")[2].strip(".").split(".")
            # `from ...module_utils import PACKAGE` names the package behind the word.
            names = below[:1] if below[0] else [alias.name for alias in node.names]
            yield from names if module.startswith("ansible_collections.") else [module.partition(".")[0]]
        elif isinstance(node, ast.ImportFrom):
            # Relative imports stay within a package; test_package.py holds them to it.
            assert "inside" in path.relative_to(PACKAGES).parts
        elif isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)


def test_every_file_is_in_a_package() -> None:
    assert {path.relative_to(PACKAGES).parts[0] for path in FILES} == set(IMPORTS)
    # ansible-test wants them empty, so they cannot hide where a name comes from.
    assert [path for path in FILES if path.name == "__init__.py" and path.read_text("utf-8")] == []
    directories = {path.parent for path in FILES}
    assert [directory for directory in directories if not (directory / "__init__.py").exists()] == []


@pytest.mark.parametrize("package", IMPORTS)
def test_a_package_imports_what_is_listed_here_and_nothing_else(package: str) -> None:
    found: set[str] = set()
    for path in FILES:
        if path.relative_to(PACKAGES).parts[0] == package:
            found |= set(imported(path, path.read_text("utf-8")))
    assert found & set(IMPORTS) - {package} == IMPORTS[package]


def test_no_package_is_needed_by_those_that_it_needs() -> None:
    def below(package: str, seen: tuple[str, ...] = ()) -> None:
        assert package not in seen, seen
        for other in IMPORTS[package]:
            below(other, (*seen, package))

    for package in IMPORTS:
        below(package)


def test_few_files_know_ansible() -> None:
    found = {str(path.relative_to(PACKAGES)) for path in FILES if "ansible" in imported(path, path.read_text("utf-8"))}
    assert found == ANSIBLE


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan import sources", "plan"),
        ("from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.sources import x", "plan"),
        ("from ansible_collections.ansible_airflow.airflow.plugins.module_utils import plan", "plan"),
        ("def f():\n    from ansible_collections.x.y.plugins.module_utils.plan import sources", "plan"),
        ("import ansible.module_utils.basic", "ansible"),
    ],
)
def test_a_planted_import_is_found(text: str, name: str) -> None:
    assert list(imported(PACKAGES / "host" / "planted.py", text)) == [name]
