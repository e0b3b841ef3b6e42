"""Hosts outside of the stack reach none of its ports, and its own hosts have to authenticate."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.cluster.conftest import LAB, SECRETS
from tests.lab.names import V3

if TYPE_CHECKING:
    from tests.cluster.conftest import Cluster

CA = "/usr/local/projects/airflow/ca/ca.crt"

SCAN = """
import asyncio, sys

async def knock(host, port, gate, found):
    async with gate:
        try:
            _, writer = await asyncio.wait_for(asyncio.open_connection(host, port), 1.5)
        except (OSError, asyncio.TimeoutError):
            return
        writer.close()
        found.append(port)

async def main():
    for host in sys.argv[1:]:
        found, gate = [], asyncio.Semaphore(900)
        await asyncio.gather(*(knock(host, port, gate, found) for port in range(1, 65536)))
        print(host, *sorted(found))

asyncio.run(main())
"""


def test_a_host_outside_of_the_inventory_finds_ssh_only(cluster: Cluster) -> None:
    addresses = [cluster.address(name) for name in cluster.hosts]
    argv = ["docker", "exec", "-i", f"{LAB}-feeds", "python3", "-", *addresses]
    run = subprocess.run(argv, input=SCAN, capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == [f"{address} 22" for address in addresses]


POSTGRES = """
import psycopg2, sys
try:
    psycopg2.connect(open("/run/secrets/sql_alchemy_conn").read().replace("+psycopg2", "").split("?")[0] + sys.argv[1])
except psycopg2.OperationalError as error:
    sys.exit(str(error))
print("connected")
"""

REDIS = """
import redis, sys
url = open("/run/secrets/broker_url").read()
for old, new in zip(sys.argv[1::2], sys.argv[2::2]):
    url = url.replace(old, new)
if "nobody" in sys.argv:
    url = "rediss://" + url.split("@")[1]
try:
    redis.Redis.from_url(url).ping()
except redis.RedisError as error:
    sys.exit(str(error))
print("connected")
"""


def inside(cluster: Cluster, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a Python program in a worker's container."""
    words = " ".join(f"'{word}'" for word in arguments)
    return cluster.workers[0].run(f"docker exec -i airflow-worker-1 python - {words}", program)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?sslmode=disable", "no encryption"),
        ("?sslmode=verify-full&sslrootcert=/etc/ssl/certs/ca-certificates.crt", "certificate verify failed"),
    ],
)
def test_postgres_requires_encryption_and_clients_verify_its_certificate(
    cluster: Cluster, query: str, words: str
) -> None:
    run = inside(cluster, POSTGRES, query)
    assert run.returncode == 1
    assert words in run.stderr
    assert inside(cluster, POSTGRES, f"?sslmode=verify-full&sslrootcert={CA}").stdout == "connected\n"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (["rediss://", "redis://"], ""),
        (["nobody"], "Authentication required"),
        ([CA, "/etc/ssl/certs/ca-certificates.crt"], "CERTIFICATE_VERIFY_FAILED"),
    ],
)
def test_redis_requires_encryption_and_clients_verify_its_certificate(
    cluster: Cluster, changes: list[str], words: str
) -> None:
    run = inside(cluster, REDIS, *changes)
    assert run.returncode == 1
    assert words in run.stderr
    assert inside(cluster, REDIS).stdout == "connected\n"


def test_hosts_have_only_the_secrets_of_their_services(cluster: Cluster) -> None:
    found = {name: set(host.ssh(f"ls {SECRETS}").split()) for name, host in cluster.hosts.items()}
    shared = {"sql_alchemy_conn", "result_backend", "broker_url", "fernet_key", "webserver_secret_key"}
    shared |= {"jwt_secret"} if V3 else set()
    assert {"ca_key", "postgres_password", "admin_password"} < found["data1"]
    assert [found[name] for name in sorted(found) if name != "data1"] == [shared] * 4
