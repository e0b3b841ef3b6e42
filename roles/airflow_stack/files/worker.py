"""Runs an Airflow worker: prepares its memory for many processes, and notes in the container that it was told to end.

Celery forks a process for each task that may run at the same time. What Python then writes to is copied for each of
them: the modules that a process imports with its first task, and, at every garbage collection, a field in the header
of every object. So the modules are imported, and the objects put out of the collector's reach, before Celery forks.

A worker that was told to end finishes its tasks first. It takes no new ones, answers no question, and must not be told
a second time: Celery then leaves its tasks, gives their messages back to the broker, and hangs (seen with 5.2.7).
For the note see health.py.

    worker.py MODULE[,MODULE...] celery worker [ARGUMENT...]
"""

import gc
import importlib
import signal
import sys

# Docker makes this directory anew on each start of the container.
FINISHING = "/dev/shm/worker-finishes-its-tasks"  # noqa: S108 - no other container has this directory


def preload(name):
    """Import a module; one that this release lacks is reported and costs only memory."""
    try:
        importlib.import_module(name)
    except ImportError as error:
        print(f"worker.py: {name} is not imported before the first task: {error}", file=sys.stderr, flush=True)


def prepare(modules):
    """Import modules by their names, and exempt every object from garbage collection that is there by then."""
    for name in modules:
        preload(name)
    gc.collect()
    gc.freeze()


def note(how, **_others):
    """Note that the worker finishes its tasks, and let it do so.

    :param how: Celery's word for the way in which it ends, ``Warm`` for the one in which it finishes its tasks
    """
    if how == "Warm":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        with open(FINISHING, "w"):
            pass


if __name__ == "__main__":
    # As `airflow` itself is started: no module of a DAG's must be looked for in the directory of this file.
    del sys.path[0]
    sys.argv[0] = "airflow"
    preloaded = sys.argv.pop(1).split(",")

    from airflow.__main__ import main
    from celery.signals import worker_init, worker_shutting_down

    # Sent after Airflow's own imports and before the first fork. Celery holds its receivers by weak references.
    worker_init.connect(lambda **_others: prepare(preloaded), weak=False)
    worker_shutting_down.connect(note)
    sys.exit(main())
