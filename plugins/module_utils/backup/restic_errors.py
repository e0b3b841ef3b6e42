"""What an error of restic means for the operator."""

from __future__ import annotations

import json
import re

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.settings import BackupError, Settings

# Exit codes of restic 0.17 and later. Earlier releases exit with 1 and say it in words only.
NO_REPOSITORY, LOCKED, WRONG_PASSWORD = 10, 11, 12
INCOMPLETE = 3
WORDS = {
    # Releases that ask whether there is a repository do so as well when the server does not answer.
    NO_REPOSITORY: re.compile(
        r"unable to open config file: .*(?:does not exist|no such file|\b404\b)|repository does not exist",
        re.IGNORECASE,
    ),
    LOCKED: re.compile(r"repository is already locked|unable to create lock", re.IGNORECASE),
    WRONG_PASSWORD: re.compile(r"wrong password or no key found"),
}


class NoRepositoryError(BackupError):
    """There is no repository at the place."""


def error_of(settings: Settings, command: str, code: int, said: str) -> BackupError:
    """Return the error for a failed command.

    Args:
        settings: The host's settings.
        command: The command of restic.
        code: Its exit code.
        said: Its error output.
    """
    place = shown(settings.repository)
    found = next((known for known, words in WORDS.items() if code == known or words.search(said)), code)
    if found == NO_REPOSITORY:
        return NoRepositoryError(
            f"{place} is no repository ({_last(said)}). Is its disk mounted, and airflow_backup_repository correct?"
        )
    if found == WRONG_PASSWORD:
        return BackupError(
            f"{place} was created with another password than the one in {settings.password_file}; set "
            "airflow_backup_password to it."
        )
    if found == LOCKED:
        return BackupError(f"another restic uses {place}: {_last(said)}")
    if found == INCOMPLETE:
        return BackupError(f"some files cannot be read: {_last(said)}")
    return BackupError(f"restic {command} failed with {place}: {_last(said)}")


def unread(said: str) -> list[str]:
    """Return the paths that ``restic backup --json`` could not read; ``/`` for an error without a path.

    Args:
        said: Its error output, with a JSON object for each error.
    """
    found = []
    for line in said.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict) and entry.get("message_type") == "error":
            found.append(str(entry.get("item") or "/"))
    return found or ["/"]


def shown(repository: str) -> str:
    """Return a repository without the password in its address."""
    return re.sub(r"(?<=://)[^/@]*@", "***@", repository)


def _last(said: str) -> str:
    """Return the last lines of an error, which name the cause."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return shown(" ".join(lines[-3:])) or "it gave no reason."
