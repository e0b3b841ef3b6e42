"""`make dags-check`: check DAG files without a host, in the locked environment of an Airflow release.

A host runs the same check before it switches to a release of the DAG tree; this one lacks the rules that need a host.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.airflow import InsideError
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.dag_check import policy as dag_policy
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.dag_check import removed as removed_names
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.dag_check.parse import parse_files

from tests import tables
from tests.lab import recipes
from tests.steps import ROOT, VENV_BIN

# Environment variable with the projects' directory on the hosts, which DAGs can read.
PROJECTS = "AIRFLOW_STACK_PROJECTS"
# Timeout in seconds for all files together.
TIMEOUT = 900


class CheckError(Exception):
    """The check cannot run; the message says why and what to do."""


@dataclass(frozen=True)
class Release:
    """An Airflow release with a lock.

    Args:
        version: The release.
        lock: Path of the lock for the release's series.
        python: Python version of the lock.
    """

    version: str
    lock: Path
    python: str

    @property
    def row(self) -> dict[str, Any]:
        """Row of the release in the release table."""
        return tables.row(self.version)

    @property
    def place(self) -> Path:
        """Directory of the release's environment."""
        return ROOT / "build" / "airflow" / self.version.rpartition(".")[0]


def releases() -> dict[str, Release]:
    """Releases with a lock by version; the lab builds images of the same ones."""
    return {
        version: Release(version, ROOT / recipe.lock, recipe.args["PYTHON"].removeprefix("python"))
        for version, recipe in recipes.airflow().items()
    }


def say(text: str) -> None:
    """Print a progress message."""
    print(f"dags-check: {text}", flush=True)


def prepare(release: Release, python: str) -> Path:
    """Create the environment of a release unless it is up to date, and return its Python interpreter.

    Args:
        release: The release.
        python: Python for the environment, as a version or a path for uv.
    """
    venv, stamp = release.place / "venv", release.place / "made-from"
    interpreter = venv / "bin" / "python"
    if stamp.exists() and stamp.read_text() == digest(release) and interpreter.exists():
        return interpreter
    say(f"creating {venv.relative_to(ROOT)} from {release.lock.relative_to(ROOT)}; later runs reuse it")
    shutil.rmtree(release.place, ignore_errors=True)
    release.place.mkdir(parents=True)
    made = uv("venv", "--quiet", "--python", python, str(venv))
    if made.returncode:
        reason = made.stderr.strip().split("\n")[-1].strip()
        raise CheckError(
            f"Airflow {release.version} needs Python {release.python}, but uv finds no {python} on this machine "
            f"and cannot download it ({reason}). Install it and run "
            f"make dags-check AIRFLOW_PYTHON=/path/to/python{release.python}"
        )
    found = subprocess.run(
        [interpreter, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    if found != release.python:
        raise CheckError(
            f"{python} is Python {found}, but the lock of Airflow {release.version} is for Python {release.python}; "
            f"run make dags-check AIRFLOW_PYTHON=/path/to/python{release.python}"
        )
    installed = uv("pip", "sync", "--quiet", "--require-hashes", "--python", str(interpreter), str(release.lock))
    if installed.returncode:
        raise CheckError(f"the packages of Airflow {release.version} cannot be installed: {installed.stderr.strip()}")
    with tempfile.TemporaryDirectory() as home:
        # The first of the stack's migration commands.
        argv = [str(interpreter), "-m", *release.row["migrate"].split(" && ")[0].split()]
        done = subprocess.run(argv, env=environment(release, Path(home)), capture_output=True, text=True, check=False)
        if done.returncode:
            raise CheckError(f"Airflow cannot create its database: {done.stderr.strip()[-600:]}")
        shutil.move(Path(home) / "airflow.db", release.place / "airflow.db")
    stamp.write_text(digest(release))
    return interpreter


def digest(release: Release) -> str:
    """Digest of the lock that an environment is created from."""
    return hashlib.sha256(release.lock.read_bytes()).hexdigest()


def uv(*argv: str) -> subprocess.CompletedProcess[str]:
    """Run uv with pip's package index and the system's certificates."""
    pip = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    index = subprocess.run(pip, capture_output=True, text=True, check=False).stdout.strip()
    variables = {"UV_SYSTEM_CERTS": "true", **({"UV_DEFAULT_INDEX": index} if index else {}), **os.environ}
    return subprocess.run([VENV_BIN / "uv", *argv], env=variables, capture_output=True, text=True, check=False)


def environment(release: Release, home: Path) -> dict[str, str]:
    """Environment variables of an Airflow with all its files in one directory, added to the caller's."""
    variables = {
        # Keeps bytecode out of the directory of DAG files.
        "PYTHONPYCACHEPREFIX": str(release.place / "pycache"),
        "AIRFLOW_HOME": str(home),
        # The executor of the release that works with SQLite.
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor" if release.version.startswith("3.") else "SequentialExecutor",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
        "AIRFLOW__DATABASE__LOAD_DEFAULT_CONNECTIONS": "false",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        # Variables that the stack provides to DAGs.
        "AIRFLOW_STACK_NETWORK": stack("airflow/vars/main/names.yml", "__airflow_network"),
        "AIRFLOW_STACK_CA": f"{tables.defaults()['airflow_directory']}/ca",
        PROJECTS: projects_directory(),
    }
    return {**{name: value for name, value in os.environ.items() if name != "PYTHONPATH"}, **variables}


def stack(path: str, variable: str) -> Any:
    """Value of a variable in a file of the roles."""
    return yaml.safe_load((ROOT / "roles" / path).read_text(encoding="utf-8"))[variable]


def projects_directory() -> str:
    """Directory of the projects on the hosts: from the caller's environment, otherwise the default."""
    return os.environ.get(PROJECTS) or str(stack("projects/defaults/main.yml", "projects_directory"))


def context(slow_seconds: float) -> dict[str, Any]:
    """Facts for the rules that need no host."""
    return {
        "project": stack("airflow/vars/main/names.yml", "__airflow_project"),
        "services": list(tables.services()),
        "airflow_directory": tables.defaults()["airflow_directory"],
        "projects_directory": projects_directory(),
        "slow_seconds": slow_seconds,
    }


def load(release: Release, interpreter: Path, folder: Path, plugins: Path | None, limit: float) -> dict[str, Any]:
    """Load the DAG files in Airflow and return the report."""
    with tempfile.TemporaryDirectory() as home:
        shutil.copy(release.place / "airflow.db", home)
        variables = {**environment(release, Path(home)), "AIRFLOW__CORE__DAGS_FOLDER": str(folder)}
        if plugins:
            variables["AIRFLOW__CORE__PLUGINS_FOLDER"] = str(plugins)

        def run(argv: list[str], data: str, **_: object) -> tuple[int, str, str]:
            done = subprocess.run(argv, input=data, env=variables, capture_output=True, text=True, check=False)
            return done.returncode, done.stdout, done.stderr

        try:
            return parse_files(
                run,
                [str(interpreter)],
                str(interpreter),
                timeout=TIMEOUT,
                folder=str(folder),
                limit=limit,
                jobs=0,
                database=False,
                plugins=plugins is not None,
            )
        except InsideError as error:
            raise CheckError(str(error)) from error


def removed(folder: Path) -> list[str]:
    """Return a line for each use of a name that Airflow 3 no longer has, also in code that only runs in tasks."""
    try:
        return sorted({*removed_names.removed(folder), *removed_names.ruff(str(VENV_BIN / "ruff"), folder)})
    except removed_names.RuffError as error:
        raise CheckError(str(error)) from error


def check(options: argparse.Namespace) -> int:
    """Check a folder, print the findings, and return their number."""
    skip = [name for name in options.skip.split(",") if name]
    problems = dag_policy.problems(skip)
    if problems:
        raise CheckError(" ".join(problems))
    release, folder = releases()[options.version], options.folder.resolve()
    if not folder.is_dir():
        raise CheckError(f"there is no directory {folder}; write the path of the directory with the DAG files.")
    plugins = options.plugins.resolve() if options.plugins else None
    if plugins and not plugins.is_dir():
        raise CheckError(f"there is no directory {plugins}; write the path of the directory with the plugins.")
    interpreter = prepare(release, options.python or release.python)
    started = time.monotonic()
    report = load(release, interpreter, folder, plugins, options.file_timeout)
    findings, not_checked = dag_policy.check(report, context(options.slow_seconds), skip)
    warnings = [finding for finding in findings if finding.warning]
    lines = [
        *(str(each) for each in findings if not each.warning),
        *(removed(folder) if release.version.startswith("3.") else []),
    ]
    for line in [*lines, *(f"{each} (warning)" for each in warnings)]:
        print(line)
    for name in sorted(set(map(dag_policy.missing_name, findings)) - {""}):
        say(
            f"this check has no database from which to read {name!r}; set it in the environment: "
            f"AIRFLOW_VAR_{name.upper()}=VALUE, or AIRFLOW_CONN_{name.upper()}=URI"
        )
    for rule, reason in not_checked.items():
        say(f"not checked: {rule}, because {reason}")
    count = sum(len(file.get("dags", ())) for file in report["files"])
    say(
        f"{len(report['files'])} files with {count} DAGs, Airflow {release.version}, Python {release.python}, "
        f"{time.monotonic() - started:.1f} s: {len(lines)} findings"
    )
    return len(lines)


def main() -> int:
    """Run as a program; the exit code is 0 without findings, 1 with findings, 2 if the check could not run."""
    versions = list(releases())
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "dags", help="directory of DAG files (dags/)")
    parser.add_argument("--version", choices=versions, default=versions[0], help="release of Airflow")
    parser.add_argument("--python", help="Python for the environment: a version or a path")
    parser.add_argument("--plugins", type=Path, help="directory with plugins to load the files with")
    parser.add_argument("--skip", default="", help="ids of rules to skip, separated by commas")
    parser.add_argument("--file-timeout", type=float, default=30, help="timeout in seconds for one file (%(default)s)")
    parser.add_argument(
        "--slow-seconds", type=float, default=5, help="seconds after which a file is slow (%(default)s)"
    )
    try:
        return 1 if check(parser.parse_args()) else 0
    except CheckError as error:
        say(str(error))
        return 2


if __name__ == "__main__":
    sys.exit(main())
