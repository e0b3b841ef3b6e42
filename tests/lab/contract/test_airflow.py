"""Contract of the Airflow image. DOC is Airflow's "Docker Stack" documentation, DF its Dockerfile and ENT its
scripts/docker/entrypoint_prod.sh, at the releases around 2.5; differences in later releases are noted where they apply.
"""

from concurrent.futures import ThreadPoolExecutor

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan import revisions

from tests import tables
from tests.lab.contract.containers import AIRFLOW, VERSION, Outcome, config, must, run
from tests.lab.names import V3

ALONE = {"CONNECTION_CHECK_MAX_COUNT": "0"}  # DOC, entrypoint.rst: 0 means no waiting for connections
PLACE = {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "postgresql+psycopg2://airflow:pw@database/airflow"}
NOWHERE = "postgresql+psycopg2://airflow:pw@127.0.0.1:1/airflow"
# ENT: since release 2.7 the variable has the second name.
MIGRATE = "_AIRFLOW_DB_UPGRADE" if VERSION.startswith("2.5.") else "_AIRFLOW_DB_MIGRATE"
# Airflow 3 keeps users in its database only with this auth manager.
USERS_IN_FAB = (
    {"AIRFLOW__CORE__AUTH_MANAGER": "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"} if V3 else {}
)
FACTS = """
echo user=$(id -u):$(id -g) home=$HOME umask=$(umask) directory=$PWD
echo first=$(tr '\\0' ' ' < /proc/1/cmdline | cut -d' ' -f1)
for program in airflow bash celery curl python; do command -v $program > /dev/null || echo missing=$program; done
unset PYTHONPYCACHEPREFIX
packages=$(python -c 'import airflow; print(airflow.__path__[0])')
echo owner=$(stat -c %u:%g "$packages") compiled=$(find "$packages" -name 'settings*.pyc' | wc -l)
echo python=$(python -c 'import sys; print(*sys.version_info[:2], sep=".")')
test -e "$(python -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')/EXTERNALLY-MANAGED" && echo managed
for place in dags logs .; do test -w /opt/airflow/$place || echo unwritable=$place; done
echo preload=$LD_PRELOAD pip_user=${PIP_USER:-unset}
"""


def test_the_configuration_is_the_official_one() -> None:
    found = config(AIRFLOW)
    assert found["User"] == "50000"  # DF: USER ${AIRFLOW_UID}
    assert found["Entrypoint"] == ["/usr/bin/dumb-init", "--", "/entrypoint"]  # DF: ENTRYPOINT
    assert not found["Cmd"]  # DF: CMD []
    assert found["WorkingDir"] == "/opt/airflow"  # DF: WORKDIR ${AIRFLOW_HOME}
    assert not found.get("Volumes")  # DF has no VOLUME: files outside of mounts are lost with the container
    env = found["Env"]
    assert env["AIRFLOW_HOME"] == "/opt/airflow"  # DF
    assert env["AIRFLOW_VERSION"] == VERSION  # DF
    assert env["AIRFLOW__CORE__LOAD_EXAMPLES"] == "false"  # DF
    assert env["DUMB_INIT_SETSID"] == "1"  # DF; DOC, entrypoint.rst "Signal propagation": must be 0 for Celery workers
    assert env["GUNICORN_CMD_ARGS"] == "--worker-tmp-dir /dev/shm"  # DF
    assert env["LANG"] == env["LC_ALL"] == "C.UTF-8"  # DF
    assert env["PIP_USER"] == "true"  # DF: packages added in a derived image go to ~/.local
    assert env["PATH"].startswith("/root/bin:/home/airflow/.local/bin:")  # DF: two ENV PATH, the later one in front


PRINT_REVISIONS = """
import airflow
from alembic.script import ScriptDirectory

directory = ScriptDirectory(airflow.__path__[0] + "/migrations")
print(*[script.revision for script in directory.walk_revisions()][::-1])
"""


def test_the_revisions_of_the_database_are_known() -> None:
    outcome = run(AIRFLOW, "python", "-c", PRINT_REVISIONS, env=ALONE)
    assert outcome.code == 0, outcome.output
    found = outcome.output.splitlines()[-1].split()
    assert found[-1] == revisions.head(VERSION)
    # Airflow 3 contains the migrations from 2.7 on only.
    known = [revision for row in revisions.REVISIONS.values() for revision in row.split()]
    first = next(revision for revision in found if revision in known)
    assert found[found.index(first) :] == known[known.index(first) : known.index(found[-1]) + 1]


def test_the_inside_is_the_official_one() -> None:
    facts = run(AIRFLOW, "bash", "-c", FACTS, env=ALONE)
    assert facts.code == 0, facts.output
    words = facts.output.split()
    assert "user=50000:0" in words  # DF: adduser --uid ${AIRFLOW_UID} --gid 0
    assert "home=/home/airflow" in words  # DF: --home ${AIRFLOW_USER_HOME_DIR}
    assert "umask=0002" in words  # ENT: umask 0002
    assert "directory=/opt/airflow" in words  # DF: WORKDIR
    assert "first=/usr/bin/dumb-init" in words  # DF: ENTRYPOINT
    assert "missing=" not in facts.output  # DOC, and the health checks of the official compose file call these
    assert "unwritable=" not in facts.output  # DF: chown airflow:0, chmod g+rw
    assert "owner=50000:0" in words  # DF: COPY --chown=airflow:0 of ~/.local
    assert "compiled=1" in words  # DF removes every .pyc, so this is the one that `import airflow` has just written
    assert any(f"python=3.{minor}" in words for minor in tables.python_minors(VERSION))
    assert "managed" not in words  # DOC, build.rst: pip adds packages
    assert "preload=/usr/lib/x86_64-linux-gnu/libstdc++.so.6" in words  # ENT: LD_PRELOAD
    assert "pip_user=unset" in words  # ENT: unset PIP_USER


def test_every_form_of_command_works() -> None:
    commands = (
        ("airflow", "version"),  # ENT: a leading "airflow" is dropped
        ("version",),  # ENT: a bare subcommand
        ("python", "-c", "import airflow; print(airflow.__version__)"),  # ENT: python is run unchanged
        ("bash", "-c", "airflow version"),  # ENT: and so is bash
    )
    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(lambda command: run(AIRFLOW, *command, env=ALONE), commands))
    assert [(each.code, each.output.splitlines()[-1]) for each in outcomes] == [(0, VERSION)] * 4


def test_the_exit_code_is_the_command_s_own() -> None:
    assert run(AIRFLOW, "bash", "-c", "exit 7", env=ALONE).code == 7  # ENT: exec, under dumb-init


def test_the_group_must_be_root() -> None:
    def as_user(user: str) -> Outcome:
        return run(AIRFLOW, "bash", "-c", 'echo "$(whoami) $HOME"', options=("--user", user), env=ALONE)

    with ThreadPoolExecutor(2) as pool:
        arbitrary, foreign, airflow = pool.map(as_user, ("1234:0", "1234:1234", "50000:50000"))
    assert (arbitrary.code, arbitrary.output) == (0, "default /home/airflow")  # ENT: create_system_user_if_missing
    assert foreign.code == 1  # ENT: check_uid_gid fails hard
    assert "GID" in foreign.output  # ENT: and says why
    assert airflow.code == 0  # ENT: only a warning for the image's own user


def test_root_may_run_airflow_but_not_pip() -> None:
    done = run(AIRFLOW, "bash", "-c", "python -c 'import airflow'; pip --version", options=("--user", "0:0"), env=ALONE)
    assert "ModuleNotFoundError" not in done.output  # ENT: set_pythonpath_for_root_user
    assert done.code == 1  # DF: /root/bin/pip comes first in PATH and refuses to run
    assert "root" in done.output


def test_the_providers_of_the_example_are_there() -> None:
    modules = "airflow.providers.docker.operators.docker, airflow.providers.postgres.hooks.postgres, redis, celery"
    # DF: AIRFLOW_EXTRAS holds celery, docker, postgres, redis and statsd, among others.
    found = run(AIRFLOW, "python", "-c", f"import {modules}, statsd, psycopg2", env=ALONE)
    assert found.code == 0, found.output


def test_it_waits_for_the_database_as_long_as_it_is_told() -> None:
    few = {"CONNECTION_CHECK_MAX_COUNT": "2", "CONNECTION_CHECK_SLEEP_TIME": "1"}
    done = run(AIRFLOW, "version", env={**few, "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": NOWHERE})
    assert done.code == 1  # ENT: run_check_with_retries
    assert "Maximum number of retries (2) reached" in done.output  # ENT


def test_a_migration_that_fails_goes_unnoticed() -> None:
    wanted = {MIGRATE: "true", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": NOWHERE}
    done = run(AIRFLOW, "version", env={**ALONE, **wanted})
    assert done.code == 0  # ENT: `airflow db upgrade || true`; hence the product migrates and checks by itself


def test_it_makes_the_schema_and_the_first_user(network: str, database: str) -> None:
    wanted = {MIGRATE: "true", "_AIRFLOW_WWW_USER_CREATE": "true", "_AIRFLOW_WWW_USER_PASSWORD": "pw", **USERS_IN_FAB}
    done = run(AIRFLOW, "version", options=("--network", network), env={**wanted, **PLACE})
    assert done.code == 0, done.output
    query = """SELECT username, email, name FROM ab_user
        JOIN ab_user_role ON user_id = ab_user.id JOIN ab_role ON role_id = ab_role.id"""
    ask = ("psql", "--username", "airflow", "--tuples-only", "--no-align", "--command")
    # ENT: upgrade_db created the tables, create_www_user the row, with the default values of its variables.
    assert must("exec", database, *ask, query) == "admin|airflowadmin@example.com|Admin"


@pytest.mark.usefixtures("database")
def test_only_scheduler_and_celery_wait_for_the_broker(network: str) -> None:
    few = {"CONNECTION_CHECK_MAX_COUNT": "1", "AIRFLOW__CELERY__BROKER_URL": "redis://127.0.0.1:1/0"}
    settings = {**PLACE, **few, "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor"}

    def start(*command: str) -> Outcome:
        return run(AIRFLOW, *command, options=("--network", network), env=settings)

    with ThreadPoolExecutor(2) as pool:
        worker, other = pool.map(lambda command: start(*command), (("celery", "worker"), ("version",)))
    assert worker.code == 1  # ENT: wait_for_celery_broker
    assert "Maximum number of retries (1) reached" in worker.output  # ENT
    assert other.code == 0  # ENT: only scheduler and celery check the broker
