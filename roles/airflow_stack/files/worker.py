"""Run an Airflow worker with memory shared between its processes, and record in the container that it shuts down.

Celery forks a process for each task slot. Memory that a process writes to is copied for it: the memory of the modules
that it imports for its first task and, at every garbage collection, a field in the header of every object. So this
program imports the modules, and exempts all objects from garbage collection, before Celery forks.

If containers of tasks are watched, it then also changes how DockerOperator creates them; see stack_containers.py.

A worker in warm shutdown finishes its tasks first. It accepts no new tasks, answers no query, and must not receive a
second signal: Celery then abandons its tasks, returns their messages to the broker, and hangs (seen with 5.2.7).
health.py reads the record.

    worker.py MODULE[,MODULE...] celery worker [ARGUMENT...]
"""

import gc
import importlib
import os
import signal
import sys

# Docker creates this directory again on each start of the container.
FINISHING = "/dev/shm/worker-finishes-its-tasks"  # noqa: S108 - no other container has this directory


def preload(name):
    """Import a module. One that this release lacks is reported; its absence costs only memory."""
    try:
        importlib.import_module(name)
    except ImportError as error:
        print(f"worker.py: {name} is not imported before the first task: {error}", file=sys.stderr, flush=True)


def prepare(modules):
    """Import modules by their names, then exempt all existing objects from garbage collection."""
    for name in modules:
        preload(name)
    if os.environ.get("AIRFLOW_STACK_ORPHANS"):
        importlib.import_module("stack_containers").install()
    gc.collect()
    gc.freeze()


def note(how, **_others):
    """Record that the worker finishes its tasks, and ignore further stop signals.

    Args:
        how: Celery's name for the kind of shutdown. In a ``Warm`` one the worker finishes its tasks.
    """
    if how == "Warm":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        with open(FINISHING, "w"):
            pass


if __name__ == "__main__":
    # As in a start of `airflow` itself: modules that DAGs import must not be looked up in the directory of this file.
    del sys.path[0]
    sys.argv[0] = "airflow"
    preloaded = sys.argv.pop(1).split(",")

    from airflow.__main__ import main
    from celery.signals import worker_init, worker_shutting_down

    # Sent after Airflow's own imports and before the first fork. Celery holds its receivers by weak references.
    worker_init.connect(lambda **_others: prepare(preloaded), weak=False)
    worker_shutting_down.connect(note)
    sys.exit(main())
