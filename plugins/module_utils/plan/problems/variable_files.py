"""Check for files in group_vars and host_vars that Ansible does not read, because their names are misspelt."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.sources import search_path

# How alike the names of a file and of a group or host are, from 0 to 1, if one is probably meant as the other.
ALIKE = 0.85
# Bytes; larger files beside an inventory are no inventories.
LARGEST = 1_000_000
# Endings that Ansible removes from the names of such files.
ENDINGS = (".yml", ".yaml", ".json")


def variable_file_problems(
    groups: Mapping[str, Sequence[str]], inventories: Sequence[str], playbook_directory: str
) -> list[Finding]:
    """Return the files and directories of variables that have almost the name of a group or host of the stack.

    Others can belong to another inventory.

    Args:
        groups: Ansible's ``groups``.
        inventories: Inventory sources of the run.
        playbook_directory: Ansible's ``playbook_dir``.
    """
    hosts = groups.get("airflow", [])
    known = {"group_vars": [name for name in groups if name.startswith("airflow")], "host_vars": list(hosts)}
    every = {"group_vars": set(groups), "host_vars": set(groups.get("all", hosts))}
    directories = dict.fromkeys([*search_path(inventories), Path(playbook_directory)])
    others = _others(inventories)
    problems = []
    for kind, names in known.items():
        for directory in directories:
            for path in _entries(directory / kind):
                name = _name(path)
                meant = "" if name in every[kind] or name in others else _meant(name, names)
                if meant:
                    what = "group" if kind == "group_vars" else "host"
                    text = (
                        f"Ansible does not read this in {directory}, because no {what} has the name {name}; did you "
                        f"mean {meant}? Then rename it."
                    )
                    problems.append(Finding("variables-unread", f"{kind}/{path.name}", text))
    return problems


def _entries(directory: Path) -> Iterator[Path]:
    """Yield what Ansible would read in a directory of variables."""
    if directory.is_dir():
        # Hidden ones and copies of editors are not read.
        yield from (path for path in sorted(directory.iterdir()) if path.name[0] not in ".~" and path.name[-1] != "~")


def _name(path: Path) -> str:
    """Return the name of the group or host whose variables are in a file or directory."""
    return path.stem if path.suffix in ENDINGS and not path.is_dir() else path.name


def _meant(name: str, known: Sequence[str]) -> str:
    """Return the name that was probably meant; empty for none.

    Names with other numbers are other hosts, and a name with one more word is that of another group.
    """
    same = [each for each in known if re.findall(r"\d+", each) == re.findall(r"\d+", name)]
    close = difflib.get_close_matches(name, same, n=1, cutoff=ALIKE)
    return "" if any(name.startswith(f"{each}_") for each in close) else next(iter(close), "")


def _others(inventories: Sequence[str]) -> set[str]:
    """Return the words of the files beside the inventories, which can be inventories of other stages."""
    words: set[str] = set()
    sources = [Path(source) for source in inventories if Path(source).is_file()]
    for directory in {source.parent for source in sources}:
        for path in directory.iterdir():
            if path.is_file() and path not in sources and path.stat().st_size <= LARGEST:
                words.update(re.findall(r"[\w.-]+", path.read_text(encoding="utf-8", errors="replace")))
    return words
