"""Airflow with external Postgres and Redis servers. `make molecule SCENARIO=external` runs all tests here."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.lab.names import REPO
from tests.support.hosts import Lab, Remote, lab
from tests.support.wait import wait

if TYPE_CHECKING:
    from tests.support.ansible import Played

KEY = "/etc/airflow/secrets/fernet_key"
PIPELINE = {"fetch": "success", "remove_expired": "success"}


class External:
    """The host of Airflow, the host of the external servers, and the playbooks."""

    def __init__(self) -> None:
        made = lab("external")
        self.lab = Lab(made.directory, (*made.inventories, REPO / "tests" / "external" / "inventory"))
        self.airflow: Remote = self.lab.hosts["airflow1"]
        self.servers: Remote = self.lab.hosts["servers"]

    def sql(self, statement: str) -> str:
        """Run a statement in Airflow's database on the servers' host and return its output."""
        return self.servers.ssh("docker exec -i servers-postgres psql -U flow -At flow", statement).strip()

    def site(self, **variables: object) -> Played:
        """Run site.yml."""
        return self.lab.play("site.yml", **variables)

    def started(self) -> str:
        """Start time of each container of the stack."""
        return self.airflow.ssh(
            "docker ps -q --filter label=com.docker.compose.project=airflow"
            " | xargs docker inspect --format '{{.Name}} {{.State.StartedAt}}' | sort"
        )


@pytest.fixture(scope="session")
def external() -> External:
    return External()


def test_the_stack_runs_neither(external: External) -> None:
    assert "airflow-worker-1" in external.started()
    assert "postgres" not in external.started()
    assert "redis" not in external.started()
    assert external.airflow.ssh("docker volume ls -q").split() == []


def test_the_pipeline_runs(external: External) -> None:
    run = f"run{time.time_ns()}"
    external.airflow.ssh(f"airflow dags unpause news_fetcher && airflow dags trigger news_fetcher --run-id {run}")

    def tasks() -> dict[str, str]:
        rows = external.sql(f"SELECT task_id, state FROM task_instance WHERE run_id = '{run}'")  # noqa: S608
        return dict(row.split("|") for row in rows.splitlines())

    wait(lambda: tasks() == PIPELINE, 300, "the success of the pipeline")


def test_every_connection_is_encrypted(external: External) -> None:
    count = "SELECT ssl, count(*) > 0 FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE client_addr IS NOT NULL"
    assert external.sql(f"{count} GROUP BY ssl") == "t|t"
    url = external.airflow.ssh("cat /etc/airflow/secrets/sql_alchemy_conn")
    assert "sslmode=verify-full&sslrootcert=/usr/local/projects/airflow/ca/postgres.crt" in url
    broker = external.airflow.ssh("cat /etc/airflow/secrets/broker_url")
    assert broker.startswith("rediss://")
    assert "ssl_ca_certs=/usr/local/projects/airflow/ca/redis.crt" in broker


def refused(external: External, words: list[str], **variables: object) -> None:
    """Check that a run fails with these texts and changes nothing."""
    before = external.started()
    run = external.site(**variables)
    assert run.code != 0, run.output
    assert [word for word in words if word not in run.output] == [], run.output
    assert external.started() == before
    again = external.site()
    assert (again.code, set(again.changes.values())) == (0, {0}), again.output


def test_a_server_that_does_not_answer(external: External) -> None:
    words = ["airflow1: nothing answers at servers.lab:5999, which is set in airflow_postgres_external"]
    refused(external, words, airflow_postgres_external={"host": "servers.lab", "port": 5999})


def test_a_wrong_password(external: External) -> None:
    words = [
        "the database of airflow_postgres_external on servers.lab cannot be used",
        # The server's messages are in German.
        "Passwort-Authentifizierung für Benutzer",
    ]
    refused(external, words, airflow_postgres_password="another")


def test_a_server_certificate_from_an_unknown_ca(external: External) -> None:
    server = {"host": "servers.lab", "user": "flow", "database": "flow"}
    refused(external, ["cannot be used", "certificate verify failed"], airflow_postgres_external=server)


def test_a_database_keeps_its_fernet_key(external: External) -> None:
    """The key is lost but not the database: a new key would make the stored connections unreadable."""
    key = external.airflow.ssh(f"cat {KEY} && rm {KEY}")
    try:
        run = external.site()
        assert run.code != 0, run.output
        assert "fernet_key" in run.output
        assert "cannot be decrypted with another" in run.output
        assert external.airflow.run(f"test -e {KEY}").returncode != 0
    finally:
        external.airflow.ssh(f"install -m 400 -o 50000 /dev/stdin {KEY}", key)
    again = external.site()
    assert (again.code, set(again.changes.values())) == (0, {0}), again.output


def test_the_database_is_backed_up_over_the_network(external: External) -> None:
    external.airflow.ssh("airflow-backup run && airflow-backup rehearse")
    said = external.airflow.ssh("airflow-backup status")
    assert "last restore drill: " in said
    assert "FAILED" not in said
    password = (REPO / "build" / "test" / "external" / "postgres_password").read_text().strip()
    assert external.airflow.run("journalctl -o cat | grep -F -f <(cat)", f"{password}\n").stdout == ""
    assert external.airflow.ssh("ls /var/lib/airflow-backup") == ""
    # People who back up that server exclude it.
    excluded = external.site(airflow_backup_external_database=False)
    assert excluded.code == 0, excluded.output
    external.airflow.ssh("airflow-backup run && airflow-backup rehearse")
    said = external.airflow.ssh("airflow-backup status")
    assert "it lacks database flow, because airflow_backup_external_database is false" in said
    assert "FAILED" not in said
    assert external.site().code == 0
    refused = external.lab.play("playbooks/restore_airflow.yml")
    assert refused.code != 0
    assert "only the stack's own Postgres is restored" in refused.output
