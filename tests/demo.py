"""`make demo`: create a throwaway host, provision it over SSH, run the news pipeline, print the next steps."""

from __future__ import annotations

import argparse
import json
import shlex
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING

import yaml

from tests.lab.shell import LabError, wait_until
from tests.steps import ROOT, environment
from tests.support.ssh import SshHost

if TYPE_CHECKING:
    from collections.abc import Iterator

LAB = "demo"
INVENTORY = ROOT / "build" / "lab" / LAB / "hosts.yml"
STATE = ROOT / "build" / "demo"
CONFIG = STATE / "ssh_config"
DAG = "news_fetcher"
# The pipeline takes seconds; the rest is for the start of the scheduler and for retries of tasks.
PIPELINE_SECONDS = 420
LINKS = "SELECT feed_url, count(*) AS links, max(fetched_at)::timestamp(0) AS newest FROM links GROUP BY 1 ORDER BY 1"


class DemoError(LabError):
    """A step failed; the message says which one and where to look."""


def on_host(host: SshHost, *command: str) -> str:
    """Run a command on the host as root and return its output.

    Raises:
        DemoError: The command failed.
    """
    done = host.run(shlex.join(command))
    if done.returncode:
        raise DemoError(f"on the host, '{shlex.join(command)}' failed: {(done.stderr or done.stdout).strip()[-600:]}")
    return done.stdout


@contextmanager
def section(title: str) -> Iterator[None]:
    """Print the title and, at the end, the duration of a section."""
    print(f"\n== {title}", flush=True)
    started = time.monotonic()
    yield
    print(f"== {title}: {time.monotonic() - started:.0f} s", flush=True)


def call(*argv: str) -> None:
    """Run a command on this machine with its output on the terminal; raises DemoError."""
    code = subprocess.run(argv, cwd=ROOT, env=environment(), check=False, stdin=subprocess.DEVNULL).returncode
    if code:
        raise DemoError(f"'{shlex.join(argv)}' failed with exit code {code}; see its output above")


def connect() -> SshHost:
    """Write an SSH configuration for the host of the lab's inventory, for this program and for the user."""
    inventory = yaml.safe_load(INVENTORY.read_text(encoding="utf-8"))
    ((name, values),) = inventory["all"]["hosts"].items()
    options = shlex.split(values["ansible_ssh_common_args"])
    pairs = [text.split("=", 1) for flag, text in pairwise(options) if flag == "-o"]
    lines = [
        f"Host {name}",
        f"HostName {values['ansible_host']}",
        f"User {values['ansible_user']}",
        f"IdentityFile {values['ansible_ssh_private_key_file']}",
        *(f"{key} {value}" for key, value in pairs),
    ]
    STATE.mkdir(parents=True, exist_ok=True)
    CONFIG.write_text("\n  ".join(lines) + "\n", encoding="utf-8")
    return SshHost(name, ("-F", str(CONFIG), name))


def task_states(host: SshHost, run_id: str) -> dict[str, str]:
    """Return the state of each task of a run, in the order of the DAG's tasks."""
    output = on_host(host, "airflow", "tasks", "states-for-dag-run", DAG, run_id, "--output", "json")
    # Warnings of libraries may precede the JSON, but never follow it.
    rows = json.loads(output[output.index("[{") :])
    return {row["task_id"]: row["state"] or "waiting" for row in rows}


def run_pipeline(host: SshHost) -> None:
    """Start the DAG once and wait for it to finish, printing each change of a task's state; raises DemoError."""
    run_id = f"demo_{datetime.now(UTC):%Y%m%dT%H%M%S}"
    # Each start of Airflow's CLI takes seconds, so run both at the same time; the run waits until the DAG is unpaused.
    commands = [("dags", "unpause", DAG), ("dags", "trigger", "--run-id", run_id, DAG)]
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda command: on_host(host, "airflow", *command), commands))
    print(f"   run {run_id} of DAG {DAG}", flush=True)
    started = time.monotonic()
    shown: dict[str, str] = {}

    def succeeded() -> bool:
        states = task_states(host, run_id)
        for task, state in states.items():
            if shown.get(task) != state:
                print(f"   {time.monotonic() - started:5.0f} s  {task}: {state}", flush=True)
        shown.update(states)
        if {"failed", "upstream_failed"} & set(states.values()):
            raise DemoError(f"the run failed; its logs are on the host, below {logs_of(run_id)}")
        return set(states.values()) == {"success"}

    late = f"the run did not finish within {PIPELINE_SECONDS} s; logs on the host: {logs_of(run_id)}"
    wait_until(succeeded, PIPELINE_SECONDS, lambda: late, pause=1)


def logs_of(run_id: str) -> str:
    """Directory of a run's logs on the host."""
    return f"/usr/local/projects/airflow/logs/dag_id={DAG}/run_id={run_id}"


def next_steps(host: SshHost) -> str:
    """Instructions for what to do next."""
    ssh = f"ssh -F {CONFIG.relative_to(ROOT)}"
    return f"""
Airflow runs on the throwaway host {host.name}, and the pipeline has run. Next steps:

  the web UI         {ssh} -N -L 8080:127.0.0.1:8080 {host.name}
                     then open http://127.0.0.1:8080
  log in as          admin, with the password printed by:
                     {ssh} {host.name} sudo cat /etc/airflow/secrets/admin_password
  look around        {ssh} -t {host.name} sudo -i
                     on the host: docker ps; airflow dags list; ls /usr/local/projects
  change something   edit dags/ or inventories/single_host/group_vars/all, then 'make demo' again
  your own server    copy inventories/remote_host.example, set its address, and run
                     .venv/bin/ansible-playbook -i inventories/NAME site.yml
  remove the demo    make demo-down
"""


def up(version: str | None) -> None:
    """Create and provision the demo; existing parts are kept."""
    with section("the throwaway host"):
        release = ["--airflow", version] if version else []
        call(sys.executable, "-m", "tests.lab", "up", LAB, "--platforms", "tests/demo.yml", *release)
    host = connect()
    with section(f"site.yml against {host.name}, over SSH"):
        extra = ["-e", f"airflow_version={version}"] if version else []
        call("ansible-playbook", "-i", "tests/inventory", "-i", str(INVENTORY), *extra, "site.yml")
    with section("the news pipeline"):
        run_pipeline(host)
    print("\nLinks that are now in the database news:")
    print(on_host(host, "docker", "exec", "airflow-postgres-1", "psql", "-U", "airflow", "-d", "news", "-c", LINKS))
    print(next_steps(host))


def down() -> None:
    """Remove everything that the demo created."""
    call(sys.executable, "-m", "tests.lab", "down", LAB)
    shutil.rmtree(STATE, ignore_errors=True)


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="create the demo").add_argument("--version", help="Airflow release to deploy")
    commands.add_parser("down", help="remove the demo")
    arguments = parser.parse_args()
    started = time.monotonic()
    try:
        up(arguments.version) if arguments.command == "up" else down()
    except DemoError as error:
        print(f"\ndemo: {error}", file=sys.stderr)
        return 1
    print(f"demo {arguments.command}: {time.monotonic() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
