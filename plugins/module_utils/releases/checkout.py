"""What `git` needs for a checkout on the controller, and what may be said about it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Git = Mapping[str, Any]

# Options of `git` in module options and in airflow_dags_git.
OPTIONS = {
    "repository": {"type": "str", "required": True},
    "version": {"type": "str", "required": True},
    "directory": {"type": "str", "default": "."},
    "key_file": {"type": "path"},
    "known_hosts": {"type": "str"},
}
# Longer texts are no paths, and may be a key.
LONGEST = 200
# User and password, or a token, in front of a host.
_LOGIN = re.compile(r"((?<=https://)|(?<=http://))[^/@\s]*@")


def without_login(text: str) -> str:
    """Return a text without the logins in its HTTP addresses."""
    return _LOGIN.sub("", text)


def checkout(cache: Path, git: Git) -> Path:
    """Return the directory of a repository's checkout.

    Args:
        cache: Directory of all checkouts.
        git: Options of `git`.
    """
    return cache / hashlib.sha256(git["repository"].encode()).hexdigest()[:16]


def problems(git: Git) -> dict[str, str]:
    """Return what is wrong with the options before anything is fetched: a sentence by option.

    Args:
        git: Options of `git`, or a value of ``airflow_dags_git``, which may lack some.
    """
    found = {}
    key_file, directory = str(git.get("key_file") or ""), str(git.get("directory") or ".")
    if key_file and not _is_key(key_file):
        # People also write the key itself.
        shown = "this" if "PRIVATE KEY" in key_file or "\n" in key_file or len(key_file) > LONGEST else key_file
        found["key_file"] = (
            f"{shown} is not the file of a private key on the controller; write the absolute path of one that may read "
            "the repository, not encrypted by ansible-vault."
        )
    if Path(directory).is_absolute() or ".." in Path(directory).parts:
        found["directory"] = f"{directory} must be below the repository's root; write a path without `..`."
    return found


def _is_key(path: str) -> bool:
    """Return whether a path is absolute, and its file can be a private key: no public one, and not encrypted."""
    try:
        file = Path(path).expanduser()
        with file.open("rb") as opened:
            return file.is_absolute() and not opened.read(100).startswith((b"$ANSIBLE_VAULT", b"ssh-", b"ecdsa-"))
    except (OSError, RuntimeError):
        # A name that is too long, or the home of a user who does not exist.
        return False


def module_options(git: Git, directory: Path, known_hosts: Path) -> dict[str, Any]:
    """Return the options of the module ansible.builtin.git.

    Args:
        git: Options of `git`.
        directory: The checkout.
        known_hosts: File with the known host keys, if the options have any.
    """
    # BatchMode: ssh fails instead of asking for a password or a passphrase, because nobody may be there to answer.
    ssh = ["-o BatchMode=yes", "-o ConnectTimeout=20"]
    if git["known_hosts"] is not None:
        ssh += ["-o StrictHostKeyChecking=yes", f"-o UserKnownHostsFile={known_hosts}"]
    options = {
        "repo": git["repository"],
        "version": git["version"],
        "dest": str(directory),
        "ssh_opts": " ".join(ssh),
        "force": True,
    }
    return options | ({"key_file": git["key_file"]} if git["key_file"] else {})


def origin(git: Git, commit: str) -> dict[str, str]:
    """Return the origin of a release for its manifest.

    Args:
        git: Options of `git`.
        commit: The commit that was checked out.
    """
    return {
        "repository": without_login(git["repository"]),
        "version": git["version"],
        "commit": commit,
        "directory": git["directory"],
    }
