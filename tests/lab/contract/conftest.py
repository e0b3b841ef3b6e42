"""The images come from the lab's registry, so it has to run."""

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
        pytest.fail("The lab's registry does not run; start it with 'python -m tests.lab images'")
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda image: must("pull", "--quiet", reference(image)), (AIRFLOW, POSTGRES, REDIS, PYTHON)))


@pytest.fixture(scope="session", autouse=True)
def compiled(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Let Airflow's containers share what they compile: otherwise each start costs seconds."""
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
    """A Postgres for Airflow; the value is its container."""
    options = ("--network", network, "--network-alias", "database")
    with running(POSTGRES, options=options, env={"POSTGRES_USER": "airflow", "POSTGRES_PASSWORD": "pw"}) as name:
        until(name, "pg_isready", "--host", "database", "--username", "airflow")
        yield name
