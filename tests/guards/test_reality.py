"""What a run must not damage: other people's containers and commands, a lost volume, data of another Postgres."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.guards.conftest import Host

DIRECTORY = "/usr/local/projects/airflow"
# The official quick start as far as it matters: a compose project named after its directory, which is ~/airflow.
QUICK_START = """\
services:
  airflow-webserver:
    image: {image}
    entrypoint: [sleep, infinity]
"""


def refused(host: Host, *words: str, **variables: Any) -> None:
    """Check that a run is refused with these words, and changes neither containers nor secrets nor the command."""
    before = state(host)
    run = host.play("site.yml", **variables)
    assert run.code != 0, run.output
    assert [word for word in words if word not in run.output] == [], run.output
    assert (run.changed, host.lock()) == (0, {}), run.output
    assert state(host) == before


def state(host: Host) -> str:
    """Return containers, volumes, secrets and the command of the host."""
    return host.ssh(
        "docker ps -a --no-trunc --format '{{.ID}} {{.Names}} {{.State}}' | sort; docker volume ls -q | sort;"
        " cd /etc/airflow/secrets && sha256sum * | sort; sha256sum /usr/local/bin/airflow"
    )


@pytest.fixture(autouse=True)
def unchanged(deployed: Host) -> Iterator[None]:
    """After each test, a run of site.yml changes nothing and no row is lost."""
    counts = deployed.counts()
    yield
    run = deployed.play("site.yml")
    assert (run.code, run.changed) == (0, 0), run.output
    assert deployed.counts() == counts


def test_the_official_quick_start_in_a_directory_named_airflow(deployed: Host) -> None:
    image = deployed.ssh("docker inspect -f '{{.Config.Image}}' airflow-redis-1").strip()
    deployed.ssh("mkdir -p ~/airflow && cat > ~/airflow/docker-compose.yaml", QUICK_START.format(image=image))
    deployed.ssh("cd ~/airflow && docker compose up -d")
    try:
        refused(deployed, "containers airflow-airflow-webserver-1", "/root/airflow", "docker compose --project-name")
    finally:
        deployed.ssh("docker rm -f airflow-airflow-webserver-1; rm -rf ~/airflow")


def test_a_container_with_the_project_s_label(deployed: Host) -> None:
    image = deployed.ssh("docker inspect -f '{{.Config.Image}}' airflow-redis-1").strip()
    run = "docker run -d --name by-hand --label com.docker.compose.project=airflow --entrypoint sleep"
    deployed.ssh(f"{run} {image} infinity")
    try:
        refused(deployed, "containers by-hand also belong to a project named airflow")
    finally:
        deployed.ssh("docker rm -f by-hand")


@pytest.mark.parametrize("install", ["ln -s /opt/venv/bin/airflow", "printf '#!/bin/sh\\necho mine\\n' | tee"])
def test_a_command_airflow_of_somebody_else(deployed: Host, install: str) -> None:
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
def without_docker_s_data(host: Host) -> Iterator[None]:
    """Start Docker with an empty data directory, as after a reboot without the disk of data-root."""
    host.ssh("airflow-watch pause --for 1h --reason 'no disk'")
    host.ssh("systemctl stop docker.socket docker && mount -t tmpfs none /var/lib/docker && systemctl start docker")
    try:
        yield
    finally:
        host.ssh("systemctl stop docker.socket docker && umount /var/lib/docker && systemctl start docker")
        host.ssh("airflow-watch resume")


def test_a_data_directory_that_is_not_mounted(deployed: Host) -> None:
    with without_docker_s_data(deployed):
        words = (
            "Airflow's database was on this host",
            "no volume airflow_postgres_data",
            "airflow_accept_empty_database",
        )
        refused(deployed, *words)
        # Neither does the loss of our own records make it a new host.
        deployed.ssh(f"mv {DIRECTORY}/compose.yml {DIRECTORY}/config/migrated.json /root/")
        try:
            refused(deployed, *words)
        finally:
            deployed.ssh(f"mv /root/compose.yml {DIRECTORY}/; mv /root/migrated.json {DIRECTORY}/config/")


def test_docker_that_is_stopped_and_starts_without_its_data(deployed: Host) -> None:
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
def test_an_image_of_another_postgres(deployed: Host, image: str) -> None:
    refused(
        deployed, "Airflow's database was created by Postgres 15", f"{image} cannot read", airflow_postgres_image=image
    )


@pytest.mark.parametrize("directory", ["/srv/airflow", "/usr/local/projects/airflow2"])
def test_another_directory(deployed: Host, directory: str) -> None:
    refused(deployed, f"the stack on this host is in {DIRECTORY}", airflow_directory=directory)
    assert deployed.run(f"ls -d {directory}").returncode != 0
