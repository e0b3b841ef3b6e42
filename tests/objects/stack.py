"""An Airflow stack in separate containers, and functions that run the project's modules on it with Ansible."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.deployed import OUR_LABEL

from tests import tables
from tests.lab import docker
from tests.lab.names import AIRFLOW_VERSION, LABEL, registry_address
from tests.support import ansible
from tests.support.wait import wait

# With another project name two users of one machine get separate stacks and need not wait for each other.
PROJECT = os.environ.get("OBJECTS_TEST_PROJECT", "objects-test")
OWNER = f"objects {PROJECT}"
NETWORK = f"ansible-airflow-{PROJECT}"
COMPOSE = "com.docker.compose"
SCHEDULER = f"{PROJECT}-scheduler-1"

# The Airflow release under test, and its row of the release table.
VERSION = AIRFLOW_VERSION
SERIES = VERSION.rpartition(".")[0]
ROW: dict[str, Any] = tables.row(VERSION)
# FAB manages users in every release; since 3 it must be configured.
AUTH_MANAGER = {
    f"AIRFLOW__CORE__{name.upper()}": value
    for name, value in ROW["config"].get("core", {}).items()
    if name == "auth_manager"
}
# The service that reads DAG files.
READER = "dag-processor" if "dag-processor" in ROW["services"] else "scheduler"

# Text that needs correct quoting in YAML, Jinja, JSON, shells, URIs and process arguments.
ODD = "quotes \" ' ` back\\slash\nnew line\ttab %s %(x)s 100% {{ braces }} {% raw %} سلام دنیا ünï 😀 $HOME $(id) #"

# Characters other than letters and digits in connection ids: Airflow's own import accepts fewer since release 2.7.
MARKS = "a/b\\c.d-e:f#g!(h)" if SERIES == "2.5" else "a_b.c-d"

Result = dict[str, Any]

USERS = """
SELECT json_object_agg(username, json_build_object(
  'email', email, 'firstname', first_name, 'lastname', last_name,
  'roles', (SELECT json_agg(name ORDER BY name)
            FROM ab_role JOIN ab_user_role ON role_id = ab_role.id WHERE user_id = ab_user.id)))
FROM ab_user
"""
ADD_USER = """
INSERT INTO ab_role (id, name)
SELECT nextval('ab_role_id_seq'), role FROM unnest('{{Admin,Op,Public,User,Viewer}}'::text[]) AS role
ON CONFLICT DO NOTHING;
WITH made AS (
  INSERT INTO ab_user (id, username, email, first_name, last_name, active, password)
  VALUES (nextval('ab_user_id_seq'), '{name}', '{name}@example.com', 'Jane', 'Doe', true, '{digest}') RETURNING id
)
INSERT INTO ab_user_role (id, user_id, role_id)
SELECT nextval('ab_user_role_id_seq'), made.id, ab_role.id FROM made, ab_role WHERE name = '{role}'
"""
ROLES = """
SELECT json_object_agg(name, (
  SELECT json_object_agg(resource, actions) FROM (
    SELECT view.name AS resource, json_agg(action.name ORDER BY action.name) AS actions
    FROM ab_permission_view_role AS given JOIN ab_permission_view AS pair ON pair.id = given.permission_view_id
    JOIN ab_permission AS action ON action.id = pair.permission_id
    JOIN ab_view_menu AS view ON view.id = pair.view_menu_id
    WHERE given.role_id = ab_role.id GROUP BY view.name) AS each))
FROM ab_role WHERE name NOT IN ('Admin', 'Op', 'Public', 'User', 'Viewer')
"""
CLEAR_ROLES = """
CREATE TEMPORARY TABLE gone AS SELECT id FROM ab_role WHERE name NOT IN ('Admin', 'Op', 'Public', 'User', 'Viewer');
DELETE FROM ab_permission_view_role WHERE role_id IN (SELECT id FROM gone);
DELETE FROM ab_role WHERE id IN (SELECT id FROM gone)
"""
CHECK_PASSWORDS = """
import json, sys
from werkzeug.security import check_password_hash
print(json.dumps([check_password_hash(*pair) for pair in json.loads(sys.argv[1])]))
"""


class Text(str):
    """Text that Ansible must not template; written with YAML's `!unsafe`."""

    __slots__ = ()


class Dumper(yaml.SafeDumper):
    """YAML dumper for playbooks."""


Dumper.add_representer(Text, lambda dumper, text: dumper.represent_scalar("!unsafe", str(text), style='"'))


def plain(value: Any) -> Any:
    """Mark texts with braces as `!unsafe`. Other texts stay, because Ansible takes `!unsafe "1"` for a number."""
    if isinstance(value, dict):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return Text(value) if isinstance(value, str) and "{" in value else value


@dataclass(frozen=True)
class TaskResults:
    """Results of the tasks of one run of Ansible, its complete output, and the duration of each task in seconds."""

    results: list[Result]
    output: str
    seconds: list[float]


def play(*tasks: dict[str, Any], verbose: bool = False, inventory: Path | None = None) -> TaskResults:
    """Run tasks on this machine, or on the only host of an inventory. A failed task does not stop the others.

    The results come from the JSON callback. With `verbose`, the output is that of -vvv --diff, without results.
    """
    playbook = [{"hosts": "all", "gather_facts": False, "tasks": [{**t, "ignore_errors": True} for t in tasks]}]
    environment = {**ansible.environment(), "ANSIBLE_PYTHON_INTERPRETER": sys.executable}
    if verbose:
        environment["ANSIBLE_STDOUT_CALLBACK"] = "default"
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "play.yml"
        path.write_text(yaml.dump(playbook, Dumper=Dumper, allow_unicode=True), encoding="utf-8")
        where = ["-i", str(inventory)] if inventory else ["-i", "localhost,", "-c", "local"]
        argv = [ansible.ANSIBLE_PLAYBOOK, *where, "--diff", str(path), *(["-vvv"] if verbose else [])]
        run = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)
    output = run.stdout + run.stderr
    if verbose:
        return TaskResults([], output, [])
    found = ansible.Played(run.returncode, run.stdout, run.stderr, 0).tasks
    assert found, f"Ansible did not run: {output}"
    results = [result for task in found for result in task.results.values()]
    return TaskResults(results, output, [task.seconds for task in found])


def task(kind: str, wanted: list[dict[str, Any]], *, check: bool = False, **options: Any) -> dict[str, Any]:
    """Task that calls the module of a kind."""
    arguments = {kind: plain(wanted), "project": PROJECT, **options}
    return {"name": kind.capitalize(), f"ansible_airflow.airflow.airflow_{kind}": arguments, "check_mode": check}


def connections(wanted: list[dict[str, Any]], **options: Any) -> dict[str, Any]:
    """Task that calls the module airflow_connections."""
    return task("connections", wanted, **options)


def four_ways(wanted: list[dict[str, Any]], kind: str = "connections", **options: Any) -> list[Result]:
    """Results of four runs: check mode, real run, check mode, real run."""
    return play(*(task(kind, wanted, check=check, **options) for check in (True, False, True, False))).results


def changed(results: list[Result]) -> list[bool]:
    """Value of `changed` of each result; no result may have failed."""
    for result in results:
        assert not result.get("failed"), result
    return [result["changed"] for result in results]


def summary(result: Result) -> dict[str, Any]:
    """Part of a result that check mode must predict."""
    return {name: result[name] for name in ("created", "updated", "deleted", "unchanged", "diff")}


def failure(task: dict[str, Any]) -> str:
    """Message of a task that must fail and change nothing."""
    result = play(task).results[0]
    assert result["failed"], result
    assert result["changed"] is False
    return words(result["msg"])


def run_command(argv: list[str], data: str = "", **_: object) -> tuple[int, str, str]:
    """Run a command like AnsibleModule.run_command."""
    run = subprocess.run(argv, input=data, capture_output=True, text=True, check=False)
    return run.returncode, run.stdout, run.stderr


class Stack:
    """Postgres, Redis and Airflow containers, started individually; Airflow's have the labels that compose sets."""

    def __init__(self) -> None:
        self.airflow = f"{registry_address()}/apache/airflow:{VERSION}"
        # Constant, because a stack may be kept between runs; it can only be reached from this machine.
        self.fernet_key = base64.urlsafe_b64encode(PROJECT.encode().ljust(32)[:32]).decode()
        self.password = base64.b16encode(PROJECT.encode()).decode()

    def runs(self) -> bool:
        """Return whether all containers of an earlier run are still running."""
        running = docker.docker("ps", "--format", "{{.Names}}").split()
        return all(f"{PROJECT}-{name}-1" in running for name in ("postgres", "redis", "scheduler", "worker"))

    def up(self) -> None:
        """Start all containers, and wait until the schema is migrated and the services run."""
        self.down()
        docker.docker("network", "create", "--label", f"{LABEL}={OWNER}", NETWORK)
        for image in ("library/postgres:15", "library/redis:7", f"apache/airflow:{VERSION}"):
            docker.docker("pull", "--quiet", f"{registry_address()}/{image}")
        secrets = ("--env", f"POSTGRES_PASSWORD={self.password}", "--env", "POSTGRES_USER=airflow")
        self.start("postgres", f"{registry_address()}/library/postgres:15", *secrets)
        self.start("redis", f"{registry_address()}/library/redis:7")
        wait(lambda: "1" in self.sql("SELECT 1"))
        self.sql("CREATE DATABASE empty")
        migrate_and_run = ("bash", "-c", f"{ROW['migrate']} && exec airflow scheduler")
        often = {"AIRFLOW__SCHEDULER__DAG_DIR_LIST_INTERVAL": "5", "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "5"}
        self.start_airflow("scheduler", *migrate_and_run, environment=often)
        if READER != "scheduler":
            wait(lambda: self.sql("SELECT 1 FROM alembic_version"))
            self.start_airflow(READER, READER, environment=often)
        wait(lambda: "running" in self.sql("SELECT state FROM job WHERE job_type = 'SchedulerJob'"))
        self.start_airflow("worker", "celery", "worker", environment={"AIRFLOW__CELERY__WORKER_CONCURRENCY": "1"})

    def down(self) -> None:
        """Remove all containers and the network."""
        containers = docker.labelled("container", OWNER)
        if containers:
            docker.docker("rm", "--force", "--volumes", *containers)
        for network in docker.labelled("network", OWNER):
            docker.docker("network", "rm", network)

    def start(self, name: str, image: str, *options: str, command: tuple[str, ...] = ()) -> None:
        """Start one container, which the others reach by its name."""
        known = ("--network", NETWORK, "--network-alias", name, "--hostname", name)
        labels = ("--label", f"{LABEL}={OWNER}", "--name", f"{PROJECT}-{name}-1")
        docker.docker("run", "--detach", *known, *labels, *options, image, *command)

    def start_airflow(
        self,
        service: str,
        *command: str,
        environment: dict[str, str] | None = None,
        labels: dict[str, str] | None = None,
    ) -> None:
        """Start an Airflow container, labelled as a service of the compose project unless `labels` differ."""
        variables = {
            "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
            "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
            "AIRFLOW__CORE__FERNET_KEY": self.fernet_key,
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": self.database("airflow"),
            "AIRFLOW__CELERY__BROKER_URL": "redis://redis:6379/0",
            "AIRFLOW__CELERY__RESULT_BACKEND": f"db+{self.database('airflow')}",
            **AUTH_MANAGER,
            **(environment or {}),
        }
        options = [word for name, value in variables.items() for word in ("--env", f"{name}={value}")]
        words = {"project": PROJECT, "service": service, "oneoff": "False", **(labels or {})}
        options += [word for name, value in words.items() for word in ("--label", f"{COMPOSE}.{name}={value}")]
        # Without this label seeding takes the containers for somebody else's and refuses them.
        options += ["--label", f"{OUR_LABEL}="]
        self.start(service, self.airflow, *options, command=command)

    def idle(self, service: str, **environment: str) -> None:
        """Start an Airflow container that only sleeps."""
        variables = {"CONNECTION_CHECK_MAX_COUNT": "0", **environment}
        self.start_airflow(service, "bash", "-c", "exec sleep infinity", environment=variables)

    def database(self, name: str) -> str:
        """URL of a database on the stack's Postgres."""
        return f"postgresql+psycopg2://airflow:{self.password}@postgres/{name}"

    def sql(self, statement: str) -> str:
        """Run a statement in Airflow's database and return its output; empty if it fails."""
        argv = ["docker", "exec", f"{PROJECT}-postgres-1", "psql", "-U", "airflow", "-Atc", statement]
        return subprocess.run(argv, capture_output=True, text=True, check=False).stdout

    def exported(self) -> dict[str, dict[str, Any]]:
        """Connections in the form of Airflow's own export."""
        command = "airflow connections export /tmp/export.json >&2 && cat /tmp/export.json && rm /tmp/export.json"
        found: dict[str, dict[str, Any]] = json.loads(self.inside("bash", "-c", command))
        return found

    def variables(self) -> dict[str, str]:
        """Variables as a task reads them, as text."""
        program = (
            "import json; from airflow.models import Variable; from airflow.utils.session import create_session\n"
            "with create_session() as session: keys = [key for (key,) in session.query(Variable.key)]\n"
            "print(json.dumps({key: Variable.get(key) for key in keys}))"
        )
        found: dict[str, str] = json.loads(self.inside("python", "-W", "ignore", "-c", program).strip().split("\n")[-1])
        return found

    def users(self) -> dict[str, dict[str, Any]]:
        """Users in the database, without their passwords."""
        answer = self.sql(USERS).strip()
        return json.loads(answer) if answer else {}

    def roles(self) -> dict[str, dict[str, list[str]] | None]:
        """Actions in the database, by role and resource, of all roles except Airflow's own; None for no permissions."""
        answer = self.sql(ROLES).strip()
        return json.loads(answer) if answer else {}

    def add_user(self, name: str, password: str, role: str = "Op") -> None:
        """Insert an existing user directly into the database, because Airflow's own command takes seconds."""
        # A single iteration of the hash, of which Airflow uses 260000.
        digest = hashlib.pbkdf2_hmac("sha256", password.encode(), b"salt", 1).hex()
        self.sql(ADD_USER.format(name=name, role=role, digest=f"pbkdf2:sha256:1$salt${digest}"))

    def opens(self, *passwords: tuple[str, str]) -> list[bool]:
        """Whether each user can log in with a password, by the web application's own check."""
        hashes = json.loads(self.sql("SELECT json_object_agg(username, password) FROM ab_user"))
        pairs = [(hashes[name], password) for name, password in passwords]
        answer: list[bool] = json.loads(self.inside("python", "-c", CHECK_PASSWORDS, json.dumps(pairs)))
        return answer

    def inside(self, *argv: str, service: str = "scheduler") -> str:
        """Run a command in an Airflow container and return its output."""
        return docker.docker("exec", f"{PROJECT}-{service}-1", *argv)

    def clear(self) -> None:
        """Reset all objects to those of a new Airflow."""
        self.sql("DELETE FROM connection; DELETE FROM variable; DELETE FROM slot_pool WHERE pool <> 'default_pool'")
        self.sql("UPDATE slot_pool SET slots = 128, description = 'Default pool'")
        self.sql("DELETE FROM ab_user_role; DELETE FROM ab_user")
        self.sql(CLEAR_ROLES)


def words(text: str) -> str:
    """Text on one line, because Ansible folds long messages."""
    return re.sub(r"\s+", " ", text)
