"""Runs a command in a throwaway container of a compose service, which is always removed afterwards."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

# Seconds that compose has to exit after it was terminated.
PATIENCE = 10


class ComposeError(Exception):
    """Compose failed; the message says how."""


class Compose:
    """A compose project, identified by its file; further files change its definition."""

    def __init__(self, docker: str, file: str, *more: str) -> None:
        self.docker = docker
        files = (word for path in (file, *more) for word in ("-f", path))
        self.argv = [docker, "compose", *files]

    def definition(self) -> dict[str, Any]:
        """Return the project as compose resolves it, including services that only a profile starts.

        Raises:
            ComposeError: Compose refuses the file.
        """
        argv = [*self.argv, "--profile", "*", "config", "--format", "json"]
        run = subprocess.run(argv, capture_output=True, text=True, check=False)
        if run.returncode != 0:
            raise ComposeError(run.stderr.strip() or f"docker compose exited with code {run.returncode}")
        found: dict[str, Any] = json.loads(run.stdout)
        return found

    @contextlib.contextmanager
    def throwaway(self, service: str, environment: Mapping[str, str]) -> Iterator[list[str]]:
        """Yield the command line that starts a container of a service; the container is removed after the block.

        Ansible ends a module by a signal, which becomes an exception inside the block. If this process is killed, the
        container exits by itself, because its program has a timeout, and the engine then removes it.

        Args:
            service: The service; the container has its image and configuration, but not its ports.
            environment: Variables on top of the service's.
        """
        name = f"airflow-throwaway-{uuid.uuid4().hex[:12]}"
        variables = [word for key, value in environment.items() for word in ("-e", f"{key}={value}")]
        before = {number: signal.signal(number, _stop) for number in (signal.SIGTERM, signal.SIGHUP)}
        try:
            yield [*self.argv, "run", "--rm", "-T", "--no-deps", "--name", name, *variables, service]
        finally:
            # The container is already gone if all went well.
            subprocess.run([self.docker, "rm", "--force", "--volumes", name], capture_output=True, check=False)
            for number, handler in before.items():
                signal.signal(number, handler)


def _stop(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)


def run_within(argv: Sequence[str], seconds: float, data: str) -> tuple[int, str, str]:
    """Run a command that must not outlive its timeout or this process; return its exit code, output and error output.

    Args:
        argv: The command.
        seconds: Its timeout.
        data: Its standard input.
    """
    with subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            out, err = process.communicate(data, timeout=seconds)
        except subprocess.TimeoutExpired:
            return _ended(process), "", f"did not finish within {seconds:g} seconds"
        finally:
            _ended(process)
        return process.returncode, out, err


def _ended(process: subprocess.Popen[str]) -> int:
    """Terminate a process, kill it if that does not help, and return its exit code."""
    process.terminate()
    try:
        return process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
