"""Search a host for leaked secrets, and print a JSON summary without any secret value.

Usage: find_secrets.py DIRECTORY_OF_SECRETS ANSIBLE_LOG
The program first plants a random value in every place, to check that each search would find a secret.
"""

import base64
import json
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote

PROJECTS = Path("/usr/local/projects")
CONTAINERS = Path("/var/lib/docker/containers")
PLANTED = "verify-planted"
RENDERED = "rendered_task_instance_fields"
Texts = Iterator[tuple[str, str]]


def output(*argv: str) -> str:
    """Run a command and return its output."""
    return subprocess.run(argv, check=True, capture_output=True, text=True, errors="replace").stdout


def psql(sql: str) -> str:
    """Run a statement in Airflow's metadata database and return its output."""
    return output("docker", "exec", "airflow-postgres-1", "psql", "-qAt", "-U", "airflow", "-d", "airflow", "-c", sql)


def files(paths: Iterable[Path]) -> Texts:
    """Path and text of each file."""
    for path in paths:
        if path.is_file():
            yield str(path), path.read_text(encoding="utf-8", errors="replace")


def containers() -> Texts:
    """Output of `docker inspect` for each container."""
    for container in output("docker", "ps", "--all", "--quiet").split():
        yield container, output("docker", "inspect", container)


def processes() -> Texts:
    """Command line of each process on the host, including processes in containers."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield path.parent.name, path.read_text(encoding="utf-8", errors="replace").replace("\0", " ")
        except OSError:
            continue


def journal() -> Texts:
    """Text of the journal, which holds the log messages of the system and of Ansible's modules."""
    yield "journal", output("journalctl", "--no-pager", "--output", "cat")


def rendered_fields() -> Texts:
    """Rendered template fields of all tasks; no text if no task received the database's address."""
    rows = psql(f"SELECT rendered_fields FROM {RENDERED}")  # noqa: S608  # a constant
    if "DATABASE_URL" in rows:
        yield RENDERED, rows


@contextmanager
def planted_container(value: str) -> Iterator[None]:
    """A container with the value in its environment and in its log."""
    image = output("docker", "inspect", "--format", "{{.Image}}", "airflow-postgres-1").strip()
    entry = ["--entrypoint", "sh", image, "-c", 'echo "$PLANTED"']
    output("docker", "run", "--name", PLANTED, "--env", f"PLANTED={value}", *entry)
    try:
        yield
    finally:
        output("docker", "rm", "--force", "--volumes", PLANTED)


@contextmanager
def planted_process(value: str) -> Iterator[None]:
    """A process with the value in its arguments."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", value])
    try:
        yield
    finally:
        process.kill()
        process.wait()


@contextmanager
def planted_file(path: Path, value: str) -> Iterator[None]:
    """A file with the value appended; its previous content is restored at the end."""
    before = path.read_bytes() if path.exists() else None
    with path.open("a", encoding="utf-8") as file:
        file.write(value)
    try:
        yield
    finally:
        if before is None:
            path.unlink()
        else:
            path.write_bytes(before)


@contextmanager
def planted_field(value: str) -> Iterator[None]:
    """A rendered template field with the value."""
    first = f"ctid = (SELECT min(ctid) FROM {RENDERED})"  # noqa: S608  # constants
    more = f'(rendered_fields::jsonb || \'{{"planted": "{value}"}}\')::json'
    psql(f"UPDATE {RENDERED} SET rendered_fields = {more} WHERE {first}")  # noqa: S608  # constants
    try:
        yield
    finally:
        psql(f"UPDATE {RENDERED} SET rendered_fields = (rendered_fields::jsonb - 'planted')::json")  # noqa: S608


def forms(value: str) -> set[str]:
    """A value as it is, and as it is written in URIs, JSON and base64."""
    encoded = base64.b64encode(value.encode()).decode().rstrip("=")
    return {value, quote(value, safe=""), json.dumps(value)[1:-1], encoded}


def search(place: str, texts: Texts, secrets: dict[str, set[str]], planted: str) -> tuple[dict, list[dict]]:
    """Return a summary of the search, and which secrets were found where."""
    count, seen, found = 0, False, []
    for where, text in texts:
        count += 1
        seen = seen or planted in text
        found += [
            {"secret": name, "place": place, "where": where}
            for name, values in secrets.items()
            if any(value in text for value in values)
        ]
    return {"place": place, "texts": count, "planted_found": seen}, found


def main(directory: Path, ansible_log: Path) -> None:
    """Plant a value in every place, search, remove the planted values, print the result."""
    secrets = {path.name: forms(path.read_text(encoding="utf-8").strip()) for path in sorted(directory.iterdir())}
    planted = uuid.uuid4().hex
    places: dict[str, Callable[[], Texts]] = {
        "ansible log": lambda: files([ansible_log]),
        "container logs": lambda: files(CONTAINERS.glob("*/*-json.log*")),
        "docker inspect": containers,
        "files of the projects": lambda: files(PROJECTS.rglob("*")),
        "journal": journal,
        "process list": processes,
        "rendered fields": rendered_fields,
    }
    with ExitStack() as stack:
        stack.enter_context(planted_container(planted))
        stack.enter_context(planted_process(planted))
        stack.enter_context(planted_file(ansible_log, planted))
        stack.enter_context(planted_file(PROJECTS / PLANTED, planted))
        stack.enter_context(planted_field(planted))
        output("logger", planted)
        output("journalctl", "--sync")
        results = [search(place, texts(), secrets, planted) for place, texts in places.items()]
    found = [entry for _summary, entries in results for entry in entries]
    print(json.dumps({"secrets": list(secrets), "places": [summary for summary, _entries in results], "found": found}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
