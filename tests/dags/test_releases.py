"""Releases of a DAG tree: delivery, unchanged content, removal and rollback."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.support.wait import wait

if TYPE_CHECKING:
    from tests.dags.conftest import Host, Tree

RECEIVE = "airflow_dags : receive | Upload the release"
REFRESH = "airflow_dags : tell | Refresh the scheduler's DAGs"


def test_a_release_is_read_at_once_and_delivered_once(host: Host, delivered: Tree) -> None:
    assert {"first", "persian"} <= host.dags()
    release = host.current()
    manifest = json.loads(host.ssh("cat /usr/local/projects/airflow/dags/current/.release.json"))
    assert manifest["release"] == release
    # The manifest keeps the origin of the first delivery of this content.
    assert manifest["origin"]["path"].endswith("/dags")
    assert set(manifest["files"]) == {
        *("first.py", "team a/خبر.py", "empty.py", "ignored.py", ".airflowignore"),
        *("shared/__init__.py", "shared/deep/__init__.py", "shared/deep/tool.py"),
    }
    assert json.loads(host.airflow("variables", "get", "airflow_dags_release").splitlines()[-1])["release"] == release
    assert "touch: cannot touch" in host.ssh(
        "docker exec airflow-worker-1 touch /opt/airflow/dags/current/x 2>&1", check=False
    )
    started = host.ssh("docker inspect -f '{{.State.StartedAt}}' $(docker ps -q)")
    again = host.deliver(delivered)
    assert (again.code, again.changed, host.current()) == (0, 0, release), again.output
    assert host.ssh("docker inspect -f '{{.State.StartedAt}}' $(docker ps -q)") == started
    print(f"an unchanged run: {again.seconds:.1f} s")


def test_only_what_changed_is_sent_and_read(host: Host, delivered: Tree) -> None:
    before = host.current()
    delivered.dag("first.py", "first", tag="changed")
    delivered.dag("new/third.py", "third")
    (delivered.root / "team a" / "خبر.py").unlink()
    check = host.deliver(delivered, "--check")
    assert check.code == 0, check.output
    assert check.result(RECEIVE)["sent"] == ["first.py", "new/third.py"]
    assert host.current() == before
    run = host.deliver(delivered)
    assert run.code == 0, run.output
    result = run.result(RECEIVE)
    assert result["sent"] == ["first.py", "new/third.py"]
    assert result["changes"] == {"added": ["new/third.py"], "changed": ["first.py"], "removed": ["team a/خبر.py"]}
    assert "+first.py (changed)" in run.output
    assert run.result(REFRESH)["parsed"] == 2
    assert {"first", "third"} <= host.dags()
    assert "persian" not in host.dags()
    assert host.sql("SELECT name FROM dag_tag WHERE dag_id = 'first'").split() == ["changed"]
    print(f"two files changed: {run.seconds:.1f} s, refresh of the scheduler: {run.result(REFRESH)}")


def test_a_restored_dag_has_its_history(host: Host, delivered: Tree) -> None:
    run = host.trigger("first")
    wait(lambda: host.state(run) == "success")
    text = (delivered.root / "first.py").read_text(encoding="utf-8")
    (delivered.root / "first.py").unlink()
    assert host.deliver(delivered).code == 0
    assert "first" not in host.dags()
    delivered.text("first.py", text)
    assert host.deliver(delivered).code == 0
    assert "first" in host.dags()
    assert host.state(run) == "success"


def test_history_is_deleted_with_the_dag_on_request(host: Host, delivered: Tree) -> None:
    kept, gone = host.trigger("persian"), host.trigger("first")
    wait(lambda: host.state(gone) == host.state(kept) == "success")
    (delivered.root / "first.py").unlink()
    run = host.deliver(delivered, airflow_dags_delete_history=True)
    assert run.code == 0, run.output
    assert (host.state(gone), host.state(kept)) == ("", "success")
    assert host.sql("SELECT dag_id FROM dag WHERE dag_id = 'first'") == ""


def test_rollback_to_the_previous_release_or_to_a_named_one(host: Host, delivered: Tree) -> None:
    first = host.current()
    delivered.dag("second.py", "second")
    assert host.deliver(delivered).code == 0
    second = host.current()
    back = host.play("playbooks/rollback_airflow_dags.yml", "-v")
    assert back.code == 0, back.output
    assert host.current() == first
    assert "second" not in host.dags()
    print(f"rollback: {back.seconds:.1f} s")
    named = host.play("playbooks/rollback_airflow_dags.yml", "-v", airflow_dags_rollback_to=second)
    assert named.code == 0, named.output
    assert (host.current(), "second" in host.dags()) == (second, True)
    assert host.play("playbooks/rollback_airflow_dags.yml", airflow_dags_rollback_to=second).changed == 0
    unknown = host.play("playbooks/rollback_airflow_dags.yml", airflow_dags_rollback_to="000000")
    assert unknown.code != 0
    said = " ".join(unknown.output.split())
    assert "there is no release 000000" in said
    assert first in said
    assert host.current() == second


def test_old_releases_are_removed(host: Host, delivered: Tree) -> None:
    for number in range(3):
        delivered.text("shared/deep/tool.py", f"VALUE = {number}\n")
        assert host.deliver(delivered, airflow_dags_keep=2).code == 0
    assert len(host.releases()) == 2
    assert host.current() in host.releases()


def test_manual_changes_on_the_host_are_reverted(host: Host, delivered: Tree) -> None:
    release = host.current()
    host.ssh("cd /usr/local/projects/airflow/dags/current && echo broken > first.py && touch planted.py")
    run = host.deliver(delivered)
    assert run.code == 0, run.output
    assert (host.current(), run.changed) == (release, 1)
    there = host.ssh("cd /usr/local/projects/airflow/dags/current && cat first.py && ls")
    assert "broken" not in there
    assert "planted" not in there


LATE = """
import time
    print("STARTED")
    time.sleep(25)
    from shared.deep import late
    print("LATE", late.VALUE, "EARLY", tool.VALUE)
"""


def test_a_task_that_runs_during_the_switch(host: Host, delivered: Tree) -> None:
    """Imported modules stay; later imports come from the new release, as docs/dag_authors.md describes."""
    body = LATE.strip().replace("import time", "import time", 1)
    delivered.dag("running.py", "running", imports="from shared.deep import tool", body=body)
    delivered.text("shared/deep/late.py", "VALUE = 'old'\n")
    delivered.text("shared/deep/tool.py", "VALUE = 'old'\n")
    assert host.deliver(delivered).code == 0
    run = host.trigger("running")
    wait(lambda: "STARTED" in host.log(run))
    delivered.text("shared/deep/late.py", "VALUE = 'new'\n")
    delivered.text("shared/deep/tool.py", "VALUE = 'new'\n")
    assert host.deliver(delivered).code == 0
    wait(lambda: host.state(run) == "success")
    assert "LATE new EARLY old" in host.log(run)
