"""Sixteen tasks, each in a container that creates a file when it has started and ends when the file `open` exists."""

import os

from airflow import DAG
from airflow.providers.docker.operators.docker import DockerOperator
from docker.types import Mount
from pendulum import datetime

PROGRAM = """
import pathlib, sys, time
place = pathlib.Path("/parallel")
(place / ("task" + sys.argv[1])).touch()
ends = time.monotonic() + 600
while not (place / "open").exists():
    if time.monotonic() > ends:
        sys.exit("nobody opened")
    time.sleep(0.5)
"""

with DAG(dag_id="parallel", schedule=None, start_date=datetime(2023, 1, 1), is_paused_upon_creation=False):
    for number in range(16):
        DockerOperator(
            task_id=f"wait{number}",
            image="news_fetcher:1.0",
            container_name=f"parallel_{number}",
            entrypoint=["python3", "-c", PROGRAM],
            command=[str(number)],
            mounts=[Mount(source="/srv/parallel", target="/parallel", type="bind")],
            mount_tmp_dir=False,
            network_mode=os.environ["AIRFLOW_STACK_NETWORK"],
            auto_remove="force",
            retries=0,
        )
