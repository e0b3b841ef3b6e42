"""Runs our actions in Airflow: finds a running container on the host and runs them in one process in it.

Only the docker command is needed. Data and results pass through standard input and output, never through arguments.
This file does not use AnsibleModule; its functions take the function ``run_command`` of one.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import ModuleType
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers import program
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.inside.errors import first_line
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.inside.main import MARK

# AnsibleModule.run_command: exit code, output, error output.
RunCommand = Callable[..., tuple[int, str, str]]

# The long-running services of the stack that contain Airflow, of all releases. A unit test compares them with the
# service table of role airflow.
SERVICES = ("scheduler", "dag-processor", "webserver", "worker", "triggerer", "execution-api")

# Options with which every module finds its container.
CONTAINER_OPTIONS: dict[str, dict[str, Any]] = {
    "project": {"type": "str", "default": "airflow"},
    "services": {"type": "list", "elements": "str", "default": [*SERVICES]},
    "container": {"type": "str"},
    "timeout": {"type": "int", "default": 120},
}

SENTENCES = {
    "database": "Airflow's metadata database does not answer ({detail}); start the service postgres or wait for it.",
    "broker": "Airflow's broker does not answer ({detail}); start the service redis or wait for it.",
    "migration": (
        "Airflow's metadata database is not at this release's version ({detail}): its migrations are still running, or "
        "never ran. Wait for them, or run them: `airflow db upgrade`, from release 2.7 on `airflow db migrate`."
    ),
    "fernet": (
        "Airflow cannot decrypt {undecryptable}, encrypted with another Fernet key. Give Airflow that key, or delete "
        "them in the web UI."
    ),
    "timeout": "Airflow {detail}; look for locks in its database, or raise timeout.",
    "no_airflow": "its Python has no working Airflow ({detail}); name another container in services or container.",
    "refused": "Airflow refused: {detail}",
    "other": "Airflow failed: {detail}",
}


class NotRunningError(Exception):
    """No Airflow container is running on this host; the message says what to do."""


class InsideError(Exception):
    """The process inside the container failed; the message says why, without values.

    Attributes:
        reports: Reports of the actions before the error, by action name.
    """

    def __init__(self, message: str, reports: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.reports = reports


def find_container(run_command: RunCommand, docker: str | None, options: Mapping[str, Any]) -> str:
    """Return the name of a running Airflow container.

    Args:
        run_command: Runs an argument list.
        docker: Path of the docker command, None if there is none.
        options: ``container``, or else ``project`` and ``services``; services are tried in the given order.

    Raises:
        NotRunningError: No such container is running.
    """
    host = platform.node()
    if not docker:
        raise NotRunningError(f"host {host} has no docker command; install Docker and start the Airflow stack first.")
    project, services = options["project"], options["services"]
    labels = [f"project={project}", "oneoff=False"]
    filters = [word for label in labels for word in ("--filter", f"label=com.docker.compose.{label}")]
    row = '{{.Names}}\t{{.Label "com.docker.compose.service"}}'
    argv = [docker, "ps", "--filter", "status=running", "--format", row]
    rc, out, err = run_command(argv if options["container"] else [*argv, *filters])
    if rc != 0:
        raise NotRunningError(f"the Docker engine of host {host} does not answer: {first_line(err)}")
    running = [line.split("\t") for line in out.splitlines()]
    if options["container"]:
        missing = f"no container named {options['container']!r} is running"
        found = [name for name, _ in running if name == options["container"]]
    else:
        missing = f"compose project {project!r} runs none of the services {', '.join(services)}"
        found = [name for wanted in services for name, service in running if service == wanted]
    if found:
        return found[0]
    raise NotRunningError(
        f"on host {host} {missing}; start the stack (playbooks/deploy_airflow_stack.yml), or set project, services or "
        "container to what runs there."
    )


def run_inside(
    run_command: RunCommand,
    docker: str,
    container: str,
    *,
    timeout: int,
    programs: Iterable[ModuleType],
    actions: Iterable[Mapping[str, Any]],
) -> dict[str, Any]:
    """Run actions in one process in a running container and return their reports by name.

    Args:
        run_command: Runs an argument list with ``data`` as its standard input.
        docker: Path of the docker command.
        container: Name of the container.
        timeout: Seconds after which the process ends itself.
        programs: The modules that define the actions; their text is sent.
        actions: Dicts with ``name`` and what that action needs.

    Raises:
        InsideError: The process or an action failed.
    """
    argv, where = [docker, "exec", "-i", container, "python"], f"container {container}"
    return run_program(run_command, argv, where, timeout=timeout, programs=programs, actions=actions)


def run_program(
    run_command: RunCommand,
    python: Sequence[str],
    where: str,
    *,
    timeout: int,
    programs: Iterable[ModuleType],
    actions: Iterable[Mapping[str, Any]],
) -> dict[str, Any]:
    """Run actions in one process of a Python that has Airflow and return their reports by name.

    Args:
        run_command: Runs an argument list with ``data`` as its standard input.
        python: Command line that starts that Python with our standard input and output.
        where: Where that Python is; error messages begin with it.
        timeout: Seconds after which the process ends itself.
        programs: The modules that define the actions; their text is sent.
        actions: Dicts with ``name`` and what that action needs.

    Raises:
        InsideError: The process or an action failed.
    """
    request = json.dumps(program.request(programs, actions, timeout))
    rc, out, err = run_command([*python, "-c", program.LOADER], data=request, binary_data=True)
    lines = [line for line in out.splitlines() if line.startswith(MARK)]
    if not lines:
        why = first_line((err.strip() or "no output").split("\n")[-1])
        raise InsideError(f"{where}: its process exited with code {rc} and no result: {why}", {})
    result = json.loads(lines[-1][len(MARK) :])
    if result["error"]:
        reports = result["reports"]
        undecryptable = [name for report in reports.values() for name in report.get("undecryptable", [])]
        raise InsideError(f"{where}: {sentence(result['error'], undecryptable)}", reports)
    return dict(result["reports"])


def sentence(error: Mapping[str, str], undecryptable: Sequence[str] = ()) -> str:
    """Return a sentence that explains an error inside the container and what to do about it.

    Args:
        error: ``kind`` and ``detail``.
        undecryptable: Names of what Airflow cannot decrypt, if that is the error.
    """
    found = ", ".join(undecryptable) or "a value in its database"
    return SENTENCES[error["kind"]].format(detail=error["detail"], undecryptable=found)
