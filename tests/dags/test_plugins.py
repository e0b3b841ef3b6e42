"""Plugins are delivered as a release too: they are checked, and only the services that read them are restarted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.dags.conftest import Tree
from tests.support.wait import wait

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.dags.conftest import Host
    from tests.support.ansible import Played

PLUGIN = """
from airflow.plugins_manager import AirflowPlugin
from words.polite import hello

class Greet(AirflowPlugin):
    name = "greet"
    macros = [hello]
"""
DAG = """
from datetime import datetime
from airflow import DAG
from airflow.operators.bash import BashOperator
from words.polite import hello

with DAG("greets", schedule_interval=None, start_date=datetime(2023, 1, 1), is_paused_upon_creation=False):
    BashOperator(task_id="say", bash_command="echo MACRO {{ macros.greet.hello() }} MODULE " + hello())
"""
BACKING = {"airflow-postgres-1", "airflow-redis-1"}


@pytest.fixture
def plugins(host: Host, tmp_path: Path) -> Iterator[Tree]:
    """Plugins with an additional module; removed from the host afterwards."""
    tree = Tree(tmp_path / "plugins")
    tree.text("greet.py", PLUGIN)
    tree.text("words/__init__.py", "")
    tree.text("words/polite.py", "def hello():\n    return 'good day'\n")
    yield tree
    assert deploy(host).code == 0


def deploy(host: Host, tree: Tree | None = None, *options: str) -> Played:
    return host.play(
        "playbooks/deploy_airflow_stack.yml", "-v", *options, airflow_plugins_source=str(tree.root) if tree else ""
    )


def started(host: Host) -> dict[str, str]:
    lines = host.ssh("docker inspect -f '{{.Name}} {{.State.StartedAt}}' $(docker ps -q)").splitlines()
    return {name.lstrip("/"): when for name, when in (line.split() for line in lines)}


def said(host: Host) -> str:
    """Log of the task in a new DAG run."""
    run = host.trigger("greets")
    wait(lambda: host.state(run) == "success")
    return host.log(run)


def test_plugins_are_checked_and_restart_what_reads_them(host: Host, delivered: Tree, plugins: Tree) -> None:
    before = started(host)
    check = deploy(host, plugins, "--check")
    assert check.code == 0, check.output
    assert "greet.py" in check.output
    assert started(host) == before

    first = deploy(host, plugins)
    assert first.code == 0, first.output
    after = started(host)
    assert {name for name in after if after[name] == before[name]} == BACKING
    again = deploy(host, plugins)
    assert (again.code, again.changed, started(host)) == (0, 0, after), again.output
    delivered.text("greets.py", DAG)
    assert host.deliver(delivered).code == 0
    assert "MACRO good day MODULE good day" in said(host)

    # A faulty plugin module also breaks a DAG that imports it.
    plugins.text("words/polite.py", "def goodbye():\n    return 'bye'\n")
    broken = deploy(host, plugins)
    assert broken.code != 0
    assert "plugins/greet.py [import-error]" in broken.output
    assert "greets.py:5 [import-error]" in broken.output
    assert started(host) == after
    assert "MACRO good day MODULE good day" in said(host)

    # Removing the plugins would break that DAG as well.
    without = deploy(host)
    assert without.code != 0
    assert "greets.py:5 [import-error]" in without.output
    assert started(host) == after

    plugins.text("words/polite.py", "def hello():\n    return 'hi'\n")
    mended = deploy(host, plugins)
    assert mended.code == 0, mended.output
    assert {name for name, when in started(host).items() if when == before[name]} == BACKING
    assert "MACRO hi MODULE hi" in said(host)
    (delivered.root / "greets.py").unlink()
    assert host.deliver(delivered).code == 0
