"""A stack with backups on another machine. Scenario `backup` creates the hosts and runs all tests in their order."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.lab.names import INSTANCES, REPO
from tests.support import filled
from tests.support.hosts import Lab, Remote, lab
from tests.support.wait import wait
from tests.tables import groups

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tests.support.ansible import Played

LAB = "backup"
SECRETS = "/etc/airflow/secrets"
SETTINGS = f"{SECRETS}/backup_settings"
SFTP, REST = "sftp:keeper@storage:/srv/backups/sftp", "rest:http://storage:8000/airflow/"
REST_LOGIN = {"RESTIC_REST_USERNAME": "airflow", "RESTIC_REST_PASSWORD": "rest-password-of-the-stack"}
# With a second database, whose dump takes long.
OBJECTS: dict[str, Any] = {
    **filled.OBJECTS,
    "airflow_postgres_databases": [*filled.OBJECTS["airflow_postgres_databases"], {"name": "large", "owner": "large"}],
}
# Random bytes do not compress, so that a dump takes long enough to be killed.
LARGE = """
CREATE TABLE IF NOT EXISTS blocks AS
  SELECT i AS id, (SELECT string_agg(md5(random()::text || i || j), '') FROM generate_series(1, 30) AS j) AS text
  FROM generate_series(1, 60000) AS i;
"""
# What must be the same after a restore, by database.
QUESTIONS = {
    "airflow": """
      SELECT version_num FROM alembic_version;
      SELECT md5(string_agg(concat(conn_id, password, extra), '|' ORDER BY conn_id)) FROM connection
      WHERE conn_id LIKE 'c%';
      SELECT md5(string_agg(key || val, '|' ORDER BY key)) FROM variable;
      SELECT pool, slots, description FROM slot_pool ORDER BY 1;
      SELECT username, md5(password) FROM ab_user ORDER BY 1;
      SELECT name FROM ab_role ORDER BY 1;
      SELECT run_id, state, start_date FROM dag_run WHERE run_id = 'before';
      SELECT task_id, state, start_date FROM task_instance WHERE run_id = 'before' ORDER BY 1;
      SELECT task_id, key, md5(value) FROM xcom WHERE run_id = 'before' ORDER BY 1, 2;
      SELECT count(*) FROM log WHERE dttm < (SELECT start_date FROM dag_run WHERE run_id = 'before');
    """,
    "news": "SELECT count(*) FROM pg_tables WHERE schemaname = 'public';",
    "large": "SELECT count(*), md5(string_agg(text, '' ORDER BY id)) FROM blocks;",
}
# Logs in with the password from standard input, through the API of Airflow 2.
LOGIN = """
import base64, sys, urllib.request
user, password = sys.stdin.read().split("\\n")[:2]
basic = base64.b64encode(f"{user}:{password}".encode()).decode()
asked = urllib.request.Request("http://127.0.0.1:8080/api/v1/dags", headers={"Authorization": f"Basic {basic}"})
print(urllib.request.urlopen(asked).status)
"""


class Stack:
    """Hosts of the lab, arranged as a stack.

    Args:
        placed: Services by host; the first host is the keeper.
        directory: Directory for the inventory.
    """

    def __init__(self, placed: Mapping[str, Sequence[str]], directory: Path) -> None:
        everything = lab(LAB)
        self.hosts: dict[str, Remote] = {name: everything.hosts[name] for name in placed}
        self.keeper = next(iter(self.hosts.values()))
        whole = yaml.safe_load((INSTANCES / LAB / "hosts.yml").read_text(encoding="utf-8"))
        tree: dict[str, Any] = {"all": {"vars": whole["all"].get("vars", {}), "hosts": {}, "children": {}}}
        for name in placed:
            tree["all"]["hosts"][name] = whole["all"]["hosts"][name]
        members: dict[str, set[str]] = {}
        for service, group in groups().items():
            members.setdefault(group, set()).update(host for host, services in placed.items() if service in services)
        children = {group: {"hosts": dict.fromkeys(sorted(hosts))} for group, hosts in members.items()}
        tree["all"]["children"]["airflow"] = {"children": children}
        directory.mkdir(exist_ok=True)
        (directory / "hosts.yml").write_text(yaml.safe_dump(tree), encoding="utf-8")
        self.lab = Lab(directory, (REPO / "tests" / "inventory",))
        self.variables: dict[str, Any] = dict(OBJECTS)

    def play(self, playbook: str, *options: str, **variables: Any) -> Played:
        """Run a playbook with the stack's variables and further ones."""
        return self.lab.play(playbook, *options, **{**self.variables, **variables})

    def done(self, playbook: str, *options: str, **variables: Any) -> Played:
        """Run a playbook, which must succeed."""
        run = self.play(playbook, *options, **variables)
        assert run.code == 0, run.output
        return run

    def sql(self, statements: str, database: str = "airflow") -> str:
        """Run statements in a database and return their output."""
        psql = f"docker exec -i airflow-postgres-1 psql -XqAt -v ON_ERROR_STOP=1 -U airflow -d {database}"
        return self.keeper.ssh(psql, statements)

    def data(self) -> dict[str, str]:
        """Return the answers to all questions, and what only a right Fernet key can read."""
        answers = {database: self.sql(questions, database) for database, questions in QUESTIONS.items()}
        exported = "docker exec -i airflow-scheduler-1 airflow connections export --file-format json /dev/stdout"
        connections = json.loads(re.sub(r"(?s)^[^{]*|[^}]*$", "", self.keeper.ssh(exported)))
        passwords = {name: connections[name]["password"] for name in connections if re.fullmatch(r"c\d+", name)}
        return {**answers, "passwords": json.dumps(passwords, sort_keys=True)}

    def files(self) -> str:
        """Return digests of the secrets, of the projects and of the release of the DAGs."""
        return self.keeper.ssh(
            f"cd {SECRETS} && sha256sum fernet_key webserver_secret_key admin_password database_* && "
            "cd /usr/local/projects && find news_fetcher notes -type f | sort | xargs sha256sum && "
            "readlink airflow/dags/current && cat airflow/dags/current/*.py | sha256sum"
        )

    def run_of(self, dag_id: str, run: str) -> str:
        """Start a DAG run, wait for its end and return its state."""
        self.keeper.ssh(f"airflow dags unpause {dag_id} && airflow dags trigger {dag_id} --run-id {run}")
        question = f"SELECT state FROM dag_run WHERE run_id = '{run}' AND state IN ('success', 'failed')"  # noqa: S608
        wait(lambda: bool(self.sql(question).strip()), 300, f"the end of run {run}")
        return self.sql(question).strip()

    def login(self, user: str, password: str) -> str:
        """Log in to the API, and return the HTTP status."""
        return self.keeper.ssh(f"python3 -c '{LOGIN}'", f"{user}\n{password}\n").strip()

    def sets(self) -> list[str]:
        """Return the names of the complete sets."""
        return [
            line
            for line in self.keeper.ssh("airflow-backup status").splitlines()
            if re.fullmatch(r"\d{8}T\d{6}Z", line)
        ]

    def backup(self) -> str:
        """Make a backup, and return the name of the set."""
        before = self.sets()
        self.done("playbooks/backup_airflow.yml")
        (new,) = set(self.sets()) - set(before)
        return new


@pytest.fixture(scope="session")
def storage() -> Remote:
    """A machine for backups, with an account for SFTP and an append-only rest-server."""
    host = lab(LAB).hosts["storage"]
    host.ssh("apt-get update -q && apt-get install -yq restic-rest-server apache2-utils openssh-sftp-server")
    host.ssh("id keeper || useradd --create-home --shell /bin/sh keeper")
    host.ssh("mkdir -p /srv/backups/rest && chown -R keeper /srv/backups && install -d -o keeper -m 700 ~keeper/.ssh")
    host.ssh("test -e /root/key || ssh-keygen -q -t ed25519 -N '' -f /root/key")
    host.ssh("install -o keeper -m 600 /root/key.pub ~keeper/.ssh/authorized_keys")
    host.ssh("htpasswd -icB /srv/backups/users airflow", REST_LOGIN["RESTIC_REST_PASSWORD"])
    serve = "--path /srv/backups/rest --append-only --private-repos --htpasswd-file /srv/backups/users --listen :8000"
    host.ssh(
        f"systemctl is-active rest || systemd-run --unit rest $(command -v restic-rest-server rest-server) {serve}"
    )
    return host


@pytest.fixture(scope="session")
def opened(storage: Remote) -> dict[str, Any]:
    """Variables that open both repositories."""
    known = storage.ssh("ssh-keyscan -q -t ed25519 localhost").replace("localhost", "storage")
    return {
        "airflow_backup_ssh_key": storage.ssh("cat /root/key"),
        "airflow_backup_ssh_known_hosts": known,
        "airflow_backup_environment": REST_LOGIN,
        "airflow_backup_password": "password-of-the-repository",
    }


@pytest.fixture(scope="session")
def stack(opened: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """A filled stack on one host, with backups over SFTP."""
    found = Stack({"first": list(groups())}, tmp_path_factory.mktemp("first"))
    found.variables |= {**opened, "airflow_backup_repository": SFTP}
    found.done("site.yml")
    found.sql(LARGE, "large")
    found.keeper.ssh("mkdir -p /usr/local/projects/notes && echo kept > /usr/local/projects/notes/file")
    if "before" not in found.sql("SELECT run_id FROM dag_run"):
        assert found.run_of("news_fetcher", "before") == "success"
    return found
