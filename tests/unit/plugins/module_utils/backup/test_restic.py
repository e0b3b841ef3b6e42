"""What restic's errors mean, and how an sftp: repository is reached."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup import restic, restic_errors, settings

from .known import SETTINGS


@pytest.mark.parametrize(
    ("code", "said", "words"),
    [
        # Exit codes of 0.17 and later, and texts of 0.14.
        (10, "Fatal: repository does not exist", "is no repository (Fatal: repository does not exist). Is its disk"),
        (1, "Fatal: unable to open config file: stat /x/config: no such file or directory\nIs there a", "is no repo"),
        (1, "Fatal: unable to open config file: <config/> does not exist\nIs there a repository", "is no repo"),
        (1, "Fatal: unable to open config file: Lstat: file does not exist", "is no repository"),
        (1, "Fatal: unable to open config file: Stat: The specified key does not exist.", "is no repository"),
        (1, "Fatal: unable to open config file: unexpected HTTP response (404): 404 Not Found", "is no repository"),
        # Damage and other errors can contain these digits.
        (1, "error for pack 1f: hash mismatch, got 2062404598ac", "restic backup failed"),
        (1, "unable to open config file: dial tcp 10.0.0.1:54048: i/o timeout", "restic backup failed"),
        # The server is only down.
        (1, "unable to open config file: dial tcp: connection refused\nIs there a repository", "restic backup failed"),
        (12, "Fatal: wrong password or no key found", "was created with another password than the one in /etc/p"),
        (1, "Fatal: wrong password or no key found", "set airflow_backup_password to it"),
        (11, "unable to create lock in backend: repository is already locked by PID 7", "another restic uses"),
        (3, "error: open /x: permission denied\nWarning: at least one source file could not be read", "cannot be read"),
        (1, "Fatal: connection refused", "restic backup failed with /var/backups/airflow: Fatal: connection refused"),
        (1, "", "it gave no reason"),
    ],
)
def test_an_error_says_what_to_do(code: int, said: str, words: str) -> None:
    assert words in str(restic_errors.error_of(SETTINGS, "backup", code, said))


def test_a_missing_repository_is_not_a_wrong_password() -> None:
    missing, wrong = (restic_errors.error_of(SETTINGS, "cat", code, "") for code in (10, 12))
    assert isinstance(missing, restic_errors.NoRepositoryError)
    assert not isinstance(wrong, restic_errors.NoRepositoryError)


def test_a_password_in_an_address_is_never_shown() -> None:
    known = replace(SETTINGS, repository="rest:https://me:secret@backup.example.com/airflow")
    assert "secret" not in str(restic_errors.error_of(known, "init", 1, f"Fatal: {known.repository}: refused"))
    assert restic_errors.shown(known.repository) == "rest:https://***@backup.example.com/airflow"


@pytest.mark.parametrize(
    ("repository", "words", "command"),
    [
        ("/var/backups/airflow", {"ssh_key": "/k"}, ""),
        # Root's own configuration of SSH is used.
        ("sftp:me@host:/srv", {}, ""),
        ("sftp:me@host:/srv", {"ssh_key": "/k"}, "ssh -o BatchMode=yes -i /k -o IdentitiesOnly=yes me@host -s sftp"),
        (
            "sftp://me@host:2222//srv",
            {"ssh_known_hosts": "/h"},
            "ssh -o BatchMode=yes -p 2222 -o UserKnownHostsFile=/h -o StrictHostKeyChecking=yes me@host -s sftp",
        ),
    ],
)
def test_the_ssh_command(repository: str, words: dict[str, str], command: str) -> None:
    assert restic.ssh_command(replace(SETTINGS, repository=repository, **words)) == command


def test_missing_paths_are_found_before_restic_ignores_them() -> None:
    with pytest.raises(settings.BackupError, match="these paths do not exist: /nowhere"):
        restic.Restic(SETTINGS).backup(["/etc", "/nowhere"], [])


def test_settings_of_another_version_are_refused() -> None:
    found: dict[str, Any] = {"host": "one", "colour": "red"}
    with pytest.raises(settings.BackupError, match=r"do not know .*colour.*; run site\.yml again"):
        settings.of(found)


def test_which_files_could_not_be_read() -> None:
    errors = [
        '{"message_type":"error","error":{"message":"lstat /a/b: no such file"},"during":"archival","item":"/a/b"}',
        '{"message_type":"error","error":{},"during":"scan","item":""}',
        "Warning: at least one source file could not be read",
    ]
    assert restic_errors.unread("\n".join(errors)) == ["/a/b", "/"]
    # Without a list, nothing is known to be harmless.
    assert restic_errors.unread("Fatal: x") == ["/"]
