"""Health checks of the Airflow services, run inside their containers by Docker.

They avoid the Airflow CLI, which takes seconds of CPU time. A check takes 0.1 s, mostly Python startup.
The program runs on Python 3.7, the oldest version of the official images.

    health.py http PORT PATH    the service answers 200
    health.py job TYPE          the job of this container has a fresh heartbeat in the metadata database
    health.py celery SECONDS    the worker responds and consumes a queue, or is in warm shutdown for at most SECONDS
"""

import os
import socket
import sys
import time

SECRETS = "/run/secrets"
# Seconds, the limit of Airflow's own health page. Jobs beat every 5 s, and 2.5 writes a heartbeat with the next one.
FRESH = 30
# File that worker.py creates at the start of a warm shutdown.
FINISHING = "/dev/shm/worker-finishes-its-tasks"  # noqa: S108 - no other container has this directory


def fail(reason):
    """Exit with the status that Docker reads as unhealthy. `docker inspect` shows the reason."""
    print(reason)
    sys.exit(1)


def secret(name):
    """Return the content of a mounted secret."""
    with open(f"{SECRETS}/{name}") as file:
        return file.read().strip()


def http(port, path):
    """Check that a service in this container answers 200."""
    with socket.create_connection(("127.0.0.1", int(port)), timeout=8) as connection:
        connection.sendall(f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
        status = connection.recv(64).split(b"\r\n")[0].decode()
    if " 200 " not in status + " ":
        fail(f"{path} answered {status!r}")


def container_age():
    """Return the age of the first process of this container, in seconds."""
    with open("/proc/1/stat") as file:
        # Fields are counted after the program's name, which may contain spaces.
        started = int(file.read().rsplit(")", 1)[1].split()[19]) / os.sysconf("SC_CLK_TCK")
    with open("/proc/uptime") as file:
        return float(file.read().split()[0]) - started


def job(job_type):
    """Check the heartbeat of this container's job in the metadata database."""
    import psycopg2

    # The name that Airflow records; see stack_address.py.
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
    # Ignore rows older than this container: killed jobs stay `running`, and its predecessor had the same name.
    if age is None or age > container_age():
        fail(f"no running {job_type} of {name} has sent a heartbeat since this container started")
    if age > FRESH:
        fail(f"the last heartbeat of {job_type} is {age:.0f} s old")


def celery(grace_period):
    """Check that this container's worker responds and consumes a queue; a ping does not show the queue.

    A worker in warm shutdown does not respond. worker.py has then created the file FINISHING.
    """
    if os.path.exists(FINISHING):
        ago = time.time() - os.path.getmtime(FINISHING)
        if ago > float(grace_period):
            fail(f"warm shutdown began {ago:.0f} s ago, but the worker still runs")
        print("warm shutdown: the worker finishes its tasks")
        return
    from celery import Celery

    name = f"celery@{socket.gethostname()}"
    inspect = Celery(broker=secret("broker_url")).control.inspect(destination=[name], timeout=8)
    queues = inspect.active_queues()
    if not queues or not queues.get(name):
        fail(f"{name} does not answer, or consumes no queue: {queues!r}")


CHECKS = {"http": http, "job": job, "celery": celery}

if __name__ == "__main__":
    try:
        CHECKS[sys.argv[1]](*sys.argv[2:])
    except Exception as error:  # after any error the service is not known to be healthy
        fail(f"{type(error).__name__}: {error}")
