"""A program of the host that consists of the collection's modules: it is whole, and runs without Ansible."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup import cli
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host import installed

COLLECTION = "ansible_collections.ansible_airflow.airflow"
MODULE = f"{COLLECTION}.plugins.module_utils.backup.cli"
# What a module of Ansible has loaded on a host: the tests themselves have loaded more.
LOADED = f"""
import sys
import {MODULE}
print("\\n".join(name for name in sys.modules if name.startswith("{COLLECTION}.")))
"""


def loaded() -> list[str]:
    """Return the modules that the program loads, by a process of its own."""
    root = Path(cli.__file__).parents[6]
    program = f"import sys; sys.path.insert(0, {str(root)!r}){LOADED}"
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_the_program_runs_from_its_directory_alone(tmp_path: Path) -> None:
    wanted = installed.texts(COLLECTION, loaded())
    assert any(path.endswith("backup/cli.py") for path in wanted)
    installed.install(wanted, str(tmp_path))
    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from {MODULE} import main; main('/x', ['--help'])"
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    assert "Back up the Airflow stack on this host." in done.stdout


def test_only_differing_files_are_written_and_old_ones_removed(tmp_path: Path) -> None:
    directory = str(tmp_path / "program")
    assert installed.changes({"a/b.py": "1", "c.py": ""}, directory) == ["a/b.py", "c.py"]
    installed.install({"a/b.py": "1", "c.py": ""}, directory)
    assert installed.changes({"a/b.py": "1", "c.py": ""}, directory) == []
    assert installed.changes({"a/b.py": "2"}, directory) == ["a/b.py", "c.py"]
    installed.install({"a/b.py": "2"}, directory)
    assert [path.name for path in Path(directory).rglob("*.py")] == ["b.py"]
    assert (Path(directory) / "a/b.py").stat().st_mode & 0o777 == 0o644
