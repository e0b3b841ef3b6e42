"""Runs an Airflow command, a worker's, and notes in the container that it was told to end: see health.py.

A worker that was told to end finishes its tasks first. It takes no new ones, answers no question, and must not be told
a second time: Celery then leaves its tasks, gives their messages back to the broker, and hangs (seen with 5.2.7).

    worker.py celery worker [ARGUMENT...]
"""

import signal
import sys

# Docker makes this directory anew on each start of the container.
FINISHING = "/dev/shm/worker-finishes-its-tasks"  # noqa: S108 - no other container has this directory


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

    from airflow.__main__ import main
    from celery.signals import worker_shutting_down

    worker_shutting_down.connect(note)
    sys.exit(main())
