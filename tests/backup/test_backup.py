"""Backups of a stack on one host, and what can go wrong with them. In the order of the file."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from tests.backup.conftest import REST, SECRETS, SETTINGS, Stack
from tests.support.hosts import cut_power, services_healthy
from tests.support.wait import wait

if TYPE_CHECKING:
    from tests.support.hosts import Remote

RESTIC = f"RESTIC_PASSWORD_FILE={SECRETS}/backup_password restic -r"


def failed(stack: Stack) -> str:
    """Make a backup that must fail, and return its error. No set may become complete by it."""
    before = stack.sets()
    done = stack.keeper.run("airflow-backup run")
    assert done.returncode == 1, done.stdout + done.stderr
    assert stack.sets() == before
    assert "FAILED since then: backup: " in stack.keeper.ssh("airflow-backup status")
    return done.stderr


def test_a_backup_over_sftp(stack: Stack) -> None:
    assert stack.backup() in stack.sets()
    stack.keeper.ssh("airflow-backup check && airflow-backup rehearse")
    said = stack.keeper.ssh("airflow-backup status")
    assert "last restore drill: " in said
    assert "FAILED" not in said


def test_no_secret_of_the_repository_is_readable(stack: Stack) -> None:
    modes = stack.keeper.ssh(f"stat -c '%n %a %u' {SECRETS} {SECRETS}/backup_* /var/lib/airflow-stack")
    assert [line for line in modes.splitlines() if line.split()[1] not in ("400", "700")] == []
    # On standard input, because sudo logs arguments.
    words = "password-of-the-repository\nrest-password-of-the-stack\nOPENSSH PRIVATE\n"
    assert stack.keeper.run("journalctl -o cat | grep -F -f <(cat)", words).stdout == ""
    assert stack.keeper.run("grep -rlF -f <(cat) /usr/local /etc/systemd /var/lib/airflow-stack", words).stdout == ""


def test_an_unchanged_run_changes_nothing(stack: Stack) -> None:
    assert stack.done("site.yml").changed == 0


def test_a_wrong_password_is_named(stack: Stack) -> None:
    path = f"{SECRETS}/backup_password"
    stack.keeper.ssh(f"cp -p {path} /root/right && echo wrong > {path}")
    try:
        done = stack.keeper.run("airflow-backup run")
        assert done.returncode == 1
        assert "was created with another password than the one in /etc/airflow/secrets/backup_password" in done.stderr
    finally:
        stack.keeper.ssh(f"mv /root/right {path}")
    run = stack.play("site.yml", airflow_backup_password="another")
    assert run.code != 0
    assert "airflow_backup_password differs from the value in /etc/airflow/secrets/backup_password" in run.output
    stack.done("site.yml")


def test_a_missing_repository_is_not_replaced_by_an_empty_one(stack: Stack, storage: Remote) -> None:
    storage.ssh("mv /srv/backups/sftp /srv/away")
    try:
        done = stack.keeper.run("airflow-backup run")
        assert done.returncode == 1
        assert "is no repository (" in done.stderr
        assert "Earlier backups were there" in done.stderr
        assert storage.run("test -e /srv/backups/sftp").returncode == 1
    finally:
        storage.ssh("rm -rf /srv/backups/sftp; mv /srv/away /srv/backups/sftp")


def test_a_killed_dump_leaves_no_complete_set(stack: Stack) -> None:
    before = stack.sets()
    # Each of several tries; not this command itself.
    kill = "timeout 120 bash -c \"while sleep 0.02; do pkill -KILL -f '[p]g_dump -U airflow -Fc.*large'; done\""
    with subprocess.Popen(stack.keeper.argv(kill)) as killer:
        done = stack.keeper.run("airflow-backup run")
        stack.keeper.run("pkill -f '[w]hile sleep 0.02'")
        killer.wait()
    assert done.returncode == 1, done.stdout + done.stderr
    assert "the dump of database large failed" in done.stderr
    assert stack.sets() == before
    assert stack.keeper.ssh("ls /var/lib/airflow-backup") == ""


@pytest.mark.parametrize("program", ["pg_dump -U airflow -Fc.*large", "restic .* backup"])
def test_a_power_cut_during_a_backup(stack: Stack, storage: Remote, program: str) -> None:
    """The dump and the lock that it leaves are removed by the next backup."""
    before = stack.sets()
    # As a slow disk or network: the cut finds it in the middle.
    stop = f"timeout 120 bash -c \"until pkill -STOP -f '[{program[0]}]{program[1:]}'; do sleep 0.02; done\""
    stopper = subprocess.Popen(stack.keeper.argv(stop))
    with subprocess.Popen(stack.keeper.argv("airflow-backup run")) as cut:
        assert stopper.wait() == 0
        if program.startswith("restic"):
            wait(lambda: bool(locks(storage)), 60, "the lock in the repository")
        cut_power(stack.keeper.variables["lab_container"])
        cut.wait()
    wait(lambda: stack.keeper.run("true").returncode == 0, 240, "SSH")
    assert stack.keeper.ssh("ls /var/lib/airflow-backup") != ""
    assert bool(locks(storage)) == program.startswith("restic")
    assert stack.sets() == before
    wait(lambda: services_healthy(stack.keeper), 600, "healthy services")
    name = stack.backup()
    assert stack.keeper.ssh("ls /var/lib/airflow-backup") == ""
    assert locks(storage) == ""
    stack.keeper.ssh(f"airflow-backup rehearse {name} && airflow-backup check")


def locks(storage: Remote) -> str:
    """Return the locks of the repository."""
    return storage.ssh("ls /srv/backups/sftp/locks")


def test_a_full_disk_keeps_the_last_good_set(stack: Stack) -> None:
    name = stack.backup()
    stack.keeper.ssh("mount -t tmpfs -o size=4m tmpfs /var/lib/airflow-backup")
    try:
        assert "MiB free; the dumps can take" in failed(stack)
    finally:
        stack.keeper.ssh("umount /var/lib/airflow-backup")
    # A repository on a disk that is full.
    stack.keeper.ssh("mkdir -p /mnt/small && mount -t tmpfs -o size=200m tmpfs /mnt/small")
    stack.done("playbooks/schedule_airflow_backups.yml", airflow_backup_repository="/mnt/small/airflow")
    good = stack.keeper.ssh("airflow-backup run").split("backup ")[-1].split()[0]
    stack.keeper.ssh("head -c 250M /dev/urandom > /usr/local/projects/notes/noise")
    try:
        assert "no space left" in failed(stack).lower()
        stack.keeper.ssh(f"airflow-backup rehearse {good}")
    finally:
        stack.keeper.ssh("rm /usr/local/projects/notes/noise; umount /mnt/small")
        stack.done("playbooks/schedule_airflow_backups.yml")
    stack.keeper.ssh(f"airflow-backup rehearse {name}")


def test_a_timer_waits_for_a_run_and_then_gives_up(stack: Stack) -> None:
    stack.keeper.ssh(f'sed -i \'s/"wait": 3600/"wait": 3/\' {SETTINGS}')
    with stack.lab.start("site.yml", **stack.variables) as run:
        wait(lambda: stack.keeper.run("test -e /var/lib/airflow-stack/lock.json").returncode == 0, 120, "the lock")
        started = time.monotonic()
        assert stack.keeper.run("systemctl start airflow-backup.service").returncode == 1
        assert time.monotonic() - started < 30
        run.communicate()
    said = stack.keeper.ssh("journalctl -u airflow-backup.service -o cat")
    assert "gave up after 3 s: another run holds the lock" in said
    assert run.returncode == 0
    assert stack.keeper.ssh("systemctl is-failed airflow-backup.service").strip() == "failed"
    # site.yml has written the settings again.
    stack.keeper.ssh("systemctl start airflow-backup.service")


def test_a_hook_that_fails_prevents_the_backup(stack: Stack) -> None:
    stack.keeper.ssh(
        "install -m 755 /dev/stdin /usr/local/bin/after", "#!/bin/sh\necho $1 $AIRFLOW_BACKUP_ERROR >/root/after\n"
    )
    hooks = {"airflow_backup_before": ["/bin/false"], "airflow_backup_after": ["/usr/local/bin/after", "told:"]}
    stack.done("playbooks/schedule_airflow_backups.yml", **hooks)
    assert "/bin/false failed with exit code 1" in failed(stack)
    assert stack.keeper.ssh("cat /root/after") == "told: /bin/false failed with exit code 1.\n"
    stack.done("playbooks/schedule_airflow_backups.yml", **{**hooks, "airflow_backup_before": []})
    stack.keeper.ssh("airflow-backup run")
    assert stack.keeper.ssh("cat /root/after") == "told:\n"
    stack.done("playbooks/schedule_airflow_backups.yml")


def test_an_append_only_server_keeps_what_a_thief_would_delete(stack: Stack) -> None:
    stack.variables |= {"airflow_backup_repository": REST, "airflow_backup_append_only": True}
    stack.done("playbooks/schedule_airflow_backups.yml")
    name = stack.backup()
    environment = " ".join(f"{key}={value}" for key, value in stack.variables["airflow_backup_environment"].items())
    # restic reports success.
    thief = stack.keeper.run(f"{environment} {RESTIC} {REST} forget latest")
    assert "403 Forbidden" in thief.stderr
    assert name in stack.sets()


@pytest.mark.parametrize("name", ["latest", "20200101T000000Z"])
def test_newer_data_are_only_replaced_with_consent(stack: Stack, name: str) -> None:
    run = stack.play("playbooks/restore_airflow.yml", airflow_restore_snapshot=name)
    assert run.code != 0
    words = "confirm by -e airflow_restore_replace=true" if name == "latest" else "has no complete backup 20200101"
    assert words in run.output
    assert run.changed == 0
    assert stack.keeper.ssh("docker inspect -f '{{.State.Health.Status}}' airflow-scheduler-1").strip() == "healthy"
