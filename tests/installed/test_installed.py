"""The installed collection, used from a directory with only an inventory and DAGs, outside of this repository."""

from __future__ import annotations

import re
import shutil

import pytest

from tests.lab.names import REPO
from tests.support.home import SITE, Home
from tests.support.hosts import lab

NAME = "installed"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A directory outside of this repository."""
    return Home(tmp_path_factory.mktemp("home"), NAME)


def test_the_installed_copy_is_what_is_used(home: Home) -> None:
    listed = home.run("ansible-doc", "-t", "module", "-F", "ansible_airflow.airflow").stdout
    assert str(home.root / "collections") in listed
    assert str(REPO) not in listed


def test_without_dags_nothing_is_changed(home: Home) -> None:
    run = home.play(SITE)
    assert run.code != 0
    assert "nothing was changed." in run.output
    assert "airflow1: airflow_dags_source: dags is not a directory on the controller below" in run.output
    assert run.changed == 0


def test_dags_that_ansible_would_run_as_inventories_are_refused(home: Home) -> None:
    (home.inventory / "dags").mkdir()
    run = home.play(SITE)
    (home.inventory / "dags").rmdir()
    assert run.code != 0
    assert f"airflow_dags_source: {home.inventory}/dags is in the inventory directory {home.inventory}: " in run.output
    assert run.changed == 0


def test_it_deploys_a_host_and_a_second_run_changes_nothing(home: Home) -> None:
    shutil.copytree(REPO / "dags", home.root / "dags")
    first = home.play(SITE)
    assert first.code == 0, first.output
    assert "Airflow 2.5.3 works." in first.output
    assert f"airflow_dags_source: dags is {home.root}/dags" in first.output
    # Ansible takes no other file in the directory for an inventory.
    assert not re.search(r"WARNING.*(inventory|parse)", first.output)
    assert first.changed > 0
    second = home.play(SITE, "--diff")
    assert (second.code, second.changed) == (0, 0), second.output
    host = lab(NAME).hosts["airflow1"]
    found = host.ssh("airflow dags list -o plain | tail -n +2 | cut -d ' ' -f 1").split()
    assert set(found) == {"news_fetcher", "news_report"}


def test_other_playbooks_of_the_collection_run(home: Home) -> None:
    shutil.copytree(home.root / "dags", home.root / "more")
    with (home.root / "more" / "news_report.py").open("a", encoding="utf-8") as file:
        file.write("# Changed.\n")
    # The path does not exist relative to the current directory, so it is resolved from the inventory.
    sync = home.play("ansible_airflow.airflow.sync_airflow_dags", "-e", "airflow_dags_source=../more")
    assert (sync.code, sync.changed > 0) == (0, True), sync.output
    back = home.play("ansible_airflow.airflow.rollback_airflow_dags")
    assert (back.code, back.changed > 0) == (0, True), back.output


def left(pattern: str) -> set[str]:
    """Containers, volumes, networks, units, files and firewall rules on the host that match a pattern."""
    commands = (
        "docker ps --all --format '{{.Names}}'",
        "docker volume ls --format '{{.Name}}'",
        "docker network ls --format '{{.Name}}'",
        "systemctl list-unit-files --no-legend --plain | cut -d ' ' -f 1",
        "find /etc /usr/local /var/lib /run -xdev -not -path '/var/lib/docker/*' -not -path '/var/lib/containerd/*'",
        "iptables-save",
    )
    lines = lab(NAME).hosts["airflow1"].ssh(" ; ".join(commands)).splitlines()
    return {line for line in lines if re.search(pattern, line)}


def test_the_stack_is_removed_and_redeployed_with_its_data(home: Home) -> None:
    host = lab(NAME).hosts["airflow1"]
    host.ssh("airflow variables set kept yes")
    away = home.play("ansible_airflow.airflow.remove_airflow")
    assert away.code == 0, away.output
    assert "-e airflow_remove_data=true removes them" in away.output
    directories = (
        r"(/etc/airflow|/var/lib/airflow-stack|/var/backups/airflow)(/|$)|/usr/local/projects/airflow(/logs(/.*)?)?$"
    )
    kept = rf"^airflow_(postgres|redis)_data$|^({directories})"
    assert {line for line in left("(?i)airflow") if not re.search(kept, line)} == set()
    assert home.play("ansible_airflow.airflow.remove_airflow").changed == 0
    back = home.play(SITE)
    assert back.code == 0, back.output
    assert host.ssh("airflow variables get kept").strip() == "yes"


def test_removal_with_data_leaves_nothing(home: Home) -> None:
    away = home.play("ansible_airflow.airflow.remove_airflow", "-e", "airflow_remove_data=true")
    assert away.code == 0, away.output
    # Backups and their password stay. The parent directory of the secrets may also be used by others.
    kept = r"^/var/backups/airflow(/|$)|^/etc/airflow(/secrets(/backup_password)?)?$"
    assert {line for line in left("(?i)airflow") if not re.search(kept, line)} == set()
    assert lab(NAME).hosts["airflow1"].ssh("ls /usr/local/projects").split() == ["news_fetcher"]
    assert home.play("ansible_airflow.airflow.remove_airflow", "-e", "airflow_remove_data=true").changed == 0
