"""Work that goes on while hosts fail: a short task every minute, and a long one in a container of its own."""

import os
from datetime import datetime, timedelta

from airflow import DAG
from airflow.providers.docker.operators.docker import DockerOperator
from docker.types import Mount

try:
    from airflow.providers.standard.operators.bash import BashOperator
except ImportError:
    from airflow.operators.bash import BashOperator

# Writes a line with the name of its container twice a second, so that two containers at the same time would be seen.
TICK = """
import os, sys, time
end = time.time() + float(sys.argv[1])
while time.time() < end:
    with open("/project/marks/" + sys.argv[2], "a") as marks:
        marks.write(f"{time.time():.1f} {os.uname().nodename}\\n")
    time.sleep(0.5)
"""
ARGUMENTS = {"retries": 3, "retry_delay": timedelta(seconds=5), "execution_timeout": timedelta(minutes=15)}

with DAG(
    dag_id="short",
    schedule="* * * * *",
    start_date=datetime(2023, 1, 1),
    catchup=False,
    default_args=ARGUMENTS,
    is_paused_upon_creation=False,
) as short:
    BashOperator(task_id="echo", bash_command="echo done")

with DAG(
    dag_id="long",
    schedule=None,
    start_date=datetime(2023, 1, 1),
    default_args=ARGUMENTS,
    is_paused_upon_creation=False,
) as long:
    DockerOperator(
        task_id="tick",
        image="news_fetcher:1.0",
        # Only `command` is a templated field; `entrypoint` is not.
        entrypoint=["python", "-c", TICK],
        command=["{{ dag_run.conf.get('seconds', 120) }}", "{{ run_id }}"],
        mounts=[Mount(source="/usr/local/projects/news_fetcher", target="/project", type="bind")],
        mount_tmp_dir=False,
        network_mode=os.environ["AIRFLOW_STACK_NETWORK"],
        auto_remove="force",
    )
