"""Health checks of the Airflow services, run inside their containers by Docker.

They start no Airflow CLI, which costs seconds of a core: this costs a tenth of one, most of it Python's own start.
Valid on Python 3.7, the oldest of the official images.

    health.py http PORT PATH    the service answers 200
    health.py job TYPE          the job of this container has a fresh heartbeat in the metadata database
    health.py celery SECONDS    the worker answers and consumes from a queue, or was told to end no longer ago than that
"""

import os
import socket
import sys
import time

SECRETS = "/run/secrets"
# Seconds, the limit of Airflow's own health page. Jobs beat every 5 s, and 2.5 writes each beat with the next one.
FRESH = 30
# The note of worker.py.
FINISHING = "/dev/shm/worker-finishes-its-tasks"  # noqa: S108 - no other container has this directory


def fail(reason):
    """End with Docker's word for unhealthy, the reason being kept in `docker inspect`."""
    print(reason)
    sys.exit(1)


def secret(name):
    """Return the content of a mounted secret."""
    with open(f"{SECRETS}/{name}") as file:
        return file.read().strip()


def http(port, path):
    """Check that a service on this container answers 200."""
    with socket.create_connection(("127.0.0.1", int(port)), timeout=8) as connection:
        connection.sendall(f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
        status = connection.recv(64).split(b"\r\n")[0].decode()
    if " 200 " not in status + " ":
        fail(f"{path} answered {status!r}")


def container_age():
    """Return for how many seconds the first process of this container has run."""
    with open("/proc/1/stat") as file:
        # Counted from behind the program's name, which may hold spaces.
        started = int(file.read().rsplit(")", 1)[1].split()[19]) / os.sysconf("SC_CLK_TCK")
    with open("/proc/uptime") as file:
        return float(file.read().split()[0]) - started


def job(job_type):
    """Check the heartbeat that the job of this container leaves in the metadata database."""
    import psycopg2

    # As Airflow records it: see stack_address.py.
    name = os.environ.get("AIRFLOW_STACK_ADDRESS") or socket.gethostname()
    url = secret("sql_alchemy_conn").replace("postgresql+psycopg2://", "postgresql://", 1)
    connection = psycopg2.connect(url, connect_timeout=8)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM now() - max(latest_heartbeat)) FROM job"
            " WHERE job_type = %s AND hostname = %s AND state = 'running'",
            (job_type, name),
        )
        age = cursor.fetchone()[0]
    connection.close()
    # A killed job counts as running until another scheduler misses it, and an earlier container had the same name.
    if age is None or age > container_age():
        fail(f"no {job_type} of {name} that counts as running has left a heartbeat since this container started")
    if age > FRESH:
        fail(f"the last heartbeat of {job_type} is {age:.0f} s old")


def celery(grace_period):
    """Check that the worker of this container answers and has a queue, which a mere ping does not prove.

    One that finishes its tasks before it ends answers nobody. That it was told so, it has noted.
    """
    if os.path.exists(FINISHING):
        ago = time.time() - os.path.getmtime(FINISHING)
        if ago > float(grace_period):
            fail(f"the worker was told to end {ago:.0f} s ago, and has not")
        print("the worker was told to end, and finishes its tasks")
        return
    from celery import Celery

    name = f"celery@{socket.gethostname()}"
    inspect = Celery(broker=secret("broker_url")).control.inspect(destination=[name], timeout=8)
    queues = inspect.active_queues()
    if not queues or not queues.get(name):
        fail(f"{name} answers with no queue: {queues!r}")


CHECKS = {"http": http, "job": job, "celery": celery}

if __name__ == "__main__":
    try:
        CHECKS[sys.argv[1]](*sys.argv[2:])
    except Exception as error:  # whatever it is, the service is not proven healthy
        fail(f"{type(error).__name__}: {error}")
