"""The action airflow_tree_snapshot in runs of Ansible, with directories and repositories of the controller."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[4]
MODULE = "ansible_airflow.airflow.airflow_tree_snapshot"
HOSTS = 4
# Git without the settings of the user who runs the tests.
ALONE = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
AUTHOR = {f"GIT_{role}_{what}": "test" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


def git(directory: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", "-C", directory, *arguments],
        env={**os.environ, **ALONE, **AUTHOR},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


def commit(repository: Path, text: str) -> str:
    (repository / "dags" / "news.py").write_text(text, encoding="utf-8")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "--message", text)
    return git(repository, "rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    directory = tmp_path / "repository"
    (directory / "dags").mkdir(parents=True)
    git(directory, "init", "--quiet", "--initial-branch", "main")
    commit(directory, "first")
    return directory


def play(tmp_path: Path, options: dict[str, Any], between: str = "true") -> list[dict[str, Any]]:
    """Take a snapshot, run a command on the controller, take it again; return the results of all hosts."""
    take = {MODULE: {**options, "cache": str(tmp_path / "cache")}, "ignore_errors": True, "delegate_to": "localhost"}
    results = str(tmp_path / "results-{{ inventory_hostname }}.json")
    # Ansible deletes the copy at the end of the run.
    read = "{{ lookup('ansible.builtin.file', second.tree ~ '/news.py') if second.tree is defined else '' }}"
    content = "{{ {'first': first, 'second': second, 'news': news, 'there': first.tree | default('')} | to_json }}"
    tasks = [
        {"name": "First", **take, "register": "first"},
        {"name": "Between", "ansible.builtin.command": between, "run_once": True, "delegate_to": "localhost"},
        {"name": "Second", **take, "register": "second"},
        {"name": "Read", "ansible.builtin.set_fact": {"news": read}},
        {"name": "Keep", "ansible.builtin.copy": {"content": content, "dest": results, "mode": "0600"}},
    ]
    book = tmp_path / "play.yml"
    book.write_text(yaml.safe_dump([{"name": "Take", "hosts": "all", "gather_facts": False, "tasks": tasks}]))
    names = [f"host{number}" for number in range(HOSTS)]
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "-i", ",".join(names), "-c", "local", book, "-vvv"],
        cwd=ROOT,
        env={**os.environ, **ALONE, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (tmp_path / "output").write_text(done.stdout + done.stderr)
    return [json.loads((tmp_path / f"results-{name}.json").read_text("utf-8")) for name in names]


def test_a_file_that_is_saved_during_the_run(tmp_path: Path, repository: Path) -> None:
    dags = repository / "dags"
    found = play(tmp_path, {"src": str(dags)}, between=f"sed -i s/first/second/ {dags}/news.py")
    assert {host["news"] for host in found} == {"first"}
    assert len({host[name]["release"] for host in found for name in ("first", "second")}) == 1
    assert found[0]["first"]["origin"] == {"path": str(dags)}
    assert (dags / "news.py").read_text() == "second"
    # The copies are gone.
    assert not any(Path(host["there"]).exists() for host in found)


def test_a_branch_that_moves_during_the_run(tmp_path: Path, repository: Path) -> None:
    before = git(repository, "rev-parse", "HEAD")
    move = f"git -C {repository} -c user.name=t -c user.email=t commit --allow-empty --quiet --amend --message moved"
    options = {"git": {"repository": str(repository), "version": "main", "directory": "dags"}}
    found = play(tmp_path, options, between=move)
    assert git(repository, "rev-parse", "HEAD") != before
    assert {host["second"]["origin"]["commit"] for host in found} == {before}
    # The next run gets what the branch has now, through the same checkout.
    after = commit(repository, "third")
    found = play(tmp_path, options)
    assert {(host["second"]["origin"]["commit"], host["news"]) for host in found} == {(after, "third")}


def test_a_checkout_that_a_killed_run_left_half_done(tmp_path: Path, repository: Path) -> None:
    options = {"git": {"repository": str(repository), "version": "main", "directory": "dags"}}
    play(tmp_path, options)
    (checkout,) = [path for path in (tmp_path / "cache").iterdir() if path.is_dir()]
    (checkout / ".git" / "index.lock").touch()
    commit(repository, "second")
    assert {host["news"] for host in play(tmp_path, options)} == {"second"}
    # A clone that ended before git made it a repository.
    shutil.rmtree(checkout / ".git")
    commit(repository, "third")
    assert {host["news"] for host in play(tmp_path, options)} == {"third"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"version": "v999"}, ["at v999 cannot be fetched", "git reports"]),
        ({"directory": "pipelines"}, ["has no directory pipelines"]),
        ({"directory": "../.."}, ["directory: ../.. must be below"]),
        ({"key_file": "/nonexistent/key"}, ["key_file: /nonexistent/key is not the file"]),
        ({"repository": "http://jane:token4711@127.0.0.1:9/dags.git"}, ["http://127.0.0.1:9/dags.git at main cannot"]),
    ],
)
def test_what_cannot_be_fetched(tmp_path: Path, repository: Path, options: dict[str, Any], words: list[str]) -> None:
    given = {"repository": str(repository), "version": "main", **options}
    found = play(tmp_path, {"git": given})
    for host in found:
        assert host["second"]["failed"]
        assert [word for word in [*words, "nothing was changed"] if word not in host["second"]["msg"]] == []
        assert "token4711" not in json.dumps(host)


def test_a_directory_that_cannot_become_a_release(tmp_path: Path, repository: Path) -> None:
    (repository / "dags" / "passwd").symlink_to("/etc/passwd")
    found = play(tmp_path, {"src": str(repository / "dags")})
    assert all(str(repository / "dags") in host["first"]["msg"] for host in found)
    assert all("absolute path /etc/passwd" in host["first"]["problems"][0] for host in found)
