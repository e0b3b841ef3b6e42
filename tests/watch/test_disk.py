"""Full disks of Redis and Postgres: what goes on meanwhile, and what comes back when there is space."""

from __future__ import annotations

import shlex
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.support.wait import wait
from tests.watch.conftest import HEALED_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.watch.conftest import Host

VOLUMES = "/var/lib/docker/volumes"
REDIS, POSTGRES = f"{VOLUMES}/airflow_redis_data/_data", f"{VOLUMES}/airflow_postgres_data/_data"
RESERVE = "airflow-watch.reserve"
SETTINGS = "/etc/airflow-watch.json"
FILL = "dd if=/dev/zero of={}/fill bs=64k 2>/dev/null; sync"


@contextmanager
def small(host: Host, service: str, data: str, size: str) -> Iterator[None]:
    """Let a service have a small file system of its own for its volume."""
    container = f"airflow-{service}-1"
    host.ssh(f"airflow-watch pause {service} --for 1h --owner test && docker stop {container}")
    host.ssh(f"cp -a {data} {data}.away && mount -t tmpfs -o size={size} tmpfs {data} && cp -a {data}.away/. {data}/")
    # The root of the file system belongs to the server, as that of the volume does.
    host.ssh(f"chown --reference={data}.away {data}; chmod --reference={data}.away {data}")
    host.ssh(f"docker start {container} && airflow-watch resume --owner test")
    try:
        wait(lambda: host.healthy(service), 120, f"a healthy {service}")
        yield
    finally:
        host.ssh(f"airflow-watch pause {service} --for 1h --owner test; docker stop {container}; umount {data}")
        host.ssh(f"rm -rf {data}.away; docker start {container} && airflow-watch resume --owner test")
        host.wait_healthy()


def redis(host: Host, *words: str) -> str:
    """Run a command of Redis, and return its answer."""
    ask = "REDISCLI_AUTH=$(cat /run/secrets/redis_password) redis-cli " + " ".join(words)
    return host.run(f"docker exec airflow-redis-1 sh -c '{ask}'").stdout.strip()


def psql(host: Host, query: str) -> tuple[int, str]:
    """Run a query, and return the exit code and the output."""
    run = host.run(f'timeout 20 docker exec airflow-postgres-1 psql -U airflow -Atc "{query}"')
    return run.returncode, run.stdout.strip() + run.stderr.strip()


def test_redis_accepts_writes_again_when_its_disk_has_space(host: Host) -> None:
    with small(host, "redis", REDIS, "8m"):
        before, since = host.started(), host.now()
        assert redis(host, "config", "get", "save") == "save"
        assert redis(host, "set", "kept", "value") == "OK"
        host.ssh(FILL.format(REDIS))
        wait(lambda: "MISCONF" in redis(host, "set", "more", "x" * 3000), 60, "a refusal")
        assert redis(host, "get", "kept") == "value"
        # It is unhealthy, but a restart would not help.
        wait(lambda: "redis is not restarted: it cannot write; free space" in host.said(since), 240, "the reason")
        assert host.started()["redis"] == before["redis"]
        host.ssh(f"rm {REDIS}/fill; sleep 2")
        assert redis(host, "set", "after", "1") == "OK"
        host.ssh("docker restart airflow-redis-1")
        wait(lambda: host.healthy("redis"), 120, "Redis")
        assert (redis(host, "get", "kept"), redis(host, "get", "after")) == ("value", "1")
    host.ssh("airflow-watch status")


SMALLER = """
import json, pathlib
path = pathlib.Path("/etc/airflow-watch.json")
found = json.loads(path.read_text())
found["checks"]["reserve"].update(size=64, low=50)
path.write_text(json.dumps(found))
"""


@pytest.fixture
def reserved(host: Host) -> Iterator[Host]:
    """The host with a small reserve and minimum, as for a small disk."""
    host.ssh(f"cp -a {SETTINGS} {SETTINGS}.away && python3 -c {shlex.quote(SMALLER)}")
    yield host
    host.ssh(f"mv {SETTINGS}.away {SETTINGS}")


def test_the_reserve_is_beside_the_data_and_no_part_of_them(host: Host) -> None:
    path = f"{POSTGRES.removesuffix('/_data')}/{RESERVE}"
    wait(lambda: host.run(f"test -e {path}").returncode == 0, HEALED_SECONDS, "the reserve")
    size, blocks, owner, mode = host.ssh(f"stat -c '%s %b %u %a' {path}").split()
    assert (int(size), int(blocks) * 512 >= int(size), owner, mode) == (256 << 20, True, "999", "600")
    assert host.run(f"ls {POSTGRES}/{RESERVE}").returncode != 0


def test_postgres_writes_again_with_the_reserve(reserved: Host) -> None:
    host = reserved
    with small(host, "postgres", POSTGRES, "500m"):
        wait(lambda: host.run(f"test -e {POSTGRES}/{RESERVE}").returncode == 0, HEALED_SECONDS, "the reserve")
        host.ssh("systemctl stop airflow-watch.timer")
        assert psql(host, "create table planted as select 1 as row")[0] == 0
        host.ssh(FILL.format(POSTGRES))
        # Its log cannot be extended: Postgres stops and cannot start.
        for _ in range(8):
            psql(host, "insert into planted values (1)")
            psql(host, "select pg_switch_wal()")
        assert "PANIC" in host.ssh("docker logs airflow-postgres-1 2>&1")
        since = host.now()
        host.ssh("systemctl start airflow-watch.timer")
        wait(lambda: f"removed {POSTGRES}/{RESERVE}" in host.said(since), HEALED_SECONDS, "the reserve's removal")
        wait(lambda: psql(host, "insert into planted values (2)")[0] == 0, 180, "a write")
        assert int(psql(host, "select count(*) from planted where row <= 2")[1]) >= 2
        host.ssh("airflow-watch alert || true")
        assert "alert: reserve: since " in host.ssh("airflow-watch status")
        # The disk fills again: no loop, and nothing is lost when it is freed.
        host.ssh(FILL.replace("/fill", "/fill2").format(POSTGRES))
        host.ssh("sleep 65")
        assert host.said(since).count("removed ") == 1
        host.ssh(f"rm {POSTGRES}/fill {POSTGRES}/fill2")
        wait(lambda: psql(host, "insert into planted values (3)")[0] == 0, 180, "a write")
        assert f"created {POSTGRES}/{RESERVE}" not in host.said(since)
        # Ten minutes later.
        host.ssh("sed -i 's/, [0-9.]*\\]/, 1.0]/' /var/lib/airflow-watch/reserve.json /run/airflow-watch/reserve.json")
        wait(lambda: f"created {POSTGRES}/{RESERVE}" in host.said(since), HEALED_SECONDS, "the reserve's return")
        assert psql(host, "drop table planted")[0] == 0
    assert host.ssh("cat /var/lib/airflow-watch/reserve.json").endswith(", 0]")
