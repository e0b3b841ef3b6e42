"""Labels the containers that DockerOperator starts, and stops those of earlier tries before a retry starts its own.

A container outlives the worker that started it. The labels say which try of which task it belongs to, so that a later
try, and airflow-watch on the host, recognize a leftover: a container whose try is over.

worker.py calls `install` before Celery forks, so every task process of the worker has it. A cluster policy would also
change what the DAG processor stores, and a user's airflow_local_settings could replace it.

stack_tries.py covers stacks on several hosts, where the earlier container may be on another one.
"""

import contextlib
import functools
import hashlib
import logging
import os
import sys

from stack_tries import TaskContainerError, enter, leave, secret

try:
    from docker.errors import DockerException
except ImportError:  # an image without the provider; see install
    DockerException = OSError

# Labels, which airflow-watch reads.
STACK, DAG, TASK, RUN = "airflow.stack", "airflow.dag", "airflow.task", "airflow.run"
MAP_INDEX, TRY, AUTO_REMOVE = "airflow.map_index", "airflow.try", "airflow.auto_remove"
# Which start of the try: a run that was deleted, or a restored database, begins with the same numbers again.
START = "airflow.start"
# The labels that all tries of a task instance share.
INSTANCE = (STACK, DAG, TASK, RUN, MAP_INDEX)
# States of a container that has processes.
LIVE = ("running", "paused", "restarting", "removing")
# Seconds between SIGTERM and SIGKILL for a leftover.
STOP_SECONDS = 10

log = logging.getLogger("airflow.task")
# What the Docker client raises. Not every Exception: Airflow raises its own in the middle of a call to end a task.
ENGINE_ERRORS = (DockerException, OSError)
# The calls of DockerOperator.execute that are under way in this process, the innermost last.
_runs = []


def stack_id():
    """Return an id that all hosts of this stack share, and no other stack has."""
    return hashlib.sha256(f"task containers {secret('fernet_key')}".encode()).hexdigest()[:16]


def labels_of(instance, auto_remove):
    """Return the labels for the containers of a try.

    Args:
        instance: The running task instance.
        auto_remove: Value of the operator's argument.
    """
    index = -1 if instance.map_index is None else instance.map_index
    # Airflow 3 gives each start of a try an id, earlier releases the id of the job that runs it.
    start = getattr(instance, "id", None) or getattr(instance, "job_id", None) or ""
    texts = [stack_id(), instance.dag_id, instance.task_id, instance.run_id, index, instance.try_number, auto_remove]
    # Python 3.7 has no `strict`.
    return dict(zip((*INSTANCE, TRY, AUTO_REMOVE, START), map(str, [*texts, start])))  # noqa: B905


def merged(own, ours):
    """Return the labels that an author gave as a dict, as a list of names, or not at all, and ours."""
    return {**(own if isinstance(own, dict) else dict.fromkeys(own or (), "")), **ours}


class Run:
    """One call of DockerOperator.execute."""

    def __init__(self, labels):
        """Store the labels of its containers, the number of the try, and the try as in Redis."""
        self.labels, self.number = labels, int(labels[TRY])
        self.entry = [*(labels[name] for name in (DAG, TASK, RUN)), int(labels[MAP_INDEX]), self.number]
        self.clients = []

    def before(self, client, name):
        """Make sure that no container of another try runs, before this try creates one.

        Args:
            client: The client of the engine that will run the container.
            name: Name of the new container; None if Docker chooses it.

        Raises:
            TaskContainerError: One may be running.
        """
        for found in self.found(client, every=True):
            number = int(found["Labels"][TRY])
            if number > self.number and found["State"] in LIVE:
                raise TaskContainerError(
                    f"{title(found)} of try {number} is running, so try {self.number} does not start one. If nobody "
                    f"needs it, run `docker rm -f {title(found)}` on that host"
                )
            other = number < self.number or (number == self.number and self.is_foreign(found))
            if other and (found["State"] in LIVE or f"/{name}" in (found.get("Names") or [])):
                log.info("Removing %s, which try %s has left behind (%s)", title(found), number, found["State"])
                self.remove(client, found)
        if os.environ.get("AIRFLOW_STACK_ADDRESS"):
            enter(self.entry, os.environ["AIRFLOW_STACK_ADDRESS"])
        self.clients.append(client)

    def is_foreign(self, found):
        """Return whether a container with the number of this try is of another start of it, and not of this one."""
        return bool(self.labels[START]) and found["Labels"].get(START) != self.labels[START]

    def after(self):
        """Stop what still runs although the call has ended, for instance because the connection to Docker broke."""
        for client in self.clients:
            for found in self.found(client, every=False):
                if int(found["Labels"][TRY]) == self.number:
                    log.info("Stopping %s, which still runs although its task has ended", title(found))
                    client.stop(found["Id"], timeout=STOP_SECONDS)
        if self.clients and os.environ.get("AIRFLOW_STACK_ADDRESS"):
            leave(self.entry)

    def found(self, client, every):
        """Return the containers of all tries of the task instance: all of them, or only running ones."""
        filters = {"label": [f"{name}={self.labels[name]}" for name in INSTANCE]}
        return [one for one in client.containers(all=every, filters=filters) if own_labels(client, one)]

    def remove(self, client, found):
        """Stop and remove a container.

        Raises:
            TaskContainerError: It is still there.
        """
        try:
            with contextlib.suppress(*ENGINE_ERRORS):
                client.stop(found["Id"], timeout=STOP_SECONDS)
            client.remove_container(found["Id"], force=True)
        except ENGINE_ERRORS as error:
            if any(one["Id"] == found["Id"] for one in self.found(client, every=True)):
                raise TaskContainerError(f"{title(found)} of an earlier try cannot be removed: {error}") from error


def title(found):
    """Return the name of a container."""
    return (found.get("Names") or [found["Id"][:12]])[0].lstrip("/")


def own_labels(client, found):
    """Return whether the container itself was labelled, and not the image that somebody committed from one."""
    try:
        given = client.inspect_image(found["ImageID"])["Config"].get("Labels") or {}
    except ENGINE_ERRORS:  # its image is gone
        return True
    return any(given.get(name) != found["Labels"][name] for name in (*INSTANCE, TRY))


def executing(execute):
    """Return DockerOperator.execute with a Run around it."""

    @functools.wraps(execute)
    def wrapper(self, context, *args, **kwargs):
        try:
            run = Run(labels_of(context["ti"], self.auto_remove))
        except Exception as error:  # a call outside of a task, as in a test of a DAG
            log.warning("The container gets no labels of its task: %r", error)
            return execute(self, context, *args, **kwargs)
        _runs.append(run)
        try:
            return execute(self, context, *args, **kwargs)
        finally:
            _runs.remove(run)
            try:
                # The container of a deferred try runs on.
                if getattr(sys.exc_info()[0], "__name__", "") != "TaskDeferred":
                    run.after()
            except Exception as error:  # the result of the task counts; airflow-watch does the rest
                log.warning("airflow-watch has to check for a container left by this task: %r", error)

    return wrapper


def creating(create):
    """Return the Docker client's method create_container with the labels of the running task."""

    @functools.wraps(create)
    def wrapper(self, *args, **kwargs):
        if _runs:
            _runs[-1].before(self, kwargs.get("name"))
            kwargs["labels"] = merged(kwargs.get("labels"), _runs[-1].labels)
        return create(self, *args, **kwargs)

    return wrapper


def install():
    """Change the two methods in this process and its forks. An image without the provider has none to change."""
    try:
        from airflow.providers.docker.operators.docker import DockerOperator
        from docker import APIClient
    except ImportError as error:
        print(f"stack_containers.py: containers get no labels of their tasks: {error}", file=sys.stderr, flush=True)
        return
    DockerOperator.execute = executing(DockerOperator.execute)
    APIClient.create_container = creating(APIClient.create_container)
