"""The tries of tasks that may have a container, on which host: a hash in Redis, for stacks on several hosts.

Each host has its own Docker engine, and a retry may run on another host than the try before it. So each try enters
itself before it creates a container, and a later try waits until the earlier entry is gone. airflow-watch removes the
entries of its host whose container is gone; its program asking.py reads the same hash.

The hash is not in the database, whose backups would bring back entries of hosts that no longer exist.
"""

import contextlib
import json
import logging
import time

SECRETS = "/run/secrets"
# Keys are [dag, task, run, map index, try] as JSON, values the addresses of hosts.
TRIES = "airflow-stack:task-containers"
# Seconds that a try waits for earlier ones, which is longer than a reboot takes; between two looks; and between two
# lines in its log.
WAIT_SECONDS, LOOK_SECONDS, SAY_SECONDS = 900, 2, 60
# Redis may hang; seconds for a connection and for an answer.
REDIS = {"socket_connect_timeout": 5, "socket_timeout": 5}

log = logging.getLogger("airflow.task")


class TaskContainerError(Exception):
    """The try must not start a container, because a container of another try may be running."""


def secret(name):
    """Return the content of a mounted secret."""
    with open(f"{SECRETS}/{name}") as file:
        return file.read().strip()


@contextlib.contextmanager
def redis():
    """Connect to the stack's Redis."""
    from kombu import Connection

    with Connection(secret("broker_url"), transport_options=REDIS) as connection:
        yield connection.channel().client


def others(found, entry, host):
    """Return the other tries of a task instance that may have a container on another host.

    Args:
        found: Content of the hash.
        entry: The try that asks.
        host: Address of its host.
    """
    known = [(json.loads(name), address.decode()) for name, address in found.items()]
    return [(one[-1], address) for one, address in known if one[:-1] == entry[:-1] and one != entry and address != host]


def obstacle(entry, host):
    """Enter a try, unless another one may have a container on another host; return why not.

    Raises:
        TaskContainerError: Waiting does not help.
    """
    from kombu.exceptions import KombuError
    from redis.exceptions import RedisError

    # Not every Exception: Airflow raises its own in the middle of a call to end a task.
    try:
        with redis() as client:
            found = others(client.hgetall(TRIES), entry, host)
            if not found:
                client.hset(TRIES, json.dumps(entry), host)
                return ""
    except (KombuError, RedisError, OSError) as error:
        return f"Redis does not tell whether a container of an earlier try runs on another host: {error!r}"
    number, address = max(found)
    if number > entry[-1]:
        raise TaskContainerError(f"try {number} runs on {address}, so try {entry[-1]} does not start a container")
    return (
        f"a container of try {number} may still run on {address}. airflow-watch of that host stops it and reports "
        f"that. If the host is lost for good, run `airflow-watch orphans --forget {address}` on a host with a worker"
    )


def enter(entry, host):
    """Enter a try, after waiting for tries on other hosts.

    Raises:
        TaskContainerError: A container of another try may be running.
    """
    until, say = time.monotonic() + WAIT_SECONDS, 0.0
    while True:
        reason = obstacle(entry, host)
        if not reason:
            return
        if time.monotonic() >= until:
            raise TaskContainerError(f"waited {WAIT_SECONDS} s: {reason}")
        if time.monotonic() >= say:
            log.info("Waiting: %s", reason)
            say = time.monotonic() + SAY_SECONDS
        time.sleep(LOOK_SECONDS)


def leave(entry):
    """Remove the entry of a try that has no container any more."""
    with redis() as client:
        client.hdel(TRIES, json.dumps(entry))
