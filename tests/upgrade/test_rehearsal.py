"""The migrations of an upgrade, rehearsed on a copy of a database with years of history."""

from __future__ import annotations

import os
import re
import signal
from typing import TYPE_CHECKING

import pytest

from tests.support.wait import wait
from tests.upgrade.conftest import BETWEEN, NEW, OLD, REHEARSE
from tests.upgrade.filled import LARGE, statements

if TYPE_CHECKING:
    from tests.upgrade.conftest import Host

STORED = """
  SELECT version_num FROM alembic_version;
  SELECT count(*) FROM dag_run; SELECT count(*) FROM task_instance; SELECT count(*) FROM xcom;
"""
# Whether a migration runs in a container.
MIGRATING = "docker ps -q --filter name=airflow-upgrade-migration | grep -q ."


@pytest.fixture(scope="module", autouse=True)
def _history(host: Host) -> None:
    if host.sql("SELECT count(*) FROM dag WHERE dag_id = 'history_1'") == "0\n":
        host.sql(statements(*LARGE))


def unchanged(host: Host) -> tuple[str, str]:
    """What a rehearsal must not change: the containers and the database."""
    containers = host.ssh("docker ps -a --format '{{.ID}} {{.Names}} {{.State}}' | sort")
    return containers, host.sql(STORED)


def test_check_mode_plans_and_copies_nothing(host: Host) -> None:
    before = unchanged(host)
    run = host.play(REHEARSE, "--check", airflow_version=NEW)
    assert run.code == 0, run.output
    assert f"Airflow {BETWEEN} migrates it to revision 5f2621c13b39" in run.output
    assert f"Airflow {NEW} migrates it to revision d2f4e1b3c5a7" in run.output
    assert "Changes: the API is /api/v2" in run.output
    assert unchanged(host) == before


def test_the_whole_way(host: Host) -> None:
    host.sql("INSERT INTO connection (conn_id, conn_type) VALUES ('old', 'no_such_type') ON CONFLICT DO NOTHING")
    before = unchanged(host)
    run = host.play(REHEARSE, airflow_version=NEW)
    assert run.code == 0, run.output
    assert "and all rows that an upgrade keeps" in run.output
    assert f"image of Airflow {NEW} knows the type no_such_type of connection old." in run.output
    assert run.output.count("knows the type") == 1
    assert "The Fernet key decrypts its" in run.output
    assert f"Airflow {NEW} migrated the copy in" in run.output
    print("\n".join(line for line in run.output.splitlines() if "copy" in line))
    assert (unchanged(host), host.left()) == (before, "")


def test_less_history(host: Host) -> None:
    """All of it is old; the last run of each DAG stays."""
    before = unchanged(host)
    run = host.play(REHEARSE, airflow_version=BETWEEN, airflow_upgrade_history_days=90)
    assert run.code == 0, run.output
    assert re.search(r"Deleting old history left 20 of 20\d\d\d rows of dag_run", run.output), run.output
    assert unchanged(host) == before


def test_an_upgrade_that_is_killed_and_repeated(host: Host) -> None:
    process = host.start(REHEARSE, airflow_version=BETWEEN)
    wait(lambda: host.run(MIGRATING).returncode == 0 or process.poll() is not None, 300, "the migration")
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    host.ssh("pkill -9 -x python3")
    assert host.left() != ""
    run = host.play(REHEARSE, airflow_version=BETWEEN)
    assert run.code == 0, run.output
    assert host.left() == ""


def test_a_wrong_key_is_found(host: Host) -> None:
    """As after a restored database whose secrets belong to another stack."""
    host.sql("CREATE TABLE kept AS SELECT password FROM connection WHERE conn_id = 'c7'")
    host.sql("UPDATE connection SET password = 'gAAAAABh' || substr(password, 9) WHERE conn_id = 'c7'")
    try:
        run = host.play(REHEARSE, airflow_version=BETWEEN)
    finally:
        host.sql("UPDATE connection SET password = (SELECT password FROM kept) WHERE conn_id = 'c7'; DROP TABLE kept;")
    assert run.code != 0
    assert "does not decrypt 1 texts in connection: they were saved with another key" in run.output
    assert host.left() == ""


def test_a_view_that_a_migration_cannot_change(host: Host) -> None:
    """As people create them for dashboards."""
    host.sql("CREATE VIEW dashboard AS SELECT * FROM task_instance")
    try:
        run = host.play(REHEARSE, airflow_version=NEW)
    finally:
        host.sql("DROP VIEW dashboard")
    assert run.code != 0
    assert re.search(r"the migration by Airflow \S+ failed: .*psycopg2\.errors\.\w+.*", run.output)
    assert "The stack was not changed." in run.output
    assert host.left() == ""


def test_nothing_to_do(host: Host) -> None:
    same = host.play(REHEARSE, airflow_version=OLD)
    assert same.code == 0, same.output
    assert f"the database already has the schema of Airflow {OLD}" in same.output


def test_the_refusal_of_site_yml_names_the_upgrade(host: Host) -> None:
    run = host.play("site.yml", airflow_version=NEW)
    assert run.code != 0
    assert "run playbooks/upgrade_airflow.yml" in run.output
    assert run.changed == 0
