"""Many short tasks: our worker compared with a worker that is started like in the official compose file."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import partial
from statistics import median

from tests import tables
from tests.bench.deployed import deployed
from tests.bench.entry import Group, Measured
from tests.support.hosts import Lab
from tests.support.wait import wait

RUNS = 5
COUNT = 60
SLOTS = 16
RELEASES = (tables.default_release(), tables.tested()[-1])
LAB = "bench-tasks"
COMPOSE = "docker compose --file /usr/local/projects/airflow/compose.yml"

# Queue of each worker and its container; `default` is the queue of our worker.
QUEUES = {"default": "airflow-worker-1", "reference": "reference"}
DAGS = f"""
from datetime import datetime

from airflow import DAG

try:
    from airflow.providers.standard.operators.python import PythonOperator
except ImportError:
    from airflow.operators.python import PythonOperator

def nothing():
    pass

OPTIONS = {{"schedule": None, "start_date": datetime(2023, 1, 1), "is_paused_upon_creation": False}}
for queue in {list(QUEUES)}:
    with DAG(dag_id="tasks_" + queue, **OPTIONS) as dag:
        for number in range({COUNT}):
            PythonOperator(task_id="nothing%d" % number, python_callable=nothing, queue=queue, retries=0)
    globals()[dag.dag_id] = dag
"""
# PSS: memory shared by processes is divided equally among them, so it is counted once.
MEMORY = """
own=$(readlink /proc/$(docker inspect --format "{{{{.State.Pid}}}}" {container})/ns/pid)
for process in /proc/[0-9]*; do
  if [ "$(readlink $process/ns/pid)" = "$own" ]; then cat $process/smaps_rollup; fi
done | awk '/^Pss:/ {{sum += $2}} END {{print sum}}'
"""


@dataclass
class Worker:
    """Measurements of a worker.

    Args:
        queue: Queue that only this worker serves.
        seconds: Seconds of each run, from the trigger to the end of its last task.
        megabytes: Memory of the worker after the runs.
    """

    queue: str
    seconds: list[float] = field(default_factory=list)
    megabytes: float = 0

    @property
    def spread(self) -> str:
        """Times of the fastest and the slowest run."""
        return f"{min(self.seconds):.1f} to {max(self.seconds):.1f}"


def names(release: str) -> list[str]:
    """Names of the measurements of a release."""
    return [f"tasks_{COUNT}_airflow_{release}_seconds", f"worker_{SLOTS}_slots_airflow_{release}_megabytes"]


def measure(release: str) -> list[Measured]:
    """Deploy a host, start the reference worker next to ours, and give both the same runs alternately."""
    with deployed(LAB, release) as hosts:
        return compare(hosts, release)


def compare(hosts: Lab, release: str) -> list[Measured]:
    """Measure on a deployed host."""
    host = hosts.hosts["airflow1"]
    # The command of the official compose file with its default of 16 processes. Celery requires unique worker names.
    words = f"celery worker --celery-hostname reference --queues reference --concurrency {SLOTS}"
    host.ssh(f"{COMPOSE} run --detach --no-deps --name reference worker {words}")
    host.ssh("cat > $(readlink -f /usr/local/projects/airflow/dags/current)/tasks.py", DAGS)
    host.ssh("airflow dags reserialize")
    workers = [Worker(queue) for queue in QUEUES]
    for worker in workers:
        # The first run is not counted, because it starts processes that later runs reuse.
        once(hosts, worker.queue)
    for number in range(RUNS):
        # Alternate the order, so that neither worker is always the first after a pause.
        for worker in workers if number % 2 else reversed(workers):
            worker.seconds.append(once(hosts, worker.queue))
            print(f"{release}: {worker.queue}: {worker.seconds[-1]:.1f} s", flush=True)
    for worker in workers:
        worker.megabytes = int(host.ssh(MEMORY.format(container=QUEUES[worker.queue]))) / 1024
    ours, reference = workers
    seconds, megabytes = names(release)
    taken = (
        f"{COUNT} tasks that do nothing, from the trigger to the end of the last one; fastest and slowest run: "
        f"ours {ours.spread}, the reference {reference.spread}"
    )
    held = f"memory of a worker with {SLOTS} slots after {(RUNS + 1) * COUNT} tasks; shared memory is counted once"
    return [
        Measured(seconds, "seconds", median(ours.seconds), median(reference.seconds), RUNS, taken),
        Measured(megabytes, "megabytes", ours.megabytes, reference.megabytes, 1, held),
    ]


def once(hosts: Lab, queue: str) -> float:
    """Run the tasks on the worker of a queue, and return the duration that Airflow records."""
    host = hosts.hosts["airflow1"]
    run = f"bench{time.time_ns()}"
    host.ssh(f"airflow dags trigger tasks_{queue} --run-id {run}")
    ended = f"FROM dag_run WHERE run_id = '{run}' AND state IN ('success', 'failed')"

    def ask(what: str) -> str:
        return host.ssh("docker exec -i airflow-postgres-1 psql -U airflow -At", f"SELECT {what} {ended}").strip()

    wait(partial(ask, "1"), 600, f"the end of {run}")
    if (state := ask("state")) != "success":
        raise RuntimeError(f"{run} ended as {state}")
    return float(ask("extract(epoch FROM end_date - queued_at)"))


GROUPS = [Group(names(release), partial(measure, release)) for release in RELEASES]
