"""Checks of where the DAGs come from; what the source contains is checked when it is read."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.sources import find_source, search_path
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.releases import checkout

GIT, SOURCE = "airflow_dags_git", "airflow_dags_source"
REQUIRED = ("repository", "version")
KEYS = (*REQUIRED, "directory", "key_file", "known_hosts")
# A URL, the address of a remote helper, or USER@HOST:PATH.
ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*(://|::)\S+|[^\s:/-][^\s:/]*:(?!//)[^\s:]\S*")
# What the name of a commit cannot contain (git-check-ref-format), apart from HEAD~1 and the like.
NO_VERSION = re.compile(r"[\s\x00-\x1f\x7f:?*\[\\]|\.\.|//|^[-/]|[/.]$|\.lock$")


def dags_problems(inputs: Mapping[str, Any], inventories: Sequence[str]) -> list[Finding]:
    """Return what is wrong with ``airflow_dags_git``, or with ``airflow_dags_source``, which it replaces.

    Args:
        inputs: The two variables by name.
        inventories: Inventory sources of the run; a relative path is looked up in their directories.
    """
    git = inputs[GIT]
    return _git_problems(git) if git else _source_problems(str(inputs[SOURCE] or ""), inventories)


def _git_problems(git: Any) -> list[Finding]:
    if not isinstance(git, Mapping):
        return [Finding("type-wrong", GIT, "must be a dict with repository and version, or {} for none.")]
    problems = []
    for key in map(str, git):
        if key not in KEYS:
            close = difflib.get_close_matches(key, KEYS, n=1)
            hint = f"did you mean {close[0]}?" if close else f"the keys are {', '.join(KEYS)}."
            problems.append(Finding("dags-git-key-unknown", f"{GIT}.{key}", f"the key is unknown; {hint}"))
    if missing := [key for key in REQUIRED if git.get(key) in (None, "")]:
        text = f"lacks {' and '.join(missing)}; set both, or remove {GIT} to deploy {SOURCE}."
        problems.append(Finding("dags-git-incomplete", GIT, text))
    if "repository" not in missing and not _is_repository(git["repository"]):
        # Without the value, which may contain a token.
        text = (
            "this is not an address of a repository; write a URL such as https://HOST/PATH, USER@HOST:PATH, or the "
            "absolute path of a repository on the controller."
        )
        problems.append(Finding("dags-git-repository-invalid", f"{GIT}.repository", text))
    if "version" not in missing and (text := _version_problem(git["version"])):
        problems.append(Finding("dags-git-version-invalid", f"{GIT}.version", text))
    return problems + [
        Finding("dags-git-checkout-invalid", f"{GIT}.{key}", text) for key, text in checkout.problems(git).items()
    ]


def _is_repository(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    return Path(value).exists() if value.startswith("/") else bool(ADDRESS.fullmatch(value))


def _version_problem(value: Any) -> str:
    """Return what is wrong with a version. YAML reads 1.10 and 12e3 as other numbers, but 7 as 7."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return "is not text, and YAML changes what is not in quotes; write a branch, a tag or a commit in quotes."
    if NO_VERSION.search(str(value)):
        return f"{str(value)!r} cannot be a branch, a tag or a commit; correct it."
    return ""


def _source_problems(source: str, inventories: Sequence[str]) -> list[Finding]:
    found = find_source(source, inventories)
    if found and found.is_dir():
        return []
    places = "" if source.startswith(("/", "~")) else f" below {' or '.join(map(str, search_path(inventories)))}"
    text = (
        f"{source or repr(source)} is not a directory on the controller{places}; write the path of the directory that "
        f"holds the DAG files, or set {GIT}."
    )
    return [Finding("dags-source-missing", SOURCE, text)]
