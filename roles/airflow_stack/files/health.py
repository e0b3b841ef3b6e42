"""Health checks of the Airflow services, run inside their containers by Docker.

They avoid the Airflow CLI, which takes seconds of CPU time, and run on Python 3.7, the oldest of the official images.

    health.py http PORT PATH      the service answers 200
    health.py job TYPE SECONDS    the last heartbeat of this container's job in the database is at most SECONDS old
    health.py celery SECONDS      the worker responds, takes tasks and reaches Docker, or shuts down for at most SECONDS

A failed check prints `KIND: text`. airflow-watch restarts a service only for kinds that its policy names:
    hangs      it does not answer            heartbeat  its last heartbeat is too old
    queue      it takes no tasks             socket     its socket of Docker leads nowhere
    error      it answers with an error      refused    its password or a permission is refused
    away       `away: SERVICE: text`: it fails, and so does a server that it depends on
"""

import os
import socket
import sys
import threading
import time

SECRETS, DOCKER = "/run/secrets", "/var/run/docker.sock"
# Seconds. Docker ends a check after 30 s; before that, it must have asked the service and what the service depends on.
SERVICE_SECONDS, SERVER_SECONDS = 14, 5
# File that worker.py creates at the start of a warm shutdown.
FINISHING = "/dev/shm/worker-finishes-its-tasks"  # noqa: S108 - no other container has this directory
# Parts of messages of Postgres and Redis about credentials.
REFUSALS = ("authentication failed", "no pg_hba.conf entry", "WRONGPASS", "NOAUTH", "invalid username-password")


class CheckError(Exception):
    """The check fails; the arguments are the kind of reason and a text."""


def fail(kind, text):
    """Exit as unhealthy, although a thread may still wait for a server. `docker inspect` shows the reason."""
    print(f"{kind}: {' '.join(text.split())}", flush=True)
    os._exit(1)


def within(seconds, call):
    """Return what a call returns, or raise TimeoutError: not all libraries can limit the time of a query."""
    done = []

    def run():
        try:
            done.append((call(), None))
        except BaseException as error:
            done.append((None, error))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    result, error = done[0] if done else (None, TimeoutError(f"no answer within {seconds} s"))
    if error is not None:
        raise error
    return result


def secret(name):
    """Return the content of a mounted secret."""
    with open(f"{SECRETS}/{name}") as file:
        return file.read().strip()


def query(text, values=()):
    """Return the first column of a query's first row."""
    import psycopg2

    url = secret("sql_alchemy_conn").replace("postgresql+psycopg2://", "postgresql://", 1)
    with psycopg2.connect(url, connect_timeout=SERVER_SECONDS) as connection, connection.cursor() as cursor:
        cursor.execute(text, values)
        return cursor.fetchone()[0]


def celery_app():
    """Return a Celery application that gives up on a broker that does not answer."""
    from celery import Celery

    app = Celery(broker=secret("broker_url"))
    app.conf.broker_transport_options = {"socket_timeout": SERVICE_SECONDS, "socket_connect_timeout": SERVER_SECONDS}
    return app


def ping_broker():
    """Send a command to the broker."""
    with celery_app().connection_for_write() as connection:
        connection.default_channel.client.ping()


# What a service may depend on, by the name in the service table.
SERVERS = {"postgres": lambda: query("SELECT 1"), "redis": ping_broker}


def ask(name, call, seconds=SERVER_SECONDS):
    """Return what a server answers, or raise CheckError if it does not, or refuses the stack's password."""
    try:
        return within(seconds, call)
    except Exception as error:
        text = f"{name}: {type(error).__name__}: {error}"
        raise CheckError("refused" if any(words in text for words in REFUSALS) else "away", text) from error


def get(connection, path):
    """Request a path, and fail unless the answer is 200."""
    connection.sendall(f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
    status = connection.recv(64).split(b"\r\n")[0].decode()
    if " 200 " not in status + " ":
        raise CheckError("error", f"{path} answered {status!r}")


def http(port, path):
    """Check that a service in this container answers 200."""
    with socket.create_connection(("127.0.0.1", int(port)), timeout=SERVICE_SECONDS) as connection:
        get(connection, path)


def container_age():
    """Return the age of the first process of this container, in seconds. Its name may contain spaces."""
    with open("/proc/1/stat") as file:
        started = int(file.read().rsplit(")", 1)[1].split()[19]) / os.sysconf("SC_CLK_TCK")
    with open("/proc/uptime") as file:
        return float(file.read().split()[0]) - started


def job(job_type, seconds=30):
    """Check the heartbeat of this container's job in the metadata database."""
    name = os.environ.get("AIRFLOW_STACK_ADDRESS") or socket.gethostname()  # recorded by Airflow; see stack_address.py
    text = (
        "SELECT extract(epoch FROM now() - max(latest_heartbeat)) FROM job"
        " WHERE job_type = %s AND hostname = %s AND state = 'running'"
    )
    age = ask("postgres", lambda: query(text, (job_type, name)), SERVICE_SECONDS)
    # Ignore rows older than this container: killed jobs stay `running`, and its predecessor had the same name.
    if age is None or age > container_age():
        raise CheckError("heartbeat", f"{job_type} of {name} has sent no heartbeat since this container started")
    if age > float(seconds):
        raise CheckError("heartbeat", f"the last heartbeat of {job_type} is {age:.0f} s old")


def reach_docker():
    """Check that Docker answers; the mounted socket stays behind when the engine creates another one."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(SERVER_SECONDS)
            connection.connect(DOCKER)
            get(connection, "/_ping")
    except PermissionError as error:
        raise CheckError("refused", f"{DOCKER}: {error}; site.yml gives the worker the socket's group") from error
    except OSError as error:
        raise CheckError("socket", f"{DOCKER}: {type(error).__name__}: {error}") from error


def celery(grace_period):
    """Check that this container's worker responds and takes tasks; a ping shows neither."""
    if os.path.exists(FINISHING):
        ago = time.time() - os.path.getmtime(FINISHING)
        if ago > float(grace_period):
            raise CheckError("hangs", f"warm shutdown began {ago:.0f} s ago, but the worker still runs")
        print("warm shutdown: the worker finishes its tasks")
        return
    name = f"celery@{socket.gethostname()}"
    app = celery_app()
    inspect = app.control.inspect(destination=[name], timeout=SERVICE_SECONDS - 2)
    queues = within(SERVICE_SECONDS, inspect.active_queues)
    if not (queues and queues.get(name)):
        raise CheckError("queue" if queues else "hangs", f"{name} does not answer, or consumes no queue: {queues!r}")
    reach_docker()
    from health_queue import left_waiting

    left = within(SERVICE_SECONDS, lambda: left_waiting(app, inspect, name, [queue["name"] for queue in queues[name]]))
    if left:
        raise CheckError("queue", f"{name} is idle, but takes no task from {', '.join(left)}")


# Each check, and the servers whose failure explains its own.
CHECKS = {"http": (http, ["postgres"]), "job": (job, []), "celery": (celery, ["redis", "postgres"])}


def main(name, *words):
    """Run a check. If it fails, ask the servers: without them, the failure says nothing about the service."""
    check, servers = CHECKS[name]
    try:
        try:
            check(*words)
        except Exception as error:
            if not (isinstance(error, CheckError) and error.args[0] in ("socket", "refused")):
                for server in servers:
                    ask(server, SERVERS[server])
            raise
    except CheckError as failure:
        fail(*failure.args)
    except OSError as error:  # nobody listens, or nobody answers in time
        fail("hangs", f"{type(error).__name__}: {error}")
    except Exception as error:  # after any error the service is not known to be healthy
        fail("error", f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main(*sys.argv[1:])
