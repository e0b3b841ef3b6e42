"""Fixtures for the contract tests. The images come from the lab's registry, which must be running."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.lab import registry
from tests.lab.contract.containers import (
    AIRFLOW,
    ALWAYS,
    OWNER,
    POSTGRES,
    PYTHON,
    REDIS,
    docker,
    must,
    reference,
    running,
    until,
)
from tests.lab.names import LABEL


@pytest.fixture(scope="session", autouse=True)
def images() -> None:
    if not registry.answers():
        pytest.fail("The lab's registry is not running; start it with 'python -m tests.lab images'")
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda image: must("pull", "--quiet", reference(image)), (AIRFLOW, POSTGRES, REDIS, PYTHON)))


@pytest.fixture(scope="session", autouse=True)
def compiled(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Share compiled Python files between Airflow's containers: otherwise each start takes seconds longer."""
    place = tmp_path_factory.mktemp("compiled")
    for path in (place, *place.parents[:2]):
        path.chmod(0o777)
    ALWAYS[AIRFLOW] = ("--volume", f"{place}:/compiled", "--env", "PYTHONPYCACHEPREFIX=/compiled")


@pytest.fixture(scope="session")
def network() -> Iterator[str]:
    name = f"{OWNER}-network"
    docker("network", "rm", name)
    must("network", "create", "--label", f"{LABEL}={OWNER}", name)
    yield name
    docker("network", "rm", name)


@pytest.fixture(scope="session")
def database(network: str) -> Iterator[str]:
    """Run a Postgres server for Airflow; the value is the container's name."""
    options = ("--network", network, "--network-alias", "database")
    with running(POSTGRES, options=options, env={"POSTGRES_USER": "airflow", "POSTGRES_PASSWORD": "pw"}) as name:
        until(name, "pg_isready", "--host", "database", "--username", "airflow")
        yield name
