"""Ansible's own sanity tests of the collection as users install it: built, then installed offline below build/sanity.

ansible-test does not accept the checkout itself: it resolves the link below collections/ and then finds the tree
outside of ansible_collections. It runs the tests that need no packages. Three other tests are programs whose packages
are in the lock, so they are called directly. docs/testing.md lists the tests that are left out.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import ansible_test
import yaml

from tests.steps import ROOT, VENV_BIN

WORK = ROOT / "build" / "sanity"
PROGRAMS = Path(ansible_test.__path__[0]) / "_util" / "controller" / "sanity"

# Tests of ansible-test that need only Python.
TESTS = (
    "action-plugin-docs",
    "compile",
    "empty-init",
    "ignores",
    "line-endings",
    "no-assert",
    "no-get-exception",
    "no-illegal-filenames",
    "no-smart-quotes",
    "replace-urlopen",
    "shebang",
    "symlinks",
    "use-argspec-type-path",
    "use-compat-six",
)
# Tests that install packages or need other programs: called directly, and left out.
DIRECT = ("ansible-doc", "runtime-metadata", "validate-modules", "yamllint")
LEFT_OUT = ("changelog", "import", "pep8", "pslint", "pylint", "shellcheck")

# The licence is Apache-2.0; Ansible requires GPL headers in its own collections only.
IGNORED_CODES = {"missing-gplv3-license"}
# ansible-test never passes filters to validate-modules, whose schema lacks this key of filters.
FILTERS_KEY = "DOCUMENTATION.positional: extra keys not allowed"


class SanityError(Exception):
    """A program failed, so there is no result for the collection."""


def program(
    words: Iterable[str | Path], cwd: Path, work: Path, codes: Iterable[int] = (0,), text: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a program of the virtualenv with the installed collection and without this machine's configuration.

    Args:
        words: Command line of the program.
        cwd: Working directory.
        work: Directory of the installed collection, which is also the program's home directory.
        codes: Accepted exit codes.
        text: Text for standard input.

    Returns:
        The finished process with its output.

    Raises:
        SanityError: The program exited with another code.
    """
    configuration = work / "ansible.cfg"
    configuration.touch()
    environment = {
        **os.environ,
        "HOME": str(work),
        "PATH": os.pathsep.join([str(VENV_BIN), os.environ.get("PATH", "")]),
        "ANSIBLE_CONFIG": str(configuration),
        "ANSIBLE_COLLECTIONS_PATH": str(work),
        # Otherwise ansible-test lists files with the git repository around build/, which ignores that directory.
        "ANSIBLE_TEST_CONTENT_ROOT": str(cwd),
        "NO_COLOR": "1",
    }
    command = [str(word) for word in words]
    done = subprocess.run(command, cwd=cwd, env=environment, input=text, capture_output=True, text=True, check=False)
    if done.returncode not in codes:
        raise SanityError(f"`{' '.join(command)[:300]}` ended with code {done.returncode}:\n{done.stdout}{done.stderr}")
    return done


def install(source: Path, work: Path) -> Path:
    """Build a collection and install it offline.

    Args:
        source: Directory of the collection, with galaxy.yml.
        work: Directory for the archive and the installed copy; it is emptied first.

    Returns:
        Directory of the installed copy.

    Raises:
        SanityError: The collection cannot be built or installed.
    """
    if not (source / "galaxy.yml").exists():
        raise SanityError(f"{source}: there is no galaxy.yml, so this is not a collection.")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    program(["ansible-galaxy", "collection", "build", "--output-path", work, source], work, work)
    (archive,) = work.glob("*.tar.gz")
    program(["ansible-galaxy", "collection", "install", "--offline", "--no-deps", "-p", work, archive], work, work)
    galaxy = yaml.safe_load((source / "galaxy.yml").read_text("utf-8"))
    return work / "ansible_collections" / galaxy["namespace"] / galaxy["name"]


def full_name(collection: Path) -> str:
    """Return NAMESPACE.NAME of an installed collection."""
    return f"{collection.parent.name}.{collection.name}"


def plugins(collection: Path, kind: str) -> list[str]:
    """Return the documented plugins of a collection: Python files of modules, YAML documentation files of filters.

    Args:
        collection: The installed copy.
        kind: `module` or `filter`.

    Returns:
        Paths below the collection, sorted.
    """
    pattern = {"module": "plugins/modules/*.py", "filter": "plugins/filter/*.yml"}[kind]
    return sorted(str(path.relative_to(collection)) for path in collection.glob(pattern))


def check_ansible_test(collection: Path, work: Path, tests: Sequence[str] = TESTS) -> list[str]:
    """Return the findings of ansible-test.

    Args:
        collection: The installed copy.
        work: The same as in `install`.
        tests: Tests to run.
    """
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    chosen = [word for test in tests for word in ("--test", test)]
    done = program(["ansible-test", "sanity", "--python", version, *chosen], collection, work, codes=(0, 1))
    lines = (done.stdout + done.stderr).splitlines()
    if any("All targets skipped" in line for line in lines):
        raise SanityError(f"ansible-test found no file in {collection}.")
    errors = [line for line in lines if line.startswith(("ERROR:", "FATAL:"))]
    return errors or (lines if done.returncode else [])


def check_modules(collection: Path, work: Path) -> list[str]:
    """Return the findings of validate-modules in modules and in the documentation of filters."""
    release = json.loads((collection / "MANIFEST.json").read_text("utf-8"))["collection_info"]["version"]
    found = []
    for kind in ("module", "filter"):
        if paths := plugins(collection, kind):
            words = ["--format", "json", "--arg-spec", "--collection-version", release, "--plugin-type", kind]
            where = ["--collection", collection.relative_to(work)]
            command = [PROGRAMS / "validate-modules" / "validate.py", *words, *where, *paths]
            found += messages(json.loads(program([sys.executable, *command], collection, work, codes=(0, 3)).stdout))
    return found


def messages(report: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the report of validate-modules as lines, without ignored findings."""
    return [
        f"{path}:{error.get('line', 0)}: {error['code']}: {error['msg']}"
        for path, result in report.items()
        for error in result["errors"]
        if error["code"] not in IGNORED_CODES and not error["msg"].startswith(FILTERS_KEY)
    ]


def check_yaml(collection: Path, work: Path) -> list[str]:
    """Return the findings of Ansible's yamllint in the documentation of plugins; our yamllint covers all YAML files."""
    files = [path for path in (collection / "plugins").rglob("*") if path.suffix in (".py", ".yml")]
    names = "\n".join(sorted(str(path.relative_to(collection)) for path in files))
    command = [sys.executable, str(PROGRAMS / "yamllint" / "yamllinter.py")]
    found = json.loads(program(command, collection, work, text=names).stdout)["messages"]
    return [f"{entry['path']}:{entry['line']}: {entry['code']}: {entry['message']}" for entry in found]


def check_runtime(collection: Path, work: Path) -> list[str]:
    """Return the findings in meta/runtime.yml."""
    command = [sys.executable, str(PROGRAMS / "code-smell" / "runtime-metadata.py"), "meta/runtime.yml"]
    return program(command, collection, work).stdout.splitlines()


def check_documentation(collection: Path, work: Path) -> list[str]:
    """Return the plugins that ansible-doc does not list with a description, and the warnings of ansible-doc."""
    found = []
    for kind in ("module", "filter"):
        wanted = {f"{full_name(collection)}.{Path(path).stem}" for path in plugins(collection, kind)}
        done = program(["ansible-doc", "-t", kind, "--json", "-l", full_name(collection)], work, work)
        listed = {name for name, description in json.loads(done.stdout).items() if description}
        found += [f"ansible-doc -t {kind} -l: {name} is not documented" for name in sorted(wanted - listed)]
        found += [f"ansible-doc -t {kind} -l: {line}" for line in done.stderr.splitlines()]
    return found


CHECKS = {
    "ansible-test": check_ansible_test,
    "validate-modules": check_modules,
    "yamllint": check_yaml,
    "runtime-metadata": check_runtime,
    "ansible-doc": check_documentation,
}


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("source", nargs="?", type=Path, default=ROOT, help="directory of a collection (this checkout)")
    arguments = parser.parse_args()
    try:
        collection = install(arguments.source.resolve(), WORK)
        found = {name: check(collection, WORK) for name, check in CHECKS.items()}
    except SanityError as error:
        print(error, file=sys.stderr)
        return 1
    for name, lines in found.items():
        print(f"{name}: {len(lines)} findings", *lines, sep="\n  ")
    return 1 if any(found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
