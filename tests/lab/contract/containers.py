"""Containers of the contract tests: started from images of the lab's registry, removed at the end of the test."""

import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tests.lab.docker import Outcome
from tests.lab.docker import outcome as docker
from tests.lab.names import AIRFLOW_VERSION, LABEL, registry_address
from tests.lab.shell import wait_until

OWNER = "contract"
VERSION = AIRFLOW_VERSION
AIRFLOW, POSTGRES, REDIS, PYTHON = (
    f"apache/airflow:{VERSION}",
    "library/postgres:15",
    "library/redis:7",
    "library/python:3.13-slim",
)


# Options for every container of an image, such as a volume that keeps compiled Python between containers.
ALWAYS: dict[str, tuple[str, ...]] = {}


def must(*args: str, stdin: str | None = None) -> str:
    """Run a Docker command that must succeed, and return its output."""
    done = docker(*args, stdin=stdin)
    assert done.code == 0, f"docker {' '.join(args)}:\n{done.output}"
    return done.output


def reference(image: str) -> str:
    """Name under which this machine's engine pulls the image from the lab's registry."""
    return f"{registry_address()}/{image}"


def config(image: str) -> dict[str, Any]:
    """Configuration of the image, with its environment as a dictionary."""
    described: list[dict[str, Any]] = json.loads(must("image", "inspect", reference(image)))
    found: dict[str, Any] = described[0]["Config"]
    found["Env"] = dict(entry.split("=", 1) for entry in found["Env"] or [])
    return found


def _arguments(image: str, options: tuple[str, ...], env: Mapping[str, str] | None) -> list[str]:
    variables = [word for name, value in (env or {}).items() for word in ("--env", f"{name}={value}")]
    return ["--label", f"{LABEL}={OWNER}", *variables, *ALWAYS.get(image, ()), *options, reference(image)]


def run(image: str, *command: str, options: tuple[str, ...] = (), env: Mapping[str, str] | None = None) -> Outcome:
    """Run a container until it exits."""
    return docker("run", "--rm", *_arguments(image, options, env), *command)


@contextmanager
def running(
    image: str, *command: str, options: tuple[str, ...] = (), env: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Run a container during the block; the value is its name."""
    name = f"{OWNER}-{secrets.token_hex(4)}"
    must("run", "--detach", "--name", name, *_arguments(image, options, env), *command)
    try:
        yield name
    finally:
        docker("rm", "--force", "--volumes", name)


def until(container: str, *command: str, seconds: float = 30) -> str:
    """Repeat a command inside a container until it succeeds; return its output."""
    done = Outcome(1, "")

    def succeeded() -> bool:
        nonlocal done
        done = docker("exec", container, *command)
        return done.code == 0

    def report() -> str:
        return f"{command}: {done.output}\n{docker('logs', container).output[-3000:]}"

    wait_until(succeeded, seconds, report, pause=0.2)
    return done.output
