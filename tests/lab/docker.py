"""The Docker commands that the lab uses."""

import json
import subprocess
from dataclasses import dataclass
from typing import Any

from tests.lab.names import LABEL, TEMPLATE_LABEL
from tests.lab.shell import LabError, result, run


def docker(*args: str, stdin: bytes | None = None) -> str:
    """Run one Docker command that must succeed."""
    return run(["docker", *args], stdin=stdin)


@dataclass(frozen=True)
class Outcome:
    """Result of a Docker command.

    Args:
        code: Exit code.
        output: Standard output and standard error together.
    """

    code: int
    output: str


def outcome(*args: str, stdin: str | None = None) -> Outcome:
    """Run one Docker command for at most two minutes, whatever its exit code."""
    words: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "timeout": 120}
    done = subprocess.run(["docker", *args], input=stdin, check=False, **words)
    return Outcome(done.returncode, done.stdout.strip())


def labelled(kind: str, owner: str | None = None) -> list[str]:
    """Names of the lab's containers, networks or volumes of one owner, or of all owners."""
    wanted = f"label={LABEL}={owner}" if owner else f"label={LABEL}"
    form = {"container": "{{.Names}}", "network": "{{.Name}}", "volume": "{{.Name}}"}[kind]
    every = ["--all"] if kind == "container" else []
    return docker(kind, "ls", *every, "--filter", wanted, "--format", form).split()


def owners() -> set[str]:
    """Values of the lab's label on all containers, networks and volumes."""
    form = f'{{{{.Label "{LABEL}"}}}}'
    found: set[str] = set()
    for kind in ("container", "network", "volume"):
        every = ["--all"] if kind == "container" else []
        found.update(docker(kind, "ls", *every, "--filter", f"label={LABEL}", "--format", form).split())
    return found


def inspect(kind: str, *names: str) -> list[dict[str, Any]]:
    """Output of `docker inspect` for the named objects that exist."""
    if not names:
        return []
    found = result(["docker", kind, "inspect", *names])
    try:
        described: list[dict[str, Any]] = json.loads(found.stdout or b"[]")
    except json.JSONDecodeError as error:
        raise LabError(f"'docker {kind} inspect' did not answer with JSON: {found.stderr.decode()}") from error
    return described


def image_exists(reference: str) -> bool:
    """Whether the engine has the image."""
    return result(["docker", "image", "inspect", reference]).returncode == 0


def templates(kind: str, key: str = "") -> list[str]:
    """Images or volumes of host templates.

    Args:
        kind: `image` or `volume`.
        key: Value of the template label to select; empty means all.
    """
    wanted = f"label={TEMPLATE_LABEL}={key}" if key else f"label={TEMPLATE_LABEL}"
    form = {"image": "{{.Repository}}:{{.Tag}}", "volume": "{{.Name}}"}[kind]
    found = docker(kind, "ls", "--filter", wanted, "--format", form).split()
    return [name for name in found if not name.endswith(":<none>")]
