"""The packages of module_utils, and the imports allowed between them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGES = Path(__file__).resolve().parents[3] / "plugins" / "module_utils"
FILES = sorted(PACKAGES.rglob("*.py"))
# Each package, with the packages it imports.
IMPORTS: dict[str, set[str]] = {
    "backup": {"containers", "host"},
    "containers": {"inside"},
    "dag_check": {"containers", "inside"},
    "findings": set(),
    "host": {"findings"},
    "inside": set(),
    "objects": {"containers", "findings", "inside"},
    "plan": {"findings", "host", "releases"},
    "projects": {"findings", "host"},
    "releases": {"host"},
    "upgrade": {"backup", "containers", "host"},
}
# Files that import Ansible; all others are plain Python.
ANSIBLE = {"findings/values.py", "objects/manage.py", "objects/run.py"}


def imported(path: Path, text: str) -> Iterator[str]:
    """Yield the imports of a file: packages of module_utils by name, others by the first part of the module name."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and not node.level:
            module = str(node.module)
            below = module.partition(".plugins.module_utils")[2].strip(".").split(".")
            # `from ...module_utils import PACKAGE` has the package after the word `import`.
            names = below[:1] if below[0] else [alias.name for alias in node.names]
            yield from names if module.startswith("ansible_collections.") else [module.partition(".")[0]]
        elif isinstance(node, ast.ImportFrom):
            # Relative imports stay within the package; test_package.py checks this.
            assert "inside" in path.relative_to(PACKAGES).parts
        elif isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)


def test_every_file_is_in_a_package() -> None:
    assert {path.relative_to(PACKAGES).parts[0] for path in FILES} == set(IMPORTS)
    # ansible-test requires empty __init__.py files, so they cannot hide where a name comes from.
    assert [path for path in FILES if path.name == "__init__.py" and path.read_text("utf-8")] == []
    directories = {path.parent for path in FILES}
    assert [directory for directory in directories if not (directory / "__init__.py").exists()] == []


@pytest.mark.parametrize("package", IMPORTS)
def test_a_package_imports_exactly_what_is_listed_here(package: str) -> None:
    found: set[str] = set()
    for path in FILES:
        if path.relative_to(PACKAGES).parts[0] == package:
            found |= set(imported(path, path.read_text("utf-8")))
    assert found & set(IMPORTS) - {package} == IMPORTS[package]


def test_there_is_no_import_cycle_between_packages() -> None:
    def below(package: str, seen: tuple[str, ...] = ()) -> None:
        assert package not in seen, seen
        for other in IMPORTS[package]:
            below(other, (*seen, package))

    for package in IMPORTS:
        below(package)


def test_few_files_import_ansible() -> None:
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
def test_a_deliberate_bad_import_is_found(text: str, name: str) -> None:
    assert list(imported(PACKAGES / "host" / "planted.py", text)) == [name]
