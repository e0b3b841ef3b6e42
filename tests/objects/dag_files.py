"""DAG files for the check, each with its expected findings as rule, line, DAG and task."""

from __future__ import annotations

from typing import NamedTuple

from tests.lab.names import V3
from tests.objects.stack import SERIES


class Hit(NamedTuple):
    """An expected finding."""

    rule: str
    line: int | None = None
    dag: str | None = None
    task: str | None = None


# Three lines, so that the test file's own text starts in line 4.
TOP = """from datetime import datetime
from airflow import DAG
from airflow.operators.empty import EmptyOperator
"""
START = "start_date=datetime(2023, 1, 1)"

DOCKER = f"""from airflow.providers.docker.operators.docker import DockerOperator
from docker.types import Mount
def mount(source): return [Mount(source=source, target="/t", type="bind")]
with DAG("docker", {START}, schedule=None):
    DockerOperator(task_id="taken", image="news:1", container_name="airflow-worker-1")
    DockerOperator(task_id="network", image="news:1", network_mode="new")
    DockerOperator(task_id="outside", image="news:1", mounts=mount("/etc"))
    DockerOperator(task_id="airflow", image="news:1", mounts=mount("/usr/local/projects/airflow/logs"))
    DockerOperator(task_id="missing", image="news:1", mounts=mount("/usr/local/projects/gone"))
    DockerOperator(task_id="image", image="gone:1")
    DockerOperator(task_id="conn", image="news:1", docker_conn_id="new")
    DockerOperator(task_id="stored", image="news:1", docker_conn_id="stored")
    DockerOperator(task_id="known", image="news:1", docker_conn_id="known")
    DockerOperator(task_id="one", image="news:1", container_name="shared")
    DockerOperator(task_id="two", image="news:1", container_name="shared")
    DockerOperator(task_id="far", image="gone:1", docker_url="tcp://far:2375", network_mode="new", mounts=mount("/etc"))
    DockerOperator(
        task_id="good", image="news:{{{{ ds }}}}", network_mode="airflow",
        container_name="x_{{{{ dag_run.start_date | ts_nodash }}}}",
        mounts=[Mount(source="data", target="/d", type="volume"), *mount("/usr/local/projects/news")],
    )
"""
MAPPED = f"""from airflow.decorators import dag, task, task_group
from airflow.providers.docker.operators.docker import DockerOperator
from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
@dag({START}, schedule=None)
def mapped():
    @task
    def numbers(): return [1]
    @task.docker(image="news:1", container_name="same")
    def decorated(number): return number
    decorated.expand(number=numbers())
    @task_group
    def group():
        DockerOperator.partial(task_id="names", image="news:1", network_mode="new").expand(container_name=["a", "b"])
        DockerOperator.partial(task_id="kwargs").expand_kwargs([{{"image": "gone:1"}}, {{"image": "news:1"}}])
    group()
    SQLExecuteQueryOperator.partial(task_id="query", conn_id="postgres_default").expand(sql=["a", "b"])
    SQLExecuteQueryOperator(task_id="templated", sql="a", conn_id="{{{{ x }}}}")
mapped()
"""
CYCLE = f"""with DAG("cycle", {START}, schedule=None):
    a, b = EmptyOperator(task_id="a"), EmptyOperator(task_id="b")
    a >> b >> a
"""
SCHEDULES = """def make(dag_id, schedule, **options):
    with DAG(dag_id, schedule=schedule, **{"start_date": datetime(2023, 1, 1), **options}): pass
make("never", "0 0 31 2 *", catchup=False)
make("never_catching_up", "0 0 31 2 *", catchup=True)
make("ends_before_it_starts", "@daily", end_date=datetime(2022, 1, 1))
make("over", "@daily", end_date=datetime(2023, 2, 1), catchup=False)
make("leap_day", "0 0 29 2 *", catchup=False)
make("last_of_month", "0 0 L * *", catchup=False)
make("in_future", "@daily", start_date=datetime(2093, 1, 1), catchup=False)
make("none", None)
make("once", "@once")
make("ended_none", None, end_date=datetime(2022, 1, 1))
try:
    from airflow.sdk import Asset as Dataset
except ImportError:
    from airflow import Dataset
make("dataset", [Dataset("s3://x")])
"""
SECRET = """from airflow.hooks.base import BaseHook
raise ValueError(BaseHook.get_connection("known").password)
"""
LOOP = """import signal
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
while True: pass
"""
ORPHAN = f"""import subprocess
subprocess.Popen(["sleep", "4321"])
dag = DAG("orphan", {START}, schedule=None)
"""

# Variables and connections that DAG files read while they are parsed; since release 3 not from the database itself.
VARIABLE = f"""try:
    from airflow.sdk import Variable
except ImportError:
    from airflow.models import Variable
dag = DAG("variable_" + Variable.get("env"), {START}, schedule=None)
"""
CONNECTION = """from airflow.hooks.base import BaseHook
raise ValueError(BaseHook.get_connection("stored").password)
"""
WRITE = VARIABLE.replace('dag = DAG("variable_" + Variable.get("env")', 'Variable.set("new", "x")\ndag = DAG("write"')
TIMETABLE = f"""from airflow.timetables.interval import CronDataIntervalTimetable
class OfMine(CronDataIntervalTimetable): pass
good = DAG("good", {START}, schedule=None)
dag = DAG("timetable", {START}, schedule=OfMine("@daily", timezone="UTC"))
"""
BROKEN_TIMETABLE = f"""from airflow.timetables.interval import CronDataIntervalTimetable
class Broken(CronDataIntervalTimetable):
    def serialize(self): raise ValueError("find me")
dag = DAG("broken_timetable", {START}, schedule=Broken("@daily", timezone="UTC"))
"""
ACCESS = f"""def make(dag_id, access_control): return DAG(dag_id, {START}, schedule=None, access_control=access_control)
a = make("granted", {{"Op": {{"can_read", "can_edit"}}}})
b = make("no_role", {{"Opp": {{"can_read"}}}})
c = make("no_permission", {{"Op": {{"can_fly"}}}})
"""
ORM = f"""from airflow.models import DagModel
from airflow.utils.session import create_session
with create_session() as session: session.query(DagModel).count()
dag = DAG("orm", {START}, schedule=None)
"""

# A separate SQLAlchemy engine, as DAGs of Airflow 2 create it; since release 3 the database's address is unavailable.
OWN_ENGINE = f"""from airflow.configuration import conf
from sqlalchemy import create_engine
create_engine(conf.get("database", "sql_alchemy_conn")).execute("DELETE FROM variable")
dag = DAG("own_engine", {START}, schedule=None)
"""  # noqa: S608

FILES: dict[str, tuple[str, list[Hit]]] = {
    "syntax.py": ("dag = DAG(", [Hit("import-error", 4)]),
    "missing_import.py": ("\nimport no_such_module\n", [Hit("import-error", 5)]),
    "loop.py": ("while True: pass\n", [Hit("import-timeout", 4)]),
    "loop_for_ever.py": (LOOP, [Hit("import-timeout", 6)]),
    # Airflow 3 catches this crash and sys.exit.
    "segv.py": (
        "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n",
        [Hit("import-error") if V3 else Hit("import-crash", 5)],
    ),
    "sys_exit.py": ("import sys\nsys.exit(3)\n", [Hit("import-error" if V3 else "import-crash", 5)]),
    "os_exit.py": ("import os\nos._exit(4)\n", [Hit("import-crash")]),
    "orphan.py": (ORPHAN, []),
    "cycle.py": (CYCLE, [Hit("import-error", 4, "cycle")]),
    "bad_cron.py": (f'dag = DAG("bad_cron", {START}, schedule="61 * * * *")\n', [Hit("import-error", 4, "bad_cron")]),
    "secret.py": (SECRET, [Hit("import-error", 5)]),
    "no_start.py": (
        'with DAG("no_start", schedule=None):\n    EmptyOperator(task_id="a")\n',
        # Airflow 2.5 does not load this file.
        [Hit("import-error", 5), Hit("start-date-missing", 5)] if SERIES == "2.5" else [],
    ),
    **{
        f"no_start_{name}.py": (
            f'dag = DAG("no_start_{name}", {options})\n',
            # 2.11 refuses every DAG with a schedule but no start date. In 2.5 and 3 it depends on the schedule.
            [Hit("import-error", 4), Hit("start-date-missing", 4)] if SERIES == "2.11" else hits,
        )
        for name, options, hits in (
            ("daily", 'schedule="@daily"', [] if V3 else [Hit("start-date-missing", 4, "no_start_daily")]),
            ("latest", 'schedule="@daily", catchup=False', []),
            ("once", 'schedule="@once"', [] if V3 else [Hit("start-date-missing", 4, "no_start_once")]),
            (
                "catchup",
                'schedule="@daily", catchup=True',
                [Hit("import-error", 4)] if V3 else [Hit("start-date-missing", 4, "no_start_catchup")],
            ),
        )
    },
    "queue.py": (
        f'with DAG("queue", {START}, schedule=None):\n    EmptyOperator(task_id="a", queue="large")\n',
        [Hit("unknown-queue", 5, "queue", "a")],
    ),
    "no_start_no_task.py": ('dag = DAG("no_task", schedule=None)\n', []),
    "task_start.py": (f'with DAG("task_start", schedule=None):\n    EmptyOperator(task_id="a", {START})\n', []),
    "twice.py": (
        f'a = DAG("twice", {START}, schedule=None)\nb = DAG("twice", {START}, schedule=None)\n',
        [Hit("duplicate-dag-id", 5, "twice")],
    ),
    "twice_too.py": (f'dag = DAG("twice", {START}, schedule=None)\n', [Hit("duplicate-dag-id", 4, "twice")]),
    "schedules.py": (
        SCHEDULES,
        [
            Hit("schedule-ended" if dag == "over" else "schedule-never-fires", None, dag)
            # Airflow 2.5 also computes the previous date, which the croniter of that time does not find for `leap_day`,
            # so it does not start that DAG either.
            for dag in ("over", "ends_before_it_starts", "leap_day", "never", "never_catching_up")
            if dag != "leap_day" or SERIES == "2.5"
        ],
    ),
    "slow.py": (f'import time\ntime.sleep(3.2)\ndag = DAG("slow", {START}, schedule=None)\n', [Hit("slow-import")]),
    "docker.py": (
        DOCKER,
        [
            Hit("container-name-taken", 8, "docker", "taken"),
            Hit("unknown-network", 9, "docker", "network"),
            Hit("mount-outside-projects", 10, "docker", "outside"),
            Hit("mount-in-airflow", 11, "docker", "airflow"),
            Hit("mount-missing", 12, "docker", "missing"),
            Hit("image-missing", 13, "docker", "image"),
            Hit("unknown-connection", 14, "docker", "conn"),
            Hit("container-name-shared", 18, "docker", "two"),
        ],
    ),
    "mapped.py": (
        MAPPED,
        [
            Hit("container-name-shared", 12, "mapped", "decorated"),
            Hit("unknown-network", 16, "mapped", "group.names"),
            Hit("image-missing", 17, "mapped", "group.kwargs"),
            Hit("unknown-connection", 19, "mapped", "query"),
        ],
    ),
    "variable.py": (VARIABLE, []),
    "variable_gone.py": (VARIABLE.replace('"env"', '"gone"'), [Hit("import-error", 8)]),
    "connection.py": (CONNECTION, [Hit("import-error", 5)]),
    "write.py": (WRITE, [Hit("import-write", 8)]),
    "timetable.py": (TIMETABLE, [Hit("not-serializable", 7, "timetable")]),
    "broken_timetable.py": (BROKEN_TIMETABLE, [Hit("not-serializable", 7, "broken_timetable")]),
    "access.py": (ACCESS, [Hit("access-control", None, "no_permission"), Hit("access-control", None, "no_role")]),
    # Since release 3, DAG files cannot access Airflow's database.
    "orm.py": (ORM, [Hit("import-error", 6)] if V3 else []),
    "infinite.py": (
        f'with DAG("infinite", {START}, schedule=None):\n    EmptyOperator(task_id="a", params={{"p": 1}})\n'
        "    from airflow.operators.python import PythonOperator\n"
        '    PythonOperator(task_id="b", python_callable=print, op_kwargs={"limit": float("inf")})\n',
        [Hit("not-serializable", 4, "infinite")],
    ),
    "nul.py": (
        f'dag = DAG("nul", {START}, schedule=None, description="a\\x00b")\n',
        [Hit("not-serializable", 4, "nul")],
    ),
    "own_engine.py": (OWN_ENGINE, [Hit("import-error" if V3 else "import-write", 6)]),
    "pool_of_all.py": (
        f'with DAG("pool_of_all", {START}, schedule=None, default_args={{"pool": "etl"}}):\n'
        '    EmptyOperator(task_id="a")\n    EmptyOperator(task_id="b", pool="default_pool")\n',
        [Hit("unknown-pool", 5, "pool_of_all", "a")],
    ),
    "pool_mapped.py": (
        f'with DAG("pool_mapped", {START}, schedule=None):\n'
        "    from airflow.operators.python import PythonOperator\n"
        '    PythonOperator.partial(task_id="a", pool="etl", python_callable=print).expand(op_args=[[1], [2]])\n',
        [Hit("unknown-pool", 6, "pool_mapped", "a")],
    ),
    "pool.py": (
        f'with DAG("pool", {START}, schedule=None):\n    EmptyOperator(task_id="a", pool="etl")\n',
        [Hit("unknown-pool", 5, "pool", "a")],
    ),
    "package/سلام دنیا.py": ("\n\nimport package.shared\n", [Hit("import-error", 6)]),
    "package/shared.py": ("", []),
    "names with spaces.py": (f'dag = DAG("spaces", {START}, schedule=None)\n', []),
    "ignored/left_out.py": ("1 / 0\n", []),
}
