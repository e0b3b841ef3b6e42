"""DAGs that show which host a task ran on, and whether a long task survives the replacement of its worker."""

import os
from datetime import datetime, timedelta

from airflow import DAG
from airflow.providers.docker.operators.docker import DockerOperator

try:
    from airflow.providers.standard.operators.bash import BashOperator
except ImportError:
    from airflow.operators.bash import BashOperator

# One task per queue, which prints the address of its host, and one long task in a container of its own.
with DAG(
    dag_id="queues",
    schedule=None,
    start_date=datetime(2023, 1, 1),
    default_args={"retries": 0, "execution_timeout": timedelta(minutes=10)},
    is_paused_upon_creation=False,
) as dag:
    for queue in ("red", "blue"):
        BashOperator(task_id=queue, queue=queue, bash_command='echo "$AIRFLOW_STACK_ADDRESS ran this"')

with DAG(
    dag_id="long",
    schedule=None,
    start_date=datetime(2023, 1, 1),
    default_args={"retries": 0, "execution_timeout": timedelta(minutes=10)},
    is_paused_upon_creation=False,
) as long:
    DockerOperator(
        task_id="sleep",
        queue="red",
        image="news_fetcher:1.0",
        container_name="cluster_long_{{ dag_run.start_date | ts_nodash }}",
        # Only `command` is a templated field; `entrypoint` is not.
        entrypoint=["sleep"],
        command=["{{ dag_run.conf.get('seconds', 90) }}"],
        mount_tmp_dir=False,
        network_mode=os.environ["AIRFLOW_STACK_NETWORK"],
        auto_remove="force",
    )
