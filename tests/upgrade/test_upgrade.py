"""Upgrades of a stack with years of history: completed, interrupted, failed, and undone."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab.names import REPO
from tests.support.hosts import services_healthy
from tests.support.wait import wait
from tests.upgrade.conftest import BETWEEN, NEW, OLD, REHEARSE
from tests.upgrade.filled import SMALL, statements

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.upgrade.conftest import Host

UPGRADE, ROLLBACK = "playbooks/upgrade_airflow.yml", "playbooks/rollback_airflow.yml"
RECORDS = "/var/lib/airflow-stack/upgrades"
# What an upgrade must keep: numbers of rows and checksums, in words that all releases understand.
KEPT = """
  SELECT 'runs', count(*), md5(string_agg(dag_id || run_id || state, ',' ORDER BY dag_id, run_id)) FROM dag_run
    WHERE dag_id LIKE 'history%';
  SELECT 'tasks', count(*), md5(string_agg(dag_id || task_id || run_id || state, ',' ORDER BY dag_id, task_id, run_id))
    FROM task_instance WHERE dag_id LIKE 'history%';
  SELECT 'connections', count(*),
    md5(string_agg(conn_id || host || password || coalesce(extra, ''), ',' ORDER BY conn_id))
    FROM connection WHERE conn_id LIKE 'c%';
  SELECT 'variables', count(*), md5(string_agg(key || val, ',' ORDER BY key)) FROM variable WHERE key LIKE 'v%';
  SELECT 'pools', count(*), md5(string_agg(pool || slots || coalesce(description, ''), ',' ORDER BY pool))
    FROM slot_pool;
  SELECT 'users', count(*), md5(string_agg(username || password || email, ',' ORDER BY username)) FROM ab_user;
  SELECT 'roles of users', count(*), md5(string_agg(username || name, ',' ORDER BY username, name))
    FROM ab_user_role AS r JOIN ab_user AS u ON u.id = user_id JOIN ab_role ON ab_role.id = role_id;
  SELECT 'paused', count(*), md5(string_agg(dag_id || is_paused, ',' ORDER BY dag_id)) FROM dag
    WHERE dag_id LIKE 'history%';
  SELECT 'notes', count(*), md5(string_agg(content, ',' ORDER BY content)) FROM dag_run_note;
"""
# A DAG that reads the database while it is parsed, as many do, and grants something to a role.
READS = """
from datetime import datetime
from airflow import DAG
from airflow.hooks.base import BaseHook
from airflow.models import Variable
from airflow.operators.bash import BashOperator
with DAG(
    dag_id="reads", schedule=None, start_date=datetime(2023, 1, 1), access_control={"Viewer": {"can_read"}}
):
    host = BaseHook.get_connection("c7").host
    BashOperator(task_id="echo", bash_command=f"echo {Variable.get('v7')} {Variable.get('v_none', 'x')} {host}")
"""
# A DAG that loads, but waits for ever, because there is no such pool, and whose template is old.
WAITS = """
from datetime import datetime
from airflow import DAG
from airflow.operators.bash import BashOperator
with DAG(dag_id="waits", schedule=None, start_date=datetime(2023, 1, 1)):
    BashOperator(task_id="echo", bash_command="echo {{ execution_date }}", pool="nowhere")
"""
# A DAG that loads until its stack has another release, as one does that asks the database by itself.
LATER = """
import os
from datetime import datetime
from airflow import DAG
if os.path.exists("/opt/airflow/dags/releases/.smoke"):
    raise RuntimeError("only the new stack sees this")
with DAG(dag_id="later", schedule=None, start_date=datetime(2023, 1, 1)):
    pass
"""
MIGRATING = "docker ps --filter name=airflow-upgrade-migration --format '{{{{.Image}}}}' | grep -q {}"
HISTORY = "cat /var/lib/airflow-stack/history.jsonl"
UNITS = ("airflow-watch.timer", "airflow-watch-alert.timer", "airflow-firewall.service")
LISTED = "docker ps -a --format '{{.ID}} {{.Names}} {{.State}}' | sort"
DATA = "/var/lib/docker/volumes/airflow_postgres_data/_data"
# The image, with a web server that ends at once.
SPOILED = """
FROM good:1
RUN rm "$(python -c 'import airflow, os; print(os.path.dirname(airflow.__file__))')/www/app.py"
"""
# Ends what is connected to the copy over the network.
CUT = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname LIKE 'airflow\\_copy%' AND client_addr IS NOT NULL
"""
# Moments of an upgrade, as they can be seen on the host, in their order.
MOMENTS = {
    "it has kept the files": f"ls {RECORDS}/*/upgrade.json",
    "the scheduler is stopped": "! docker ps --format '{{.Names}}' | grep -q airflow-scheduler-1",
    "the first migration runs": MIGRATING.format(BETWEEN),
    "the second migration runs": MIGRATING.format(NEW),
    "the new definition is written": f"grep -q apache/airflow:{NEW} /usr/local/projects/airflow/compose.yml",
    "the new services start": f"docker ps --format '{{{{.Image}}}} {{{{.Names}}}}' | grep -q '{NEW} airflow-webserver'",
}
# The restore of an upgrade that has put its copy of the database aside.
UNDOING = {
    "the copy is put aside": "docker exec airflow-postgres-1 psql -XqAt -U airflow -c "
    "\"SELECT datname FROM pg_database WHERE datname LIKE 'airflow_upgraded%'\" | grep -q .",
}
# Playbooks that have nothing to do until an interrupted upgrade is completed or undone.
WAITING = ("sync_airflow_dags", "seed_airflow_objects", "backup_airflow", "verify_airflow")


@pytest.fixture(scope="module", autouse=True)
def _history(host: Host) -> None:
    if host.sql("SELECT count(*) FROM dag WHERE dag_id = 'history_1'") == "0\n":
        host.sql(statements(*SMALL))


def release(host: Host) -> str:
    """The release that runs, as Airflow says."""
    return host.ssh("docker exec airflow-scheduler-1 airflow version 2>/dev/null").split()[-1]


def kept(host: Host) -> str:
    """What an upgrade must keep."""
    return host.sql(KEPT)


def runs_pipeline(host: Host) -> None:
    """Run the example DAG, whose tasks are containers and statements on a seeded connection."""
    run = f"run{time.time_ns()}"
    host.ssh("airflow dags unpause news_fetcher")
    host.ssh(f"airflow dags trigger --run-id {run} news_fetcher")

    def state() -> str:
        return host.sql(f"SELECT state FROM dag_run WHERE run_id = '{run}'").strip()  # noqa: S608

    wait(lambda: state() in ("success", "failed"), 300, f"the end of {run}")
    assert state() == "success"
    host.ssh("airflow dags pause news_fetcher")


def as_before(host: Host, before: str, version: str) -> None:
    """Check that a release runs as before a failed upgrade."""
    assert release(host) == version
    assert services_healthy(host)
    assert kept(host) == before
    assert host.run(f"ls -A {RECORDS}").stdout == ""
    assert host.ssh(f"systemctl is-active {' '.join(UNITS)}").split() == ["active"] * len(UNITS)
    run = host.play("site.yml", airflow_version=version)
    assert run.code == 0, run.output
    assert run.changed == 0, run.output


def databases(host: Host) -> list[str]:
    """Databases that upgrades have left."""
    found = host.sql("SELECT datname FROM pg_database WHERE datname LIKE 'airflow\\_%' ORDER BY 1")
    return [name.rsplit("_", 1)[0] for name in found.split()]


def forget_failed(host: Host) -> None:
    """Remove the databases of failed upgrades, as the message says."""
    for name in host.sql("SELECT datname FROM pg_database WHERE datname LIKE 'airflow\\_upgraded%'").split():
        host.ssh(f"docker exec airflow-postgres-1 dropdb -U airflow {name}")


def test_check_mode_shows_the_plan_and_changes_nothing(host: Host) -> None:
    before = host.ssh(LISTED), kept(host)
    run = host.play(UPGRADE, "--check", airflow_version=NEW)
    assert run.code == 0, run.output
    assert f"Airflow {NEW} migrates it to revision" in run.output
    assert (host.ssh(LISTED), kept(host)) == before
    assert host.run(f"ls -A {RECORDS}").stdout == ""
    part = host.play(UPGRADE, "--tags", "airflow_stack", airflow_version=NEW)
    assert part.code != 0
    assert "upgrade_airflow.yml only works as a whole" in part.output


def test_a_migration_whose_connection_is_cut(host: Host) -> None:
    before = kept(host)
    process = host.start(UPGRADE, airflow_version=NEW, airflow_upgrade_rehearse=False)
    wait(lambda: host.run(MOMENTS["the second migration runs"]).returncode == 0, 600, "the second migration")
    # Again and again, because a migration connects again.
    wait(lambda: host.sql(CUT) and host.run(MOMENTS["the second migration runs"]).returncode, 300, "its end")
    output, _ = process.communicate(timeout=900)
    assert process.returncode != 0
    assert f"the migration by Airflow {NEW} failed" in output
    assert f"Airflow {OLD} runs again as before" in output
    assert databases(host) == ["airflow_upgraded"]
    forget_failed(host)
    as_before(host, before, OLD)


def with_dags(folder: Path, **files: str) -> str:
    """A folder with the project's DAGs and further ones."""
    shutil.copytree(REPO / "dags", folder, dirs_exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    return str(folder)


def test_a_dag_that_only_fails_in_the_new_stack(host: Host, tmp_path: Path) -> None:
    before = kept(host)
    folder = with_dags(tmp_path, later=LATER)
    run = host.play(UPGRADE, airflow_version=BETWEEN, airflow_upgrade_rehearse=False, airflow_dags_source=folder)
    assert run.code != 0
    assert "only the new stack sees this" in run.output
    assert f"Airflow {OLD} runs again as before" in run.output
    forget_failed(host)
    as_before(host, before, OLD)


def test_all_findings_are_reported_at_once_and_stop_nothing(host: Host, tmp_path: Path) -> None:
    folder = with_dags(tmp_path, reads=READS, waits=WAITS, gone="from airflow.operators.subdag import SubDagOperator\n")
    # A user of the stack is called ann. Databases of Airflow before 2.4.3 have no such index.
    index = host.sql("SELECT indexdef FROM pg_indexes WHERE indexname = 'idx_ab_user_username'")
    host.sql("DROP INDEX idx_ab_user_username")
    host.sql("INSERT INTO ab_user (id, first_name, last_name, username, email) VALUES (98, 'a', 'b', 'Ann', 'b@x')")
    started = host.ssh("docker inspect -f '{{.State.StartedAt}}' airflow-scheduler-1")
    try:
        runs = [
            host.play(REHEARSE, airflow_version=NEW, airflow_dags_source=folder),
            host.play(UPGRADE, airflow_version=NEW, airflow_upgrade_rehearse=False, airflow_dags_source=folder),
        ]
    finally:
        host.sql("DELETE FROM ab_user WHERE id = 98")
        host.sql(index)
    for run in runs:
        assert run.code != 0
        assert re.search("names of the users (Ann and ann|ann and Ann) differ only in case", run.output)
        assert "gone.py" in run.output
        assert "there is no pool 'nowhere'" in run.output
        assert "waits.py:6 [template] Airflow 3 has no execution_date in templates" in run.output
        # It can read what it asks for.
        assert "reads.py:" not in run.output
    assert host.ssh("docker inspect -f '{{.State.StartedAt}}' airflow-scheduler-1") == started
    assert host.run(f"ls -A {RECORDS}").stdout == ""


def test_an_image_whose_services_do_not_start(host: Host) -> None:
    before = kept(host)
    image = f"apache/airflow:{BETWEEN}"
    host.ssh(f"docker pull -q {image}; docker tag {image} good:1")
    host.ssh(f"docker build -q -t {image} -", SPOILED)
    try:
        run = host.play(UPGRADE, airflow_version=BETWEEN, airflow_upgrade_rehearse=False, airflow_health_timeout=120)
    finally:
        host.ssh(f"docker tag good:1 {image}")
    assert run.code != 0
    assert "webserver" in run.output
    assert f"Airflow {OLD} runs again as before" in run.output
    forget_failed(host)
    as_before(host, before, OLD)


@contextmanager
def small_disk(host: Host, size: str) -> Iterator[None]:
    """Give Postgres a small file system of its own."""
    host.ssh("airflow-watch pause postgres --for 1h --owner test && docker stop airflow-postgres-1")
    host.ssh(f"cp -a {DATA} {DATA}.away && mount -t tmpfs -o size={size} tmpfs {DATA} && cp -a {DATA}.away/. {DATA}/")
    host.ssh(f"chown --reference={DATA}.away {DATA}; chmod --reference={DATA}.away {DATA}")
    host.ssh("docker start airflow-postgres-1 && airflow-watch resume --owner test")
    wait(lambda: services_healthy(host), 300, "healthy services")
    try:
        yield
    finally:
        host.ssh(f"airflow-watch pause postgres --for 1h --owner test; docker stop airflow-postgres-1; umount {DATA}")
        host.ssh(f"rm -rf {DATA}.away; docker start airflow-postgres-1 && airflow-watch resume --owner test")
        wait(lambda: services_healthy(host), 300, "healthy services")


def test_a_disk_that_fills_during_a_migration(host: Host) -> None:
    before = kept(host)
    with small_disk(host, "3g"):
        process = host.start(UPGRADE, airflow_version=NEW, airflow_upgrade_rehearse=False)
        wait(lambda: host.run(MOMENTS["the second migration runs"]).returncode == 0, 600, "the second migration")
        host.run(f"dd if=/dev/zero of={DATA}/fill bs=1M")
        output, _ = process.communicate(timeout=1800)
        assert process.returncode != 0
        assert f"the migration by Airflow {NEW} failed" in output, output[-5000:]
        assert f"Airflow {OLD} runs again as before" in output, output[-5000:]
        assert kept(host) == before
        host.ssh(f"rm {DATA}/fill")
        forget_failed(host)
        as_before(host, before, OLD)


def killed(host: Host, moment: str, **variables: Any) -> None:
    """Start an upgrade, and kill the controller at a moment of it."""
    process = host.start(UPGRADE, airflow_upgrade_rehearse=False, **variables)
    wait(lambda: host.run((MOMENTS | UNDOING)[moment]).returncode == 0 or process.poll() is not None, 600, moment)
    assert process.poll() is None, process.communicate()[0][-3000:]
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def test_an_interrupted_upgrade_can_be_undone(host: Host) -> None:
    before = kept(host)
    killed(host, "the first migration runs", airflow_version=NEW)
    refused = host.play("site.yml", airflow_version=OLD)
    assert refused.code != 0
    assert f"an upgrade from Airflow {OLD} to {NEW} was interrupted" in refused.output
    recorded = host.ssh(HISTORY)
    for name in WAITING:
        refused = host.play(f"playbooks/{name}.yml", airflow_version=OLD)
        assert (refused.code != 0, refused.changed) == (True, 0), refused.output
        assert f"an upgrade from Airflow {OLD} to {NEW} was interrupted" in refused.output
    killed(host, "the copy is put aside", airflow_version=NEW, airflow_upgrade_interrupted="restore")
    late = host.play(UPGRADE, airflow_version=NEW)
    assert late.code != 0
    assert "nothing was changed. The upgrade was being undone" in late.output
    assert host.ssh(HISTORY) == recorded
    run = host.play(UPGRADE, airflow_version=NEW, airflow_upgrade_interrupted="restore")
    assert run.code == 0, run.output
    assert f"Set airflow_version: {OLD}" in run.output
    forget_failed(host)
    as_before(host, before, OLD)


def test_a_controller_that_dies_six_times(host: Host) -> None:
    before = kept(host)
    for moment in MOMENTS:
        killed(host, moment, airflow_version=NEW)
        print(f"killed when {moment}")
    run = host.play(UPGRADE, airflow_version=NEW)
    assert run.code == 0, run.output
    assert release(host) == NEW
    assert kept(host) == before
    assert databases(host) == ["airflow_before"]
    again = host.play("site.yml", airflow_version=NEW)
    assert again.code == 0, again.output
    assert again.changed == 0, again.output
    runs_pipeline(host)


def test_the_rollback_needs_a_word(host: Host) -> None:
    run = host.play(ROLLBACK, airflow_version=NEW)
    assert run.code != 0
    # The run of the pipeline, and perhaps one of its schedule.
    assert re.search(r"lacks [12] runs of DAGs", run.output)
    assert "airflow_rollback_lose_runs=true" in run.output
    assert release(host) == NEW


def test_the_rollback(host: Host) -> None:
    run = host.play(ROLLBACK, airflow_version=NEW, airflow_rollback_lose_runs=True)
    assert run.code == 0, run.output
    last = json.loads(host.ssh(HISTORY).splitlines()[-1])
    assert (last["playbook"], last["airflow_version"], last["image"]) == (
        "rollback_airflow",
        OLD,
        f"apache/airflow:{OLD}",
    )
    forget_failed(host)
    as_before(host, kept(host), OLD)
    runs_pipeline(host)
    nothing = host.play(ROLLBACK, airflow_version=OLD, airflow_rollback_lose_runs=True)
    assert nothing.code != 0
    assert "No upgrade is kept on airflow1" in nothing.output


def test_series_by_series(host: Host, tmp_path: Path) -> None:
    before, folder = kept(host), with_dags(tmp_path, reads=READS)
    for version in (BETWEEN, NEW):
        started = time.monotonic()
        run = host.play(UPGRADE, airflow_version=version, airflow_dags_source=folder)
        assert run.code == 0, run.output
        print(f"upgrade to {version}: {time.monotonic() - started:.0f} s")
        assert release(host) == version
        assert kept(host) == before
        runs_pipeline(host)
    assert databases(host) == ["airflow_before", "airflow_before"]
    again = host.play("site.yml", airflow_version=NEW, airflow_upgrade_keep_days=0)
    assert again.code == 0, again.output
    assert (databases(host), host.run(f"ls -A {RECORDS}").stdout) == ([], "")
    assert json.loads(host.ssh("cat /usr/local/projects/airflow/config/migrated.json"))["version"] == NEW
