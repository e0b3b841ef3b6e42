"""A host whose Postgres moves from 15 to 17. `make molecule SCENARIO=postgres` creates it and runs all tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.hosts import DeployedHost
from tests.support.wait import wait

if TYPE_CHECKING:
    from tests.support.ansible import Played

LAB = "postgres"
CONTAINER, VOLUME = "airflow-postgres-1", "airflow_postgres_data"
OLD, NEW = {"airflow_postgres_image": "postgres:15"}, {"airflow_postgres_image": "postgres:17"}
# Things that a copy can lose: a line that looks like a command of the dump, bytes, large objects, privileges, a
# comment, a sequence, a setting of a database, and a name that needs quotes. The large table makes the copy last.
CONTENT = r"""
CREATE ROLE reader LOGIN PASSWORD 'reader-password' CONNECTION LIMIT 3;
CREATE DATABASE "Of People" OWNER reader;
ALTER DATABASE "Of People" SET work_mem = '7MB';
\connect "Of People"
CREATE TABLE lines (line text);
INSERT INTO lines VALUES ('CREATE ROLE airflow;'), ('\.'), (E'two\nlines'), ('');
CREATE TABLE "Large" AS SELECT i AS id, md5(i::text) AS text, decode(md5(i::text), 'hex') AS bytes
  FROM generate_series(1, 400000) AS i;
COMMENT ON TABLE "Large" IS 'kept';
GRANT SELECT ON "Large" TO reader;
CREATE SEQUENCE counter START 41;
SELECT nextval('counter');
SELECT lo_from_bytea(0, 'large object');
\connect postgres
CREATE TABLE by_people AS SELECT 1 AS id;
"""
# What must be the same afterwards, by database.
QUESTIONS = {
    "Of People": r"""
      SELECT md5(string_agg(line, '|' ORDER BY line)) FROM lines;
      SELECT count(*), md5(string_agg(text, '' ORDER BY id)), sum(length(bytes)) FROM "Large";
      SELECT obj_description('"Large"'::regclass), has_table_privilege('reader', '"Large"', 'SELECT');
      SELECT last_value FROM counter;
      SELECT convert_from(lo_get(oid), 'UTF8') FROM pg_largeobject_metadata;
      SELECT current_setting('work_mem'), pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database();
      SELECT rolconnlimit, md5(rolpassword) FROM pg_authid WHERE rolname = 'reader';
      SELECT md5(rolpassword) FROM pg_authid WHERE rolname = 'airflow';
    """,
    "postgres": "SELECT count(*) FROM by_people;",
    "airflow": """
      SELECT version_num FROM alembic_version;
      SELECT state, start_date FROM dag_run WHERE run_id = 'before'; SELECT count(*) FROM connection;
      SELECT count(*) FROM ab_user; SELECT count(*) FROM dag; SELECT count(*) FROM xcom WHERE run_id = 'before';
      SELECT has_database_privilege('news', 'airflow', 'CONNECT');
    """,
    "news": "SELECT count(*) FROM pg_tables WHERE schemaname = 'public';",
}


class Host(DeployedHost):
    """The host and its data."""

    def __init__(self) -> None:
        super().__init__(LAB)

    def sql(self, statements: str, database: str = "airflow") -> str:
        """Run statements in a database and return their output."""
        return self.ssh(
            f"docker exec -i {CONTAINER} psql -XqAt -v ON_ERROR_STOP=1 -U airflow -d '{database}'", statements
        )

    def data(self) -> dict[str, str]:
        """Return the answers to all questions by database."""
        return {database: self.sql(questions, database) for database, questions in QUESTIONS.items()}

    def major(self) -> str:
        """Return the major version of the running server."""
        return self.sql("SELECT current_setting('server_version_num')::int / 10000").strip()

    def volumes(self) -> list[str]:
        """Return the names of all volumes of Postgres."""
        return self.ssh(f"docker volume ls -q | grep ^{VOLUME} | sort").split()

    def version(self, volume: str) -> str:
        """Return the version of the data in a volume."""
        return self.ssh(f"cat /var/lib/docker/volumes/{volume}/_data/PG_VERSION").strip()

    def upgrade(self, *options: str, **variables: Any) -> Played:
        """Run the playbook."""
        return self.play("playbooks/upgrade_postgres.yml", *options, **{**NEW, **variables})

    def run_of(self, dag_id: str, run: str) -> str:
        """Start a DAG run, wait for its end and return its state."""
        self.ssh(f"airflow dags unpause {dag_id} && airflow dags trigger {dag_id} --run-id {run}")
        question = f"SELECT state FROM dag_run WHERE run_id = '{run}' AND state IN ('success', 'failed')"  # noqa: S608
        wait(lambda: bool(self.sql(question).strip()), 300, f"the end of run {run}")
        return self.sql(question).strip()


@pytest.fixture(scope="session")
def host() -> Host:
    """The host with a stack on Postgres 15 and data of people."""
    host = Host()
    run = host.play("site.yml", **OLD)
    assert run.code == 0, run.output
    if "Of People" not in host.sql("SELECT datname FROM pg_database"):
        host.sql(CONTENT, "postgres")
        assert host.run_of("news_fetcher", "before") == "success"
    return host
