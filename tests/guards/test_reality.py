"""What a run must not damage: other people's containers and commands, a lost volume, data of another Postgres."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.guarded import GuardedHost

DIRECTORY = "/usr/local/projects/airflow"
RECORDS = "/var/lib/airflow-stack"
# Revisions of the database: of Airflow 2.5 and 2.11, and of none that this project knows.
OURS, LATER, UNKNOWN = "290244fb8b83", "5f2621c13b39", "ffffffffffff"
# The official quick start as far as it matters: a compose project named after its directory, which is ~/airflow.
QUICK_START = """\
services:
  airflow-webserver:
    image: {image}
    entrypoint: [sleep, infinity]
"""


def refused(host: GuardedHost, *words: str, locked: bool = False, **variables: Any) -> None:
    """Check that a run is refused with these words, and changes neither containers nor secrets nor the command.

    Args:
        host: The host.
        words: Texts that the error contains.
        locked: Whether the run ends after it has locked the stack. The next run replaces its lock.
        variables: Extra variables of the run.
    """
    before = state(host)
    run = host.play("site.yml", **variables)
    assert run.code != 0, run.output
    assert [word for word in words if word not in run.output] == [], run.output
    assert (run.changed, bool(host.lock())) == (0, locked), run.output
    assert state(host) == before


def state(host: GuardedHost) -> str:
    """Return containers, volumes, secrets and the command of the host."""
    return host.ssh(
        "docker ps -a --no-trunc --format '{{.ID}} {{.Names}} {{.State}}' | sort; docker volume ls -q | sort;"
        " cd /etc/airflow/secrets && sha256sum * | sort; sha256sum /usr/local/bin/airflow"
    )


@pytest.fixture(autouse=True)
def unchanged(deployed: GuardedHost) -> Iterator[None]:
    """After each test, a run of site.yml changes nothing and no row is lost."""
    counts = deployed.counts()
    yield
    run = deployed.play("site.yml")
    assert (run.code, run.changed) == (0, 0), run.output
    assert deployed.counts() == counts


def test_the_official_quick_start_in_a_directory_named_airflow(deployed: GuardedHost) -> None:
    image = deployed.ssh("docker inspect -f '{{.Config.Image}}' airflow-redis-1").strip()
    deployed.ssh("mkdir -p ~/airflow && cat > ~/airflow/docker-compose.yaml", QUICK_START.format(image=image))
    deployed.ssh("cd ~/airflow && docker compose up -d")
    try:
        refused(deployed, "containers airflow-airflow-webserver-1", "/root/airflow", "docker compose --project-name")
    finally:
        deployed.ssh("docker rm -f airflow-airflow-webserver-1; rm -rf ~/airflow")


def test_a_container_with_the_project_s_label(deployed: GuardedHost) -> None:
    image = deployed.ssh("docker inspect -f '{{.Config.Image}}' airflow-redis-1").strip()
    run = "docker run -d --name by-hand --label com.docker.compose.project=airflow --entrypoint sleep"
    deployed.ssh(f"{run} {image} infinity")
    try:
        refused(deployed, "containers by-hand also belong to a project named airflow")
    finally:
        deployed.ssh("docker rm -f by-hand")


@pytest.mark.parametrize("install", ["ln -s /opt/venv/bin/airflow", "printf '#!/bin/sh\\necho mine\\n' | tee"])
def test_a_command_airflow_of_somebody_else(deployed: GuardedHost, install: str) -> None:
    deployed.ssh("mv /usr/local/bin/airflow /root/airflow-kept")
    try:
        deployed.ssh(f"{install} /usr/local/bin/airflow")
        run = deployed.play("site.yml")
        assert run.code != 0
        assert "/usr/local/bin/airflow was not installed by this project" in run.output
        assert run.changed == 0
    finally:
        deployed.ssh("rm -f /usr/local/bin/airflow; mv /root/airflow-kept /usr/local/bin/airflow")


@contextmanager
def without_docker_s_data(host: GuardedHost) -> Iterator[None]:
    """Start Docker with an empty data directory, as after a reboot without the disk of data-root."""
    host.ssh("airflow-watch pause --for 1h --reason 'no disk'")
    host.ssh("systemctl stop docker.socket docker && mount -t tmpfs none /var/lib/docker && systemctl start docker")
    try:
        yield
    finally:
        host.ssh("systemctl stop docker.socket docker && umount /var/lib/docker && systemctl start docker")
        host.ssh("airflow-watch resume")


def test_a_data_directory_that_is_not_mounted(deployed: GuardedHost) -> None:
    with without_docker_s_data(deployed):
        words = (
            "Airflow's database was on this host",
            "no volume airflow_postgres_data",
            "airflow_accept_empty_database",
        )
        refused(deployed, *words)
        # Neither does the loss of our own records make it a new host.
        deployed.ssh(f"mv {DIRECTORY}/compose.yml {DIRECTORY}/config/migrated.json /root/")
        deployed.ssh(f"mkdir /root/records && mv {RECORDS}/database_volume /root/records/")
        try:
            # A container of Postgres and the record are gone, too: only a secret tells.
            deployed.ssh("touch -d '1 hour ago' /etc/airflow/secrets/sql_alchemy_conn")
            refused(deployed, *words, "/etc/airflow/secrets/sql_alchemy_conn")
        finally:
            deployed.ssh(f"mv /root/compose.yml {DIRECTORY}/; mv /root/migrated.json {DIRECTORY}/config/")
            deployed.ssh(f"mv /root/records/database_volume {RECORDS}/ && rmdir /root/records")
            deployed.ssh("touch /etc/airflow/secrets/sql_alchemy_conn")


def test_docker_that_is_stopped_and_starts_without_its_data(deployed: GuardedHost) -> None:
    """Nothing can be asked of a stopped engine, so the check runs again when role docker has started it."""
    secrets = deployed.secrets()
    deployed.ssh("airflow-watch pause --for 1h --reason 'no disk'")
    deployed.ssh("systemctl stop docker.socket docker && mount -t tmpfs none /var/lib/docker")
    try:
        run = deployed.play("site.yml")
        assert run.code != 0
        assert "no volume airflow_postgres_data" in run.output
        assert deployed.ssh("docker volume ls -q") == ""
        assert deployed.secrets() == secrets
    finally:
        deployed.ssh("systemctl stop docker.socket docker && umount /var/lib/docker && systemctl start docker")
        deployed.ssh("airflow-watch resume")


@pytest.mark.parametrize("image", ["postgres:14", "postgres:13"])
def test_an_image_of_another_postgres(deployed: GuardedHost, image: str) -> None:
    refused(
        deployed, "Airflow's database was created by Postgres 15", f"{image} cannot read", airflow_postgres_image=image
    )


@pytest.mark.parametrize("directory", ["/srv/airflow", "/usr/local/projects/airflow2"])
def test_another_directory(deployed: GuardedHost, directory: str) -> None:
    refused(deployed, f"the stack on this host is in {DIRECTORY}", airflow_directory=directory)
    assert deployed.run(f"ls -d {directory}").returncode != 0


@contextmanager
def at_revision(host: GuardedHost, revision: str) -> Iterator[None]:
    """Give the database the revision that a restored database has."""
    set_revision(host, revision)
    try:
        yield
    finally:
        set_revision(host, OURS)


def set_revision(host: GuardedHost, revision: str) -> None:
    """Write a revision."""
    statement = f"UPDATE alembic_version SET version_num = '{revision}'"  # noqa: S608
    host.ssh(f"{PSQL} --quiet", statement)


PSQL = "docker exec -i airflow-postgres-1 psql -U airflow -At"


@pytest.mark.parametrize("lost", [False, True])
def test_another_series_of_airflow(deployed: GuardedHost, lost: bool) -> None:
    """The database knows its series, also after migrated.json was lost with a directory or a moved keeper."""
    words = (
        f"schema revision {OURS} of Airflow 2.5.3",
        "run playbooks/upgrade_airflow.yml",
        "write 2.5.0 or 2.5.1 or 2.5.2 or 2.5.3",
    )
    if lost:
        deployed.ssh(f"mv {DIRECTORY}/config/migrated.json /root/")
    try:
        refused(deployed, *words, airflow_version="2.11.2")
        refused(deployed, *words, airflow_version="3.3.2")
    finally:
        if lost:
            deployed.ssh(f"mv /root/migrated.json {DIRECTORY}/config/")


@pytest.mark.parametrize("revision", [LATER, UNKNOWN])
def test_a_restored_database_of_another_release(deployed: GuardedHost, revision: str) -> None:
    with at_revision(deployed, revision):
        refused(deployed, f"schema revision {revision}")


def test_a_restored_database_behind_a_stopped_postgres(deployed: GuardedHost) -> None:
    """Postgres cannot be asked before the run starts it; the migration is refused then."""
    with at_revision(deployed, LATER):
        deployed.ssh("airflow-watch pause --for 1h --reason test && docker stop airflow-postgres-1")
        scheduler = deployed.ssh("docker inspect -f '{{.Id}}' airflow-scheduler-1")
        run = deployed.play("site.yml")
        assert run.code != 0, run.output
        assert f"schema revision {LATER} of Airflow 2.11.2. 2.5.3 cannot read it" in run.output
        assert "The database was not changed." in run.output
        assert deployed.ssh(PSQL, "SELECT version_num FROM alembic_version").strip() == LATER
        assert deployed.ssh("docker inspect -f '{{.Id}}' airflow-scheduler-1") == scheduler
        deployed.ssh("airflow-watch resume")


@pytest.mark.parametrize("line", ["ID=alpine", 'ID="alpine"'])
def test_an_image_of_postgres_that_contains_alpine_linux(deployed: GuardedHost, line: str) -> None:
    """The tag does not say what the image contains."""
    image = deployed.ssh("docker inspect -f '{{.Config.Image}}' airflow-postgres-1").strip()
    recipe = f"FROM {image}\nRUN rm /etc/os-release && printf '%s\\n' '{line}' > /etc/os-release\n"
    deployed.ssh("docker build --quiet --tag local/postgres:15 -", recipe)
    try:
        words = ("local/postgres:15 contains Alpine Linux", "created by Postgres on another system")
        refused(deployed, *words, locked=True, airflow_postgres_image="local/postgres:15")
    finally:
        deployed.ssh("docker image rm local/postgres:15")


def test_an_image_of_postgres_on_another_mirror(deployed: GuardedHost) -> None:
    """The same system and major version: the run goes on with it, and back."""
    image = deployed.ssh("docker inspect -f '{{.Config.Image}}' airflow-postgres-1").strip()
    deployed.ssh("docker build --quiet --tag local/postgres:15 -", f"FROM {image}\nLABEL test=1\n")
    counts = deployed.counts()
    run = deployed.play("site.yml", airflow_postgres_image="local/postgres:15")
    assert run.code == 0, run.output
    assert deployed.counts() == counts
    back = deployed.play("site.yml")
    assert back.code == 0, back.output
    deployed.ssh("docker image rm local/postgres:15")
