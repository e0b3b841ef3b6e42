"""Module airflow_pools in a process that imports from memory, as under mitogen.

mitogen itself is not a dependency of ours. The stand-in does what ``mitogen.core.Importer`` does in a
target process: it serves modules of Ansible and of the collection as texts, has the text of a module only once it was
imported, gives modules a ``__file__`` that is no path, and has neither ``get_data`` nor ``get_code``. The process sees
only Python's standard library on disk, and reads the texts from standard input instead of mitogen's socket.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import ansible
import pytest

ROOT = Path(__file__).resolve().parents[5]
COLLECTION = "ansible_collections.ansible_airflow.airflow.plugins"
MODULE = "airflow_pools"

# The process on the host: mitogen's importer, then its runner of modules.
HOST = """
import importlib.machinery, json, sys, types

class Importer:
    def __init__(self, texts):
        self.texts, self.cache = texts, {}
        self.packages = {".".join(name.split(".")[:n]) for name in texts for n in range(1, name.count(".") + 1)}

    def find_spec(self, fullname, path=None, target=None):
        if fullname in self.texts or fullname in self.packages:
            return importlib.machinery.ModuleSpec(fullname, loader=self)

    def create_module(self, spec):
        self.cache[spec.name] = self.texts.get(spec.name, "")
        spec.origin = "master:/controller/" + spec.name
        if spec.name in self.packages:
            spec.submodule_search_locations = []
        module = types.ModuleType(spec.name)
        module.__file__ = spec.origin
        return module

    def exec_module(self, module):
        exec(compile(self.get_source(module.__name__), module.__spec__.origin, "exec", 0, True), module.__dict__)

    def get_source(self, fullname):
        return self.cache.get(fullname)

request = json.load(sys.stdin)
importer = Importer(request["texts"])
# What the importer serves comes from it alone.
assert not [name for name in sys.modules if name.startswith("ansible")]
sys.meta_path.insert(0, importer)
from ansible.module_utils import basic
basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": request["arguments"]}).encode()
basic._ANSIBLE_PROFILE = "legacy"
main = types.ModuleType("__main__")
main.__file__ = "master:/controller/module.py"
main.__loader__ = None
sys.modules["__main__"] = main
exec(compile(request["module"], main.__file__, "exec", 0, True), main.__dict__)
"""

# `docker ps` prints a container; `docker exec -i NAME python -c PROGRAM` runs the program against the stand-in below.
DOCKER = """#!/bin/sh
case "$1" in
    ps) printf 'airflow-scheduler-1\\tscheduler\\n';;
    exec) shift 4; cd "$(dirname "$0")" && PYTHONPATH=. exec "$PYTHON" "$@";;
esac
"""

# The modules of Airflow that the program imports; pools are stored in a file.
AIRFLOW = {
    "cli/cli_parser.py": """
import argparse, json, os
class Parser:
    def parse_args(self, argv):
        return argparse.Namespace(argv=argv, func=pools)
def get_parser():
    return Parser()
def pools(args):
    held = json.load(open("pools.json"))
    kind, verb, path = args.argv
    assert kind == "pools"
    if verb == "export":
        json.dump(held, open(path, "w"))
    if verb == "import":
        json.dump({**held, **json.load(open(path))}, open("pools.json", "w"))
""",
    "cli/commands/pool_command.py": "def get_current_api_client(): ...",
    "models/pool.py": "class Pool: include_deferred = False",
    "utils/db.py": "def check_and_run_migrations(): ...\ndef synchronize_log_template(): ...",
}


def texts() -> dict[str, str]:
    """Modules that mitogen could be asked for: those of Ansible that modules import, and the collection's plugins."""
    roots = {"ansible.module_utils": Path(ansible.__file__).parent / "module_utils", COLLECTION: ROOT / "plugins"}
    found = {}
    for package, root in roots.items():
        for path in root.rglob("*.py"):
            name = ".".join([package, *path.relative_to(root).with_suffix("").parts])
            # A package without text has an empty __init__.py.
            found[name.removesuffix(".__init__")] = path.read_text(encoding="utf-8")
    return found


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """Directory with the docker stand-in and the programs that it runs."""
    (tmp_path / "docker").write_text(DOCKER)
    (tmp_path / "docker").chmod(0o755)
    (tmp_path / "pools.json").write_text("{}")
    for name, text in AIRFLOW.items():
        path = tmp_path / "airflow" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def run(host: Path, **arguments: Any) -> dict[str, Any]:
    """Run the module, and return its result."""
    module = (ROOT / "plugins" / "modules" / f"{MODULE}.py").read_text(encoding="utf-8")
    request = {"texts": texts(), "module": module, "arguments": {**arguments, "_ansible_tmpdir": str(host)}}
    ran = subprocess.run(
        # Hide the environment variables and the installed packages.
        [sys.executable, "-I", "-S", "-c", HOST],
        input=json.dumps(request),
        env={**os.environ, "PATH": f"{host}{os.pathsep}{os.environ['PATH']}", "PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr + ran.stdout
    result: dict[str, Any] = json.loads(ran.stdout)
    return result


def test_it_creates_a_pool_and_changes_nothing_again(host: Path) -> None:
    pools = [{"name": "news", "slots": 3}]
    first = run(host, pools=pools)
    assert (first["changed"], first["created"], first["starts"]) == (True, ["news"], 2)
    again = run(host, pools=pools)
    assert (again["changed"], again["unchanged"], again["starts"]) == (False, ["news"], 1)
    held = {"slots": 3, "description": None, "include_deferred": False}
    assert json.loads((host / "pools.json").read_text()) == {"news": held}
