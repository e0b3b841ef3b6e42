"""DAGs from a git repository over SSH: delivery of versions, and refusal of wrong servers, keys and versions."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.dags.conftest import DAG, LAB, STORE
from tests.lab.names import INSTANCES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.dags.conftest import Host
    from tests.support.ansible import Played

# Seconds; enough for a busy machine. A prompt for input would never return.
SOON = 120


def make_key(path: Path, passphrase: str = "") -> str:
    """Generate a key pair and return the public key."""
    argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", "delivery-test", "-f", str(path)]
    subprocess.run(argv, check=True)
    return path.with_suffix(".pub").read_text(encoding="utf-8").strip()


class Repository:
    """A repository on the host, served over SSH by a separate user that accepts a single key."""

    def __init__(self, host: Host, directory: Path) -> None:
        self.host, self.work, self.key = host, directory / "work", directory / "key"
        self.address = host.remote.variables["ansible_host"]
        # A unique path, so that the controller has no cache of an earlier repository.
        self.path = f"/home/dagsgit/{time.time_ns()}.git"
        self.url = f"ssh://dagsgit@{self.address}{self.path}"
        lines = (INSTANCES / LAB / "known_hosts").read_text(encoding="utf-8").splitlines()
        self.known_hosts = "\n".join(line for line in lines if self.address in line.split()[0].split(","))
        self.commits: list[str] = []

    def serve(self) -> None:
        """Create the repository on the host with three commits: the first has a tag, the last is the branch head."""
        public = make_key(self.key)
        self.host.ssh(
            "set -e; command -v git || (apt-get update && apt-get install -y --no-install-recommends git) >&2; "
            "id dagsgit || useradd --create-home --shell /usr/bin/git-shell --password '*' dagsgit; "
            "install -d -o dagsgit -g dagsgit -m 0700 ~dagsgit/.ssh; "
            f"echo '{public}' >~dagsgit/.ssh/authorized_keys; "
            f"git init --quiet --bare --initial-branch main {self.path}; chown -R dagsgit: {self.path} ~dagsgit/.ssh"
        )
        self.git("init", "--quiet", "--initial-branch", "main", str(self.work), inside=False)
        for number in range(3):
            (self.work / "dags").mkdir(exist_ok=True)
            text = DAG.format(name="from_git", tag=f"commit{number} {self.path}", imports="", body="pass")
            (self.work / "dags" / "from_git.py").write_text(text, encoding="utf-8")
            self.git("add", ".")
            self.git("commit", "--quiet", "--message", f"Commit {number}")
            self.commits.append(self.git("rev-parse", "HEAD"))
            if number == 0:
                self.git("tag", "--annotate", "--message", "First", "v1")
        self.git("push", "--quiet", "--tags", self.url, "main")

    def remove(self) -> None:
        """Remove the repository, its user, and the controller's cache of it."""
        self.host.ssh("userdel --remove dagsgit 2>/dev/null", check=False)
        kept = Path.home() / ".cache" / "ansible-airflow" / "dags" / hashlib.sha256(self.url.encode()).hexdigest()[:16]
        shutil.rmtree(kept, ignore_errors=True)
        kept.with_name(f"{kept.name}.known_hosts").unlink(missing_ok=True)

    def git(self, *arguments: str, inside: bool = True) -> str:
        """Run git on the controller."""
        known = self.work.parent / "known_hosts"
        known.write_text(f"{self.known_hosts}\n", encoding="utf-8")
        ssh = f"ssh -F none -i {self.key} -o UserKnownHostsFile={known} -o StrictHostKeyChecking=yes -o BatchMode=yes"
        who = {
            f"GIT_{role}_{what}": "test@example.com" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
        }
        environment = {**os.environ, **who, "GIT_SSH_COMMAND": ssh, "GIT_CONFIG_GLOBAL": "/dev/null"}
        argv = ["git", *(("-C", str(self.work)) if inside else ()), *arguments]
        return subprocess.run(argv, env=environment, capture_output=True, text=True, check=True).stdout.strip()

    def deliver(self, version: str, **other: Any) -> Played:
        """Deliver a version of the repository."""
        source = {"repository": self.url, "directory": "dags", "key_file": str(self.key)}
        source |= {"known_hosts": self.known_hosts, "version": version, **other}
        return self.host.play("playbooks/sync_airflow_dags.yml", "-v", airflow_dags_git=source)


@pytest.fixture
def repository(host: Host, tmp_path: Path) -> Iterator[Repository]:
    """A served repository, removed afterwards. Delivered DAGs are kept on the host, as in the other tests."""
    repository = Repository(host, tmp_path)
    try:
        repository.serve()
        yield repository
    finally:
        repository.remove()


def refused(repository: Repository, *expected: str, version: str = "main", **other: Any) -> None:
    """Deliver a version that cannot be fetched: the run fails soon with the cause, and changes nothing."""
    host = repository.host
    before, releases = host.current(), host.releases()
    run = repository.deliver(version, **other)
    assert run.code != 0
    said = " ".join(run.output.split())
    for text in (*expected, "nothing was changed"):
        assert text in said, run.output
    assert run.seconds < SOON
    assert (run.changed, host.current(), host.releases()) == (0, before, releases)


def test_branch_tag_and_commit(host: Host, repository: Repository) -> None:
    first, second, last = repository.commits
    for version, commit in (("main", last), ("v1", first), (second, second)):
        run = repository.deliver(version)
        assert run.code == 0, run.output
        there = host.ssh(f"cat {STORE}/current/from_git.py")
        assert there.strip() == repository.git("show", f"{commit}:dags/from_git.py")
        manifest = json.loads(host.ssh(f"cat {STORE}/current/.release.json"))
        expected = {"repository": repository.url, "version": version, "commit": commit, "directory": "dags"}
        assert manifest["origin"] == expected
    assert "from_git" in host.dags()
    release = host.current()
    again = repository.deliver(second)
    assert (again.code, again.changed, host.current()) == (0, 0, release), again.output


def test_a_server_with_another_key(repository: Repository, tmp_path: Path) -> None:
    other = " ".join(make_key(tmp_path / "other").split()[:2])
    refused(repository, "Host key verification failed", repository.url, known_hosts=f"{repository.address} {other}")


@pytest.mark.parametrize("wrong", ["missing", "not accepted", "with a passphrase"])
def test_a_key_without_access(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    """ssh does not prompt: the program in SSH_ASKPASS is not called."""
    asked, program = tmp_path / "asked", tmp_path / "ask.sh"
    program.write_text(f"#!/bin/sh\ntouch '{asked}'\nexec sleep {2 * SOON}\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("SSH_ASKPASS", str(program))
    monkeypatch.setenv("SSH_ASKPASS_REQUIRE", "force")
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    key = tmp_path / "wrong"
    if wrong == "missing":
        refused(repository, f"airflow_dags_git.key_file: {key} is not the file", key_file=str(key))
        return
    make_key(key, "" if wrong == "not accepted" else "secret")
    refused(repository, "Permission denied", repository.url, key_file=str(key))
    assert not asked.exists()


def test_a_version_that_does_not_exist(repository: Repository) -> None:
    refused(repository, repository.url, "at v999 cannot be fetched", version="v999")
