"""Hosts created from the template had engine and images before site.yml, and each host has its own identity."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from tests.lab import docker

if TYPE_CHECKING:
    from tests.cluster.conftest import Cluster

IDENTITY = {
    "machine id": "cat /etc/machine-id",
    "SSH host key": "cut -d' ' -f2 /etc/ssh/ssh_host_ed25519_key.pub",
    "engine id": "docker info --format {{.ID}}",
    "id of the engine's bridge": "docker network inspect --format {{.Id}} bridge",
}


@pytest.mark.parametrize("command", IDENTITY.values(), ids=IDENTITY)
def test_each_host_has_its_own(command: str, cluster: Cluster) -> None:
    found = [host.ssh(command).strip() for host in cluster.hosts.values()]
    assert all(found)
    assert len(set(found)) == len(cluster.hosts), found


def test_site_installed_no_engine_and_pulled_no_image(cluster: Cluster) -> None:
    for name, host in cluster.hosts.items():
        (container,) = docker.inspect("container", host.variables["lab_container"])
        created = datetime.fromisoformat(container["Created"]).timestamp()
        assert float(host.ssh("stat --format %Y /var/lib/dpkg/info/docker.io.list")) < created, name
        images = "docker ps --format {{.Image}} | grep -E '^(apache/airflow|postgres|redis):' | sort -u"
        used = host.ssh(images).split()
        assert used, name
        for image in used:
            pulled = host.ssh(
                f"date +%s --date \"$(docker image inspect -f '{{{{.Metadata.LastTagTime}}}}' {image} | cut -c1-19)Z\""
            )
            assert float(pulled) < created, (name, image)
