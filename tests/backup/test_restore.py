"""The host is lost, and new hosts with other names and addresses get the stack back. After test_backup.py."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.backup.conftest import REST, SECRETS, Stack
from tests.lab.docker import docker
from tests.support.filled import AWKWARD
from tests.support.guarded import kill
from tests.support.wait import wait
from tests.tables import groups

if TYPE_CHECKING:
    from tests.support.ansible import Played

RESTORE = "playbooks/restore_airflow.yml"
WORKER = [service for service, group in groups().items() if group == "airflow_worker"]
CONTROL = [service for service in groups() if service not in WORKER]


@pytest.fixture(scope="module")
def lost(stack: Stack) -> dict[str, Any]:
    """What the lost host had when it was backed up; it is destroyed."""
    stack.variables |= {"airflow_backup_repository": REST, "airflow_backup_append_only": True}
    stack.done("playbooks/schedule_airflow_backups.yml")
    found = {"data": stack.data(), "files": stack.files(), "set": stack.backup()}
    found["admin"] = stack.keeper.ssh(f"cat {SECRETS}/admin_password")
    docker("rm", "--force", "--volumes", stack.keeper.variables["lab_container"])
    return found


@pytest.fixture(scope="module")
def new(lost: dict[str, Any], opened: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """Two new hosts for the stack. Nothing comes from the lost one."""
    assert lost
    found = Stack({"second": CONTROL, "third": WORKER}, tmp_path_factory.mktemp("new"))
    found.variables |= {**opened, "airflow_backup_repository": REST, "airflow_backup_append_only": True}
    return found


def times(run: Played) -> str:
    """Return how long a run took, for the documentation."""
    return f"{run.seconds:.0f} s"


def test_new_hosts_get_the_lost_stack(new: Stack, lost: dict[str, Any]) -> None:
    run = new.done(RESTORE)
    print(f"restored onto two bare hosts with Docker in {times(run)}")
    assert f"Restoring backup {lost['set']} of first" in run.output
    assert new.data() == lost["data"]
    assert new.files() == lost["files"]
    assert new.login("admin", lost["admin"]) == "200"
    assert new.login("ann", AWKWARD) == "200"
    assert new.run_of("news_fetcher", "after") == "success"


def test_the_next_run_changes_nothing_that_was_restored(new: Stack, lost: dict[str, Any]) -> None:
    new.done("site.yml")
    assert set(new.done("site.yml").changes.values()) == {0}
    assert new.data() == lost["data"]


def test_a_set_of_several_hosts(new: Stack) -> None:
    new.hosts["third"].ssh("mkdir -p /usr/local/projects/notes && echo of third > /usr/local/projects/notes/file")
    name = new.backup()
    said = new.keeper.ssh("airflow-backup status")
    assert "it lacks the files of" not in said
    before = new.data()
    # Newer data on both hosts, which the restore replaces and keeps.
    new.sql("DELETE FROM connection; INSERT INTO dag_tag SELECT 'newer', dag_id FROM dag LIMIT 1;")
    new.hosts["third"].ssh("echo newer > /usr/local/projects/notes/file")
    run = new.done(RESTORE, airflow_restore_snapshot=name, airflow_restore_replace=True)
    print(f"restored over newer data in {times(run)}")
    assert new.data() == before
    assert new.hosts["third"].ssh("cat /usr/local/projects/notes/file") == "of third\n"
    assert new.hosts["third"].ssh("cat /usr/local/projects/.replaced_*/notes/file") == "newer\n"
    (kept,) = [name for name in new.sql("SELECT datname FROM pg_database").split() if "airflow_replaced_" in name]
    assert new.sql("SELECT count(*) FROM connection", kept).strip() == "0"
    assert new.run_of("news_fetcher", "again") == "success"


@pytest.mark.parametrize("step", ["restore_files | Restore the files", "restore_databases | Restore the databases"])
def test_a_killed_restore_is_refused_by_site_and_run_again(new: Stack, step: str) -> None:
    before = new.data()
    variables = {**new.variables, "airflow_restore_replace": True}
    process = new.lab.start(RESTORE, **variables)
    marker = "test -e /var/lib/airflow-stack/restore.json"
    wait(lambda: new.keeper.run(marker).returncode == 0, 300, "the begin of the restore")
    if "databases" in step:
        query = "SELECT 1 FROM pg_database WHERE datname LIKE 'restoring%'"
        wait(
            lambda: (
                "1" in new.keeper.run("docker exec -i airflow-postgres-1 psql -U airflow -At postgres", query).stdout
            ),
            300,
        )
    print(f"killed {time.strftime('%X')} at {step}")
    kill(process)
    assert process.returncode == -signal.SIGKILL
    refused = new.play("site.yml")
    assert refused.code != 0
    assert "was interrupted. Run playbooks/restore_airflow.yml again" in refused.output
    new.done(RESTORE)
    assert new.keeper.run(marker).returncode == 1
    assert new.data() == before
