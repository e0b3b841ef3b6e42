"""A DAG whose first two tasks run until their worker's warm shutdown, and whose last task needs a worker afterwards."""

import time
from datetime import datetime, timedelta
from pathlib import Path

import docker
from airflow import DAG
from airflow.providers.docker.operators.docker import DockerOperator

try:
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.providers.standard.operators.python import PythonOperator
except ImportError:
    # Before Airflow 3.
    from airflow.operators.bash import BashOperator
    from airflow.operators.python import PythonOperator

# /opt/airflow/worker.py of the replaced worker writes this file at the start of its warm shutdown.
ENDING = Path("/dev/shm/worker-finishes-its-tasks")  # noqa: S108


def wait_for_the_end(run_id: str) -> None:
    """Run until the warm shutdown of the worker, then let the container of the other task end."""
    while not ENDING.exists():
        time.sleep(0.2)
    docker.from_env().containers.get("handover_" + run_id).exec_run("touch /tmp/end")


with DAG(
    dag_id="handover",
    schedule=None,
    start_date=datetime(2023, 1, 1),
    # No retries: a second try would hide that the first one was killed.
    default_args={"retries": 0, "execution_timeout": timedelta(minutes=30)},
    is_paused_upon_creation=False,
) as dag:
    process = PythonOperator(task_id="process", python_callable=wait_for_the_end)
    container = DockerOperator(
        task_id="container",
        image="news_fetcher:1.0",
        container_name="handover_{{ run_id }}",
        entrypoint=["sh", "-c"],
        command=["until [ -e /tmp/end ]; do sleep 0.2; done; sleep 3"],
        mount_tmp_dir=False,
        auto_remove="force",
    )
    after = BashOperator(task_id="after", bash_command="true")
    [process, container] >> after
