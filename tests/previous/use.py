"""Typical use of a deployed Airflow, and the state that must survive a takeover."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.wait import wait

if TYPE_CHECKING:
    from tests.support.hosts import Remote

READ_AIRFLOW = (Path(__file__).parent / "read_airflow.py").read_text(encoding="utf-8")
# A container and a volume that do not belong to the stack; the host already has the image.
BESIDE = "docker run -d --name beside --restart unless-stopped -v beside_data:/data redis:7 redis-server --save 1 1"
# A user's own rule in Docker's chain for such rules. The address is reserved for documentation (RFC 5737).
RULE = "iptables -I DOCKER-USER -s 192.0.2.7 -j DROP"
FILES = {
    "/usr/local/projects/news_fetcher/notes.txt": "written by hand",
    "/usr/local/projects/by_hand/config.json": "{}",
    "/etc/cron.d/by_hand": "0 4 * * * root true",
}
# Directories whose files must not change either.
KEPT = ("/etc/airflow/secrets", "/usr/local/projects/airflow/logs")
# A link that is in no feed and does not expire.
LINK = """
from airflow.providers.postgres.hooks.postgres import PostgresHook
PostgresHook(postgres_conn_id="postgres_default").run(
    "INSERT INTO links (url, feed_url, title, fetched_at, expires_at)"
    " VALUES ('https://example.com/by-hand', 'https://example.com/', 'By hand', now(), '2100-01-01')"
)
"""
RUN_SECONDS = 300


def python(host: Remote, program: str) -> str:
    """Run a Python program in the scheduler's container and return its output."""
    return host.ssh("docker exec -i airflow-scheduler-1 python - 2>/dev/null", program)


def state(host: Remote, run: str) -> str:
    """State of a DAG run."""
    shown: str = json.loads(python(host, READ_AIRFLOW).splitlines()[-1])["runs"].get(run, "")
    return shown


def run_pipeline(host: Remote) -> None:
    """Run the example's pipeline and check that it succeeds."""
    run = f"by_hand_{time.time_ns()}"
    host.ssh(f"airflow dags unpause news_fetcher && airflow dags trigger news_fetcher --run-id {run}")
    name = f"news_fetcher {run}"
    wait(lambda: state(host, name) in ("success", "failed"), RUN_SECONDS, "the end of the pipeline")
    assert state(host, name) == "success", f"{name} failed; its logs are in /usr/local/projects/airflow/logs"


def use(host: Remote) -> None:
    """Use the host like people do: run the pipeline, and add objects, files and rules that are in no inventory."""
    run_pipeline(host)
    python(host, LINK)
    host.ssh(
        "airflow variables set by_hand 'a value' && airflow pools set by_hand 3 'a pool'"
        " && airflow connections add by_hand --conn-uri 'postgres://ana:a-password@db.example.com:5432/sales'"
        " && airflow users create -u ana -f Ana -l A -e ana@example.com -r Op -p a-password"
    )
    for path, content in FILES.items():
        host.ssh(f"mkdir -p $(dirname {path}) && cat >{path}", f"{content}\n")
    host.ssh(f"{BESIDE} && {RULE}")
    # From here on, one of the example's two DAGs is paused and the other is not.
    host.ssh("airflow dags pause news_fetcher && airflow dags unpause news_report")


def start_handover(host: Remote) -> str:
    """Start tasks that run until their worker is replaced, and return the name of the run in the result of `read`."""
    run = f"handover_{time.time_ns()}"
    host.ssh(f"airflow dags trigger handover --run-id {run}")
    running = f"docker top handover_{run}"
    wait(lambda: host.run(running).returncode == 0, RUN_SECONDS, "the start of the task's container")
    tasks = (f"handover {run} process", f"handover {run} container")

    def both_run() -> bool:
        found = json.loads(python(host, READ_AIRFLOW).splitlines()[-1])["tasks"]
        return all(found[task] == "running" for task in tasks)

    wait(both_run, RUN_SECONDS, "the start of both tasks")
    return f"handover {run}"


def digests(host: Remote, *places: str) -> dict[str, str]:
    """Digests of files, and of all files below directories, by path."""
    lines = host.ssh(f"find {' '.join(places)} -type f -exec sha256sum {{}} +").splitlines()
    return {path: digest for digest, path in (line.split("  ", 1) for line in lines)}


def read(host: Remote) -> dict[str, dict[str, Any]]:
    """State that must survive, by kind and name."""
    found: dict[str, dict[str, Any]] = json.loads(python(host, READ_AIRFLOW).splitlines()[-1])
    found["files"] = digests(host, *KEPT, *FILES)
    rights = host.ssh("find /etc/airflow -printf '%p %m %u %g\\n'")
    found["rights of secrets"] = dict(line.split(maxsplit=1) for line in rights.splitlines())
    found["releases of DAGs"] = digests(host, "/usr/local/projects/airflow/dags/releases")
    # Not Docker's CreatedAt: that is the time of the last change beside the data, where the reserve of Postgres is.
    volumes = host.ssh("stat -c '%n %i/%W' $(docker volume inspect -f '{{.Mountpoint}}' $(docker volume ls -q))")
    found["volumes"] = dict(line.split() for line in volumes.splitlines())
    beside = host.ssh("docker inspect -f '{{.Id}} {{.State.StartedAt}}' beside").strip()
    found["containers of others"] = {"beside": beside}
    rules = host.ssh("iptables -S DOCKER-USER | grep 192.0.2. || true")
    found["rules of others"] = dict.fromkeys(rules.splitlines(), "there")
    return found
