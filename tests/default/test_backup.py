"""The short form of scenario backup, on a deployed host: back up, lose the database and the secrets, restore."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.support.guarded import SECRETS, GuardedHost

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "default"
PSQL = "docker exec -i airflow-postgres-1 psql -v ON_ERROR_STOP=1 -U airflow -d postgres -At"


@pytest.fixture(scope="module")
def host() -> Iterator[GuardedHost]:
    """The host, whose Airflow runs again after the tests."""
    host = GuardedHost(NAME)
    before = host.secrets(), host.counts()
    yield host
    assert (host.secrets(), host.counts()) == before
    assert host.lock() == {}


def test_a_lost_database_and_lost_secrets_are_restored(host: GuardedHost) -> None:
    backup = host.play("playbooks/backup_airflow.yml")
    assert backup.code == 0, backup.output
    name = re.findall(r"last backup: (\d{8}T\d{6}Z)", backup.output)[-1]
    assert name in host.ssh("airflow-backup status").splitlines()
    password = host.ssh(f"cat {SECRETS}/backup_password")

    host.ssh(PSQL, "DROP DATABASE airflow WITH (FORCE);")
    host.ssh(f"mv {SECRETS} /root/lost")
    refused = host.play("playbooks/restore_airflow.yml")
    assert refused.code != 0
    assert "backup_password does not exist; set airflow_backup_password" in refused.output

    restored = host.play(
        "playbooks/restore_airflow.yml", airflow_backup_password=password, airflow_restore_replace=True
    )
    assert restored.code == 0, restored.output
    assert password not in restored.output
    assert " works." in restored.output
    host.ssh("diff -r /root/lost /etc/airflow/secrets && rm -r /root/lost")
    assert "restoring_" not in host.ssh(PSQL, "SELECT datname FROM pg_database;")


def test_the_drill_restores_the_newest_backup(host: GuardedHost) -> None:
    host.ssh("systemctl start airflow-backup-drill.service")
    said = host.ssh("journalctl -u airflow-backup-drill.service -o cat")
    assert "can be restored" in said, said
    assert "last restore drill: " in host.ssh("airflow-backup status")
    assert host.ssh("docker ps -a --filter label=ansible-airflow.drill -q") == ""


def test_a_flipped_byte_is_found(host: GuardedHost) -> None:
    pack = host.ssh("find /var/backups/airflow/data -type f -size +20k | head -1").strip()
    flip = f"f=open('{pack}','r+b'); f.seek(10000); b=f.read(1)[0]; f.seek(10000); f.write(bytes([b ^ 1]))"
    host.ssh('sed -i \'s/"check_subset": "10%"/"check_subset": "100%"/\' /etc/airflow/secrets/backup_settings')
    host.ssh("python3 -", flip)
    try:
        damaged = host.run("airflow-backup check")
        assert damaged.returncode == 1
        assert "restic check failed" in damaged.stderr
        assert "FAILED since then: check:" in host.ssh("airflow-backup status")
    finally:
        host.ssh("python3 -", flip)
    assert "no error was found" in host.ssh("airflow-backup check")
    assert "FAILED" not in host.ssh("airflow-backup status")
    host.ssh('sed -i \'s/"check_subset": "100%"/"check_subset": "10%"/\' /etc/airflow/secrets/backup_settings')
