"""Where the DAGs come from: a directory of the controller, or a repository."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.dags import KEYS, dags_problems
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.releases.checkout import OPTIONS

GIT = {"repository": "https://git.example.com/team/dags.git", "version": "main"}


def problems(git: Any, source: str = "missing") -> list[Any]:
    return dags_problems({"airflow_dags_git": git, "airflow_dags_source": source}, [])


def test_the_keys_are_those_of_the_module() -> None:
    assert set(KEYS) == set(OPTIONS)


@pytest.mark.parametrize(
    "repository",
    [
        "https://git.example.com/team/dags.git",
        "https://token@git.example.com:8443/dags",
        "ssh://git@[fd00::1]:2222/dags",
        "git@git.example.com:team/dags.git",
        "host:dags",
        "file:///srv/dags.git",
        "codecommit::eu-central-1://dags",
        "/",
    ],
)
def test_repositories(repository: str) -> None:
    assert problems({**GIT, "repository": repository}) == []


@pytest.mark.parametrize(
    "repository",
    [
        "git.example.com/team/dags",
        "dags",
        "../dags",
        "~/dags",
        "/srv/there/is/no/such/repository",
        "https://git.example.com/my dags",
        "--upload-pack=x:y",
        "https://",
        7,
        ["https://git.example.com/dags"],
    ],
)
def test_impossible_repositories(repository: Any) -> None:
    (problem,) = problems({**GIT, "repository": repository})
    assert problem.id == "dags-git-repository-invalid"
    assert problem.place == "airflow_dags_git.repository"


def test_a_token_is_not_shown() -> None:
    (problem,) = problems({**GIT, "repository": "https://find-me@git.example.com/my dags"})
    assert "find-me" not in problem


@pytest.mark.parametrize(
    "version", ["main", "v1.10", "feature/x-1", "0123abc", 7, "HEAD~1", "refs/tags/v1", "origin/main", "ü"]
)
def test_versions(version: Any) -> None:
    assert problems({**GIT, "version": version}) == []


@pytest.mark.parametrize("version", [1.1, True, ["main"], {"branch": "main"}])
def test_versions_that_need_quotes(version: Any) -> None:
    (problem,) = problems({**GIT, "version": version})
    assert problem.id == "dags-git-version-invalid"
    assert "in quotes" in problem


@pytest.mark.parametrize(
    "version", ["a b", "a..b", "-f", "a:b", "a?", "*", "a[1]", "a\\b", "main/", "/main", "a//b", "x.lock", "x.", "a\n"]
)
def test_impossible_versions(version: str) -> None:
    (problem,) = problems({**GIT, "version": version})
    assert problem.id == "dags-git-version-invalid"
    assert problem.startswith(f"airflow_dags_git.version: {version!r} cannot be")


@pytest.mark.parametrize(
    ("git", "missing"),
    [
        ({"version": "main"}, "repository"),
        ({"repository": "host:dags"}, "version"),
        ({"repository": "host:dags", "version": ""}, "version"),
        ({"repository": None, "version": None}, "repository and version"),
        ({"directory": "dags"}, "repository and version"),
    ],
)
def test_an_incomplete_repository(git: dict[str, Any], missing: str) -> None:
    (problem,) = problems(git)
    assert problem.id == "dags-git-incomplete"
    assert problem.startswith(f"airflow_dags_git: lacks {missing}; set both, or remove airflow_dags_git")


@pytest.mark.parametrize(("key", "hint"), [("ref", "the keys are repository, version"), ("keyfile", "mean key_file?")])
def test_an_unknown_key(key: str, hint: str) -> None:
    (problem,) = problems({**GIT, key: "x"})
    assert problem.id == "dags-git-key-unknown"
    assert problem.startswith(f"airflow_dags_git.{key}: the key is unknown;")
    assert hint in problem


@pytest.mark.parametrize(
    ("options", "place", "words"),
    [
        ({"key_file": "/nowhere/key"}, "key_file", "/nowhere/key is not the file"),
        ({"key_file": "~nobody-of-this-name/key"}, "key_file", "is not the file"),
        ({"key_file": "-----BEGIN OPENSSH PRIVATE KEY-----\nYWJj\n"}, "key_file", "this is not the file"),
        ({"key_file": f"-----BEGIN PRIVATE KEY----- {'YWJj' * 999}"}, "key_file", "this is not the file"),
        ({"directory": "../dags"}, "directory", "../dags must be below the repository's root"),
        ({"directory": "/dags"}, "directory", "/dags must be below the repository's root"),
    ],
)
def test_what_cannot_be_checked_out(options: dict[str, Any], place: str, words: str) -> None:
    (problem,) = problems({**GIT, **options})
    assert (problem.id, problem.place) == ("dags-git-checkout-invalid", f"airflow_dags_git.{place}")
    assert words in problem
    assert "YWJj" not in problem


@pytest.mark.parametrize("git", ["host:dags", [GIT]])
def test_a_repository_is_a_dict(git: Any) -> None:
    (problem,) = problems(git)
    assert problem.id == "type-wrong"


def test_a_source_is_a_directory(tmp_path: Path) -> None:
    (tmp_path / "dags").mkdir()
    (tmp_path / "file").touch()
    for inventories, source, wrong in (
        ([str(tmp_path)], "dags", False),
        ([], str(tmp_path / "dags"), False),
        ([str(tmp_path)], "file", True),
        ([str(tmp_path)], "missing", True),
        ([], "", True),
        ([], "/srv/there/is/no/such/directory", True),
    ):
        for git in ({}, None):
            found = dags_problems({"airflow_dags_git": git, "airflow_dags_source": source}, inventories)
            assert [problem.id for problem in found] == ["dags-source-missing"] * wrong
            assert all(str(tmp_path) in problem for problem in found if inventories)
    # A repository replaces the directory.
    assert problems(GIT, "missing") == []
