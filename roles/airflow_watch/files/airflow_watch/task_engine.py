"""Lists and removes containers of tasks, and asks the database and Redis about them in a container of Airflow."""

from __future__ import annotations

import contextlib
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import task_containers
from .commands import WatchError
from .task_containers import AUTO_REMOVE, LIVE, MARK, STACK, TaskContainer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .host import Host

# Now, because site.yml may replace the modules while this program runs.
PROGRAM = Path(__file__).with_name("asking.py").read_text(encoding="utf-8")
# Seconds between SIGTERM and SIGKILL; for the answer of a container; for Docker to stop all leftovers at once.
STOP_SECONDS, ASK_SECONDS, DOCKER_SECONDS = 10, 30, 120
LISTED = '{{.ID}}\t{{.State}}\t{{.Label "' + AUTO_REMOVE + '"}}'
INSPECTED = "[{{json .Id}},{{json .Name}},{{json .State}},{{json .Image}},{{json .Config.Labels}}]"


class TaskEngine:
    """The containers of tasks of this stack on this host."""

    def __init__(self, host: Host) -> None:
        """Store the host."""
        self.host = host

    def containers(self) -> list[TaskContainer]:
        """Return the containers of tasks of this stack, but not those that exited and stay."""
        listed = self.host.run("docker", "ps", "--all", "--no-trunc", "--format", LISTED, "--filter", self.label())
        ids = []
        for line in listed.splitlines():
            id_, status, auto_remove = line.split("\t")
            # Its exit code is not known yet.
            if task_containers.to_remove(status, 0, auto_remove):
                ids.append(id_)
        found = []
        for id_ in ids:
            # It may have been removed meanwhile.
            with contextlib.suppress(WatchError):
                found.append(json.loads(self.host.run("docker", "inspect", "--format", INSPECTED, id_)))
        return [one for one in map(task_containers.container, found) if one]

    def label(self) -> str:
        """Return Docker's filter for the label of this stack's tasks.

        Raises:
            WatchError: The stack's Fernet key cannot be read.
        """
        path = Path(self.host.orphans["fernet_key"])
        try:
            key = path.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise WatchError(f"{path} cannot be read; run site.yml, which writes it: {error.strerror}") from error
        return f"label={STACK}={hashlib.sha256(f'task containers {key}'.encode()).hexdigest()[:16]}"

    def ask(
        self, instances: Sequence[Any], remove: Sequence[Any] = (), forget: str = ""
    ) -> tuple[task_containers.Rows, list[list[Any]]]:
        """Ask the database for the state of task instances, and Redis for the tries on this host.

        Args:
            instances: The task instances.
            remove: Tries of this host to remove from Redis.
            forget: Address of a host whose tries to remove from Redis.

        Raises:
            WatchError: There is no answer, or it is not understood.
        """
        question = {"instances": [list(one) for one in instances], "remove": list(remove), "forget": forget}
        program = f"{PROGRAM}\nimport json\nmain(json.loads({json.dumps(question)!r}))\n"
        argv = ("docker", "exec", "--interactive", self.airflow(), "python", "-W", "ignore", "-")
        said = self.host.run(*argv, data=program, seconds=ASK_SECONDS)
        try:
            answer = json.loads(said)
            rows = {
                (str(dag), str(task), str(run), int(index)): (int(number), state)
                for dag, task, run, index, number, state in answer["rows"]
            }
            tries = [[*one[:4], int(one[4])] for one in answer["tries"]]
            problem = str(answer["problem"])
        except (ValueError, TypeError, KeyError, IndexError) as error:
            raise WatchError(f"the answer is not understood: {said[:200]!r}") from error
        if problem and (remove or forget):
            raise WatchError(f"Redis does not answer: {problem}")
        return rows, tries

    def airflow(self) -> str:
        """Return the name of a running container of Airflow, the worker's if possible.

        Raises:
            WatchError: None runs.
        """
        services = sorted(self.host.orphans["ask"], key=lambda name: name != "worker")
        running = {one.service: one.name for one in self.host.containers() if one.ours and one.status == "running"}
        for service in services:
            if service in running:
                return running[service]
        raise WatchError(f"none of these services runs on this host: {', '.join(services)}")

    def remove(self, there: Sequence[TaskContainer]) -> None:
        """Stop containers, all at the same time, and remove them. It is no error if one is gone or stays."""
        if running := [one.id for one in there if one.status in LIVE]:
            # A paused container cannot be stopped, but removed.
            with contextlib.suppress(WatchError):
                self.host.run("docker", "stop", "-t", str(STOP_SECONDS), *running, seconds=DOCKER_SECONDS)
        if there:
            with contextlib.suppress(WatchError):
                self.host.run("docker", "rm", "--force", *[one.id for one in there], seconds=DOCKER_SECONDS)

    def is_own(self, one: TaskContainer) -> bool:
        """Return whether the container was labelled, and not the image that somebody committed from one."""
        try:
            said = self.host.run("docker", "image", "inspect", "--format", "{{json .Config.Labels}}", one.image)
        except WatchError:
            # Its image is gone.
            return True
        given = json.loads(said) or {}
        return any(given.get(name) != one.labels[name] for name in MARK)
