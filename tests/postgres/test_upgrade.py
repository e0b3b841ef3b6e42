"""Postgres moves from 15 to 17: what is refused, runs that end on the way, and the result. In the order of the file."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from tests.postgres.conftest import CONTAINER, NEW, OLD, VOLUME
from tests.support.wait import wait

if TYPE_CHECKING:
    from tests.postgres.conftest import Host

COPYING = f"docker exec {CONTAINER}_new psql -U airflow -d 'Of People' -c 'SELECT 1' >/dev/null 2>&1"
LABEL = "ansible-airflow.upgrade"
SERVICES = "docker ps --filter label=com.docker.compose.project=airflow --format '{{.Names}}' | sort"
CHECK = "upgrade_postgres | Check whether the data can move to the wanted version"
# The data before the upgrade.
BEFORE: dict[str, str] = {}


def test_site_yml_refuses_and_names_the_playbook(host: Host) -> None:
    run = host.play("site.yml", **NEW)
    assert run.code != 0
    assert "created by Postgres 15, which postgres:17 cannot read" in run.output
    assert "playbooks/upgrade_postgres.yml to move to 17" in run.output
    assert run.changed == 0


def test_check_mode_predicts_the_upgrade(host: Host) -> None:
    before = host.data()
    run = host.upgrade("--check")
    assert run.code == 0, run.output
    assert run.result(f"ansible_airflow.airflow.airflow_stack : {CHECK}")["changed"]
    assert (host.data(), host.major(), host.volumes()) == (before, "15", [VOLUME])


def test_a_version_that_the_release_does_not_support(host: Host) -> None:
    run = host.upgrade(airflow_postgres_image="postgres:18")
    assert run.code != 0
    assert "airflow_postgres_image: 'postgres:18' must have a tag of one of the major versions" in run.output
    assert run.changed == 0


def test_a_copy_that_fails(host: Host) -> None:
    """The new server is killed while it receives the data."""
    before, services = host.data(), host.ssh(SERVICES)
    process = host.start("playbooks/upgrade_postgres.yml", **NEW)
    wait(lambda: host.run(COPYING).returncode == 0 or process.poll() is not None, 300, "the copy")
    host.ssh(f"docker kill {CONTAINER}_new")
    output, errors = process.communicate()
    assert process.returncode != 0, output + errors
    assert "the upgrade failed after" in output
    assert f"The old data are in the volume {VOLUME}." in output
    # Airflow runs again, on the old server.
    assert host.ssh(SERVICES) == services
    assert (host.data(), host.major()) == (before, "15")
    again = host.play("site.yml", **OLD)
    assert again.code == 0, again.output
    assert host.data() == before


def killed_while_copying(host: Host) -> None:
    """Kill a run and its module on the host. The servers that the module has started go on running."""
    process = host.start("playbooks/upgrade_postgres.yml", **NEW)
    wait(lambda: host.run(COPYING).returncode == 0 or process.poll() is not None, 300, "the copy")
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    host.ssh("pkill -9 -x python3")
    wait(lambda: host.run("pgrep -x python3").returncode != 0, 60, "the end of the module")
    assert host.version(VOLUME) == "15"


def test_an_upgrade_that_is_killed_and_given_up(host: Host) -> None:
    """Nothing else may start on the data that the servers use."""
    BEFORE.update(host.data())
    killed_while_copying(host)
    run = host.play("site.yml", **OLD)
    assert run.code != 0
    assert f"an upgrade of Postgres was interrupted, and its servers still use the data: {CONTAINER}_new" in run.output
    assert run.changed == 0
    back = host.upgrade(**OLD)
    assert back.code == 0, back.output
    assert (host.data(), host.major(), host.volumes()) == (BEFORE, "15", [VOLUME])
    assert host.run(f"docker ps -aq --filter label={LABEL}").stdout == ""
    again = host.play("site.yml", **OLD)
    assert (again.code, again.changed) == (0, 0), again.output


def test_an_upgrade_whose_connection_is_lost(host: Host) -> None:
    """The module goes on alone on the host; meanwhile nothing starts."""
    process = host.start("playbooks/upgrade_postgres.yml", **NEW)
    wait(lambda: host.run(COPYING).returncode == 0 or process.poll() is not None, 300, "the copy")
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    run = host.upgrade()
    assert run.code != 0 or host.major() == "17", run.output
    wait(lambda: host.version(VOLUME) == "17", 120, "the end of the module")
    done = host.upgrade()
    assert done.code == 0, done.output
    assert (host.data(), host.major()) == (BEFORE, "17")
    kept = next(name for name in host.volumes() if name != VOLUME)
    # As if it had not happened, for the next tests.
    going_back(host, kept)


def going_back(host: Host, kept: str) -> None:
    """Restore the old volume by hand, as an operator would do it."""
    directory = "/var/lib/docker/volumes"
    host.ssh(
        f"airflow-watch pause --for 1h --reason test; docker rm -f {CONTAINER}; rm -r {directory}/{VOLUME}/_data;"
        f" mv {directory}/{kept}/_data {directory}/{VOLUME}/_data; mkdir {directory}/{kept}/_data;"
        f" docker volume rm {kept}"
    )
    run = host.play("site.yml", **OLD)
    host.ssh("airflow-watch resume")
    assert run.code == 0, run.output
    assert (host.data(), host.major()) == (BEFORE, "15")


def test_an_upgrade_that_is_killed_and_repeated(host: Host) -> None:
    killed_while_copying(host)


def test_the_upgrade(host: Host) -> None:
    """After the killed run, as an operator would do it."""
    run = host.upgrade()
    assert run.code == 0, run.output
    assert (host.data(), host.major()) == (BEFORE, "17")
    kept = [name for name in host.volumes() if name != VOLUME]
    assert len(kept) == 1
    assert kept[0].startswith(f"{VOLUME}_15_")
    assert host.version(kept[0]) == "15"
    assert kept[0] in run.output
    assert host.run_of("news_fetcher", "after") == "success"


def test_a_second_run_changes_nothing(host: Host) -> None:
    volumes = host.volumes()
    again = host.upgrade()
    assert (again.code, again.changed) == (0, 0), again.output
    assert "The data are already of Postgres 17" in again.output
    site = host.play("site.yml", **NEW)
    assert (site.code, site.changed) == (0, 0), site.output
    assert host.volumes() == volumes


def test_there_is_no_way_back(host: Host) -> None:
    run = host.play("site.yml", **OLD)
    assert run.code != 0
    assert "created by Postgres 17, which postgres:15 cannot read; write an image of Postgres 17." in run.output
    back = host.upgrade(**OLD)
    assert back.code != 0
    assert "the data are of Postgres 17, and Postgres 15 cannot load a dump of it" in back.output
    assert (run.changed, back.changed, host.major()) == (0, 0, "17")


def test_a_power_cut_between_the_two_renames(host: Host) -> None:
    """The state that such a cut leaves: the old data have their volume already, and the new ones not yet."""
    before = host.data()
    directory = "/var/lib/docker/volumes"
    host.ssh(
        f"airflow-watch pause --for 1h --reason test; docker stop {CONTAINER}; docker volume create {VOLUME}_new;"
        f" rmdir {directory}/{VOLUME}_new/_data; mv {directory}/{VOLUME}/_data {directory}/{VOLUME}_new/_data"
    )
    try:
        site = host.play("site.yml", **NEW)
        assert site.code != 0, site.output
        run = host.upgrade()
        assert run.code == 0, run.output
    finally:
        host.run("airflow-watch resume")
    assert (host.data(), host.major()) == (before, "17")
    assert f"{VOLUME}_new" not in host.volumes()


def test_removal_with_data_removes_the_old_data(host: Host) -> None:
    away = host.play("playbooks/remove_airflow.yml", airflow_remove_data=True)
    assert away.code == 0, away.output
    assert host.run(f"docker volume ls -q | grep ^{VOLUME}").stdout == ""
