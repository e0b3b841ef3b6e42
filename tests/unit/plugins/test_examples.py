"""The examples of the documentation are tasks that Ansible accepts."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[3]


def examples() -> list[dict[str, Any]]:
    texts = [
        ast.literal_eval(node.value)
        for path in sorted((ROOT / "plugins" / "modules").glob("*.py"))
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "EXAMPLES"
    ]
    texts += [yaml.safe_load(path.read_text("utf-8"))["EXAMPLES"] for path in (ROOT / "plugins/filter").glob("*.yml")]
    return [task for text in texts for task in yaml.safe_load(text)]


def syntax_check(directory: Path, tasks: list[dict[str, Any]]) -> subprocess.CompletedProcess[str]:
    play = [{"name": "Examples", "hosts": "localhost", "tasks": tasks}]
    (directory / "play.yml").write_text(yaml.safe_dump(play, sort_keys=False), encoding="utf-8")
    program = Path(sys.executable).with_name("ansible-playbook")
    command = [program, "--syntax-check", "-i", "localhost,", directory / "play.yml"]
    environment = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_ansible_accepts_the_examples(tmp_path: Path) -> None:
    tasks = examples()
    assert len(tasks) > 90
    done = syntax_check(tmp_path, tasks)
    assert done.returncode == 0, done.stderr


def test_an_unknown_module_is_found(tmp_path: Path) -> None:
    done = syntax_check(tmp_path, [{"name": "Misspelt", "ansible_airflow.airflow.airflow_pool": {"pools": []}}])
    assert done.returncode != 0
    assert "airflow_pool" in done.stderr
