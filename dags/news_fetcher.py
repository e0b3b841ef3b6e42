import os
from datetime import datetime, timedelta

from airflow import DAG
from airflow.providers.docker.operators.docker import DockerOperator
from airflow_names import PostgresOperator, mask_secret
from docker.types import Mount

STACK_CA = os.environ["AIRFLOW_STACK_CA"]
# The directory of the project on the host.
PROJECT = os.environ.get("AIRFLOW_STACK_PROJECTS", "/usr/local/projects") + "/news_fetcher"

DOC = f"""
### News fetcher

1. **fetch**: the project image `news_fetcher` reads the feeds of `{PROJECT}/config.json` and writes
   their links into the database of the connection `postgres_default`. Its XCom is one line of JSON: feeds read,
   links seen, links new, feeds that failed.
2. **remove_expired**: deletes expired links.
"""


def masked(text):
    """Return the text and register it as a secret, which Airflow shows as ***.

    Airflow itself masks a connection's password only in plain form, not in the percent-encoded form of a URI.
    """
    mask_secret(text)
    return text


with DAG(
    dag_id="news_fetcher",
    description="Fetch news feeds into Postgres with a project image, then remove expired links",
    doc_md=DOC,
    schedule="15 * * * *",
    start_date=datetime(2023, 1, 1),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=1), "execution_timeout": timedelta(minutes=10)},
    user_defined_macros={"masked": masked},
    tags=["news", "example"],
) as dag:
    fetch = DockerOperator(
        task_id="fetch",
        image="news_fetcher:1.0",
        # A unique name per try, so a container left by a killed worker does not block the next try.
        container_name="news_fetcher_fetch_{{ dag_run.start_date | ts_nodash }}_{{ ti.try_number }}",
        command=["/app/config.json"],
        mounts=[
            Mount(
                source=f"{PROJECT}/config.json",
                target="/app/config.json",
                type="bind",
                read_only=True,
            ),
            # CA certificate to verify the database's server, if that is on another host; otherwise empty.
            Mount(source=STACK_CA, target=STACK_CA, type="bind", read_only=True),
        ],
        # Docker on the host cannot mount a temporary directory of the worker's container.
        mount_tmp_dir=False,
        # The stack's network, where the connection's host name resolves.
        network_mode=os.environ["AIRFLOW_STACK_NETWORK"],
        environment={"DATABASE_URL": "{{ masked(conn.postgres_default.get_uri()) }}"},
        auto_remove="force",
        do_xcom_push=True,
    )

    remove_expired = PostgresOperator(
        task_id="remove_expired",
        postgres_conn_id="postgres_default",
        sql="DELETE FROM links WHERE expires_at < now()",
    )

    fetch >> remove_expired
