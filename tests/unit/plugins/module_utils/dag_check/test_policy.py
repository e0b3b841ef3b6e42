"""The rules that DAGs are checked against: what each finds, what it accepts, and when it is skipped."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.dag_check import policy
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.dag_check.rules import RULES, Rule

ROOT = Path(__file__).resolve().parents[5]
Facts = dict[str, Any]

CONTEXT: Facts = {
    "project": "airflow",
    "services": ["postgres", "worker"],
    "networks": ["airflow", "0290ca4b83a4"],
    "projects_directory": "/usr/local/projects/",
    "airflow_directory": "/usr/local/projects/airflow",
    "sources": {"/usr/local/projects/news/config.json": True, "/usr/local/projects/news/gone": False},
    "images": {"gone:1": "manifest unknown"},
    "connections": ["postgres_default"],
    "pools": ["default_pool", "etl"],
    "roles": True,
    "queues": ["default", "large"],
    "slow_seconds": 5,
}
CONFIG = {"source": "/usr/local/projects/news/config.json", "target": "/c", "type": "bind"}


def container(**facts: Any) -> Facts:
    clean = {
        "image": "news:1",
        "container_name": None,
        "network_mode": "airflow",
        "docker_url": "unix://var/run/docker.sock",
        "login": False,
        "mounts": [CONFIG],
    }
    return {**clean, **facts}


def task(*containers: Facts, **facts: Any) -> Facts:
    clean = {
        "task_id": "fetch",
        "line": 7,
        "operator": "DockerOperator",
        "queue": "default",
        "pool": "default_pool",
        "mapped": False,
        "connections": {"postgres_default": "postgres_conn_id"},
        "paths": [],
        "containers": list(containers) or [container()],
    }
    return {**clean, **facts}


def dag(*tasks: Facts, **facts: Any) -> Facts:
    clean = {
        "dag_id": "news",
        "line": 3,
        "schedule": "0 0 * * *",
        "start_date": "2023-01-01T00:00:00+00:00",
        "end_date": None,
        "fires": True,
        "paths": [],
        "tasks": list(tasks) or [task()],
    }
    return {**clean, **facts}


def file(*dags: Facts, name: str = "news.py", errors: Any = (), **facts: Any) -> Facts:
    return {"file": name, "seconds": 0.1, "errors": list(errors), "dags": list(dags), **facts}


def error(text: str, *, timeout: bool = False, kind: str = "import", **facts: Any) -> Facts:
    clean = {"text": text, "file": "news.py", "line": 2, "dag_id": None, "kind": kind, "timeout": timeout}
    return {**clean, **facts}


def dead(**facts: Any) -> Facts:
    return {"file": "news.py", "seconds": 0.1, **facts}


def mounted(source: str | None, kind: str | None = "bind") -> Facts:
    return container(mounts=[{"source": source, "target": "/c", "type": kind}])


def one(*containers: Facts, **facts: Any) -> list[Facts]:
    return [file(dag(task(*containers, **facts)))]


def found(files: list[Facts], skip: tuple[str, ...] = (), **context: Any) -> list[str]:
    findings, _ = policy.check({"files": files}, {**CONTEXT, **context}, skip)
    return [str(finding) for finding in findings]


VIOLATIONS: list[tuple[str, list[Facts], str]] = [
    ("import-error", [file(errors=[error("E: x.")])], "news.py:2 [import-error] Airflow cannot load it: E: x. Correct"),
    ("import-error", [file(errors=[error("c", dag_id="news")])], "news.py:2 news [import-error] Airflow cannot load"),
    (
        "import-write",
        [file(errors=[error("InternalError: cannot execute INSERT", kind="write")])],
        "news.py:2 [import-write] writes to Airflow's database while it is parsed",
    ),
    (
        "not-serializable",
        [file(errors=[error("SerializationError: Timetable class", kind="serialization", dag_id="news")])],
        "news.py:2 news [not-serializable] Airflow cannot store the DAG: SerializationError: Timetable class. Pass",
    ),
    (
        "access-control",
        [file(errors=[error("role named 'X' does not exist", kind="access", dag_id="news")])],
        "news.py:2 news [access-control] Airflow refuses the DAG's access_control: role named 'X' does not exist. Name",
    ),
    (
        "import-timeout",
        [file(errors=[error("X: DagBag import timeout for n.py after 30.0s.", timeout=True)])],
        "news.py:2 [import-timeout] was still loading after 30 s",
    ),
    ("import-timeout", [dead(timeout=2.5, place=None)], "news.py [import-timeout] was still loading after 2.5 s"),
    (
        "import-timeout",
        [dead(timeout=2.5, place={"file": "lib/a.py", "line": 4})],
        "lib/a.py:4 [import-timeout] was still",
    ),
    (
        "import-crash",
        [dead(crash="killed by SIGSEGV", place=None)],
        "news.py [import-crash] ended its interpreter while",
    ),
    (
        "import-crash",
        [dead(crash="sys.exit(3)", place={"file": "news.py", "line": 4})],
        "news.py:4 [import-crash] ended its interpreter while loading: sys.exit(3).",
    ),
    (
        "duplicate-dag-id",
        [file(dag(line=9), name="a.py"), file(dag(), name="b.py")],
        "b.py:3 news [duplicate-dag-id] a.py:9 has the dag_id 'news' too",
    ),
    (
        "duplicate-dag-id",
        [file(dag(), dag(line=9))],
        "news.py:9 news [duplicate-dag-id] news.py:3 has the dag_id 'news' too",
    ),
    (
        "container-name-taken",
        one(container(container_name="airflow-worker-12")),
        "news.py:7 news fetch [container-name-taken] container_name 'airflow-worker-12' is reserved for the stack",
    ),
    ("container-name-taken", one(container(container_name="airflow-worker-run-0a1b")), "is reserved for the stack"),
    ("container-name-taken", one(container(container_name="postgres")), "'postgres' is reserved for the stack's own"),
    (
        "container-name-shared",
        [file(dag(task(container(container_name="n")), task(container(container_name="n"), task_id="b", line=8)))],
        "news.py:8 news b [container-name-shared] container_name 'n' is also used by task fetch of DAG news (news.py",
    ),
    (
        "container-name-shared",
        one(container(container_name="n"), mapped=True),
        "container_name 'n' is also used by other copies of this mapped task, and only one of them can run at a time. "
        "Write a unique name, "
        "with {{ dag_run.start_date | ts_nodash }}_{{ ti.map_index }}_{{ ti.try_number }} at its end.",
    ),
    (
        "container-name-shared",
        one(container(container_name="n"), container(container_name="n"), mapped=True),
        "other copies of this mapped task",
    ),
    (
        "unknown-network",
        one(container(network_mode="new")),
        "news.py:7 news fetch [unknown-network] network_mode 'new' is neither a network mode of Docker nor a network",
    ),
    ("mount-outside-projects", one(mounted("/etc")), "source '/etc' is not below /usr/local/projects/."),
    ("mount-outside-projects", one(mounted("/usr/local/projects/../x")), "is not below /usr/local/projects/."),
    ("mount-outside-projects", one(mounted("/usr/local/projects")), "is not below"),
    ("mount-outside-projects", one(mounted("/usr/local/projects_of_mine/a")), "is not below"),
    ("mount-outside-projects", one(mounted("config.json")), "is not below"),
    ("mount-outside-projects", one(mounted("/etc")), 'write os.environ["AIRFLOW_STACK_PROJECTS"] for that directory'),
    (
        "mount-in-airflow",
        one(mounted("/usr/local/projects/airflow/logs")),
        "'/usr/local/projects/airflow/logs' is in /usr",
    ),
    ("mount-in-airflow", one(mounted("/usr/local/projects/airflow/cats")), "which belongs to the stack"),
    ("mount-in-airflow", one(mounted("/usr/local/projects/airflow")), "which belongs to the stack"),
    ("mount-missing", one(mounted("/usr/local/projects/news/gone")), "'/usr/local/projects/news/gone' does not exist"),
    (
        "image-missing",
        one(container(image="gone:1")),
        "image 'gone:1' is not on the host, and its registry does not provide it: manifest unknown.",
    ),
    (
        "unknown-connection",
        one(connections={"new": "conn_id"}),
        "news.py:7 news fetch [unknown-connection] there is no connection 'new' (conn_id).",
    ),
    ("unknown-connection", one(connections={"k8s": "kubernetes_conn_id"}), "there is no connection 'k8s'"),
    (
        "unknown-connection",
        one(connections={"spark_default": "other_conn_id"}),
        "there is no connection 'spark_default'",
    ),
    (
        "unknown-pool",
        one(pool="elt"),
        "news.py:7 news fetch [unknown-pool] there is no pool 'elt', so the task would wait for ever.",
    ),
    (
        "unknown-queue",
        one(queue="lrage"),
        "[unknown-queue] no worker takes tasks from queue 'lrage', only from default, large, so the task",
    ),
    (
        "schedule-never-fires",
        [file(dag(fires=False, schedule="0 0 31 2 *"))],
        "news.py:3 news [schedule-never-fires] the schedule '0 0 31 2 *' never triggers a run",
    ),
    (
        "schedule-never-fires",
        [file(dag(fires=False, end_date="2123-01-01T00:00:00+00:00"))],
        "the schedule '0 0 * * *' with end_date 2123-01-01T00:00:00+00:00 never triggers a run",
    ),
    (
        "schedule-never-fires",
        [file(dag(fires=False, end_date="2022-01-01T00:00:00+00:00"))],
        "the schedule '0 0 * * *' with end_date 2022-01-01T00:00:00+00:00 never triggers a run",
    ),
    (
        "schedule-ended",
        [file(dag(fires=False, end_date="2023-02-01T00:00:00+00:00"))],
        "its end_date 2023-02-01T00:00:00+00:00 is past, so the schedule '0 0 * * *' triggers no more runs.",
    ),
    (
        "path-in-dags",
        [file(dag(paths=["/opt/airflow/dags/sql"]))],
        "news.py:3 news [path-in-dags] '/opt/airflow/dags/sql' will not exist: the DAG files are in a directory of "
        "their release. Begin the path with os.path.dirname(__file__), or write '/opt/airflow/dags/current/sql'.",
    ),
    (
        "path-in-dags",
        one(paths=["/opt/airflow/dags/x.py"]),
        "news.py:7 news fetch [path-in-dags] '/opt/airflow/dags/x.py'",
    ),
    (
        "start-date-missing",
        [file(dag(start_date=None, fires=False))],
        "news.py:3 news [start-date-missing] has no start_date, so Airflow does not run it.",
    ),
    (
        "start-date-missing",
        [file(errors=[error("AirflowException: DAG is missing the start_date parameter")])],
        "news.py:2 [start-date-missing] has no start_date",
    ),
    ("slow-import", [file(dag(), seconds=6.04)], "news.py [slow-import] takes 6.0 s to load, more than 5 s"),
]


@pytest.mark.parametrize(("rule", "files", "line"), VIOLATIONS, ids=[f"{v[0]}-{n}" for n, v in enumerate(VIOLATIONS)])
def test_finds(rule: str, files: list[Facts], line: str) -> None:
    lines = [each for each in found(files) if f"[{rule}]" in each]
    assert len(lines) == 1
    assert line in lines[0]


def test_every_rule_has_a_violation_here() -> None:
    assert {rule for rule, _, _ in VIOLATIONS} == {rule.id for rule in RULES}


@pytest.mark.parametrize(
    "files",
    [
        [file(dag())],
        # This release runs it without one.
        [file(dag(start_date=None))],
        one(pool="etl"),
        [file(name="empty.py")],
        [file(dag(), name="a.py"), file(dag(dag_id="other"), name="b.py")],
        one(container(container_name="airflow-worker")),
        one(container(container_name="airflow-worker-1-news")),
        one(container(container_name="my-postgres")),
        one(container(container_name="n"), container(container_name="m"), mapped=True),
        *(
            one(container(network_mode=mode))
            for mode in (None, "bridge", "host", "none", "container:x", "0290ca4b83a4")
        ),
        one(mounted("/usr/local/projects/airflow_news/a")),
        one(mounted("/usr/local/projects/airflow/ca")),
        one(mounted("/usr/local/projects/airflow/ca/ca.crt")),
        one(mounted("data", "volume")),
        one(mounted(None)),
        one(mounted("/etc", None)),
        one(container(image=None)),
        one(container(image="not-asked-for:1")),
        # On another engine, about which nothing is known.
        one(
            container(docker_url="tcp://other:2375", network_mode="new", image="gone:1", mounts=mounted("/e")["mounts"])
        ),
        one(connections={}),
        # Their hooks do without a connection.
        one(connections={"aws_default": "aws_conn_id", "aws_prod": "aws_conn_id", "spark_default": "_conn_id"}),
        one(connections={"kubernetes_default": "kubernetes_conn_id"}),
        [file(dag(), seconds=5)],
        # A file that cannot be loaded is not also reported as slow.
        [dead(timeout=30, place=None, seconds=30)],
    ],
    ids=lambda files: str(len(files)),
)
def test_accepts(files: list[Facts]) -> None:
    assert [line for line in found(files) if "[import-timeout]" not in line] == []


@pytest.mark.parametrize(("rule", "files", "line"), VIOLATIONS, ids=[f"{v[0]}-{n}" for n, v in enumerate(VIOLATIONS)])
def test_a_disabled_rule_finds_nothing(rule: str, files: list[Facts], line: str) -> None:
    assert line
    assert not [each for each in found(files, skip=(rule,)) if f"[{rule}]" in each]


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.needs], ids=lambda rule: rule.id)
def test_a_rule_without_its_facts_is_reported_as_not_checked(rule: Rule) -> None:
    files = next(files for name, files, _ in VIOLATIONS if name == rule.id)
    for name in rule.needs:
        findings, not_checked = policy.check({"files": files}, {**CONTEXT, name: None})
        assert rule.id not in {finding.rule for finding in findings}
        assert not_checked[rule.id] == policy.FACTS[name]
        reasons = {name: "the engine sleeps"}
        assert policy.check({"files": files}, {"unknown": reasons})[1][rule.id] in (
            "the engine sleeps",
            *policy.FACTS.values(),
        )
        assert rule.id not in policy.check({"files": files}, {}, skip=(rule.id,))[1]


def test_a_more_specific_reason_is_passed_on() -> None:
    context = {**CONTEXT, "networks": None, "unknown": {"networks": "the engine sleeps"}}
    assert policy.check({"files": []}, context) == ([], {"unknown-network": "the engine sleeps"})


def test_a_finding_of_two_files_is_listed_once_and_findings_are_sorted() -> None:
    shared = error("SyntaxError: invalid syntax", file="lib/util.py", line=4)
    files = [file(errors=[shared], name="b.py"), file(errors=[shared], name="a.py"), file(dag(fires=False))]
    assert [line.split()[0] for line in found(files)] == ["lib/util.py:4", "news.py:3"]


@pytest.mark.parametrize(
    ("skip", "left"),
    [
        ("unknown-pool:news", 0),
        ("unknown-pool:ne*", 0),
        ("unknown-pool:news.py", 0),
        ("unknown-pool:*.py", 0),
        ("unknown-pool:other", 1),
        ("unknown-pool:lib/*.py", 1),
        ("mount-missing:news", 1),
    ],
)
def test_a_rule_can_be_disabled_for_a_dag_or_for_files(skip: str, left: int) -> None:
    assert policy.problems([skip]) == []
    assert len(found(one(pool="elt"), skip=(skip,))) == left


def test_further_directories_can_be_mounted() -> None:
    for source, left in (("/mnt/nfs", 0), ("/mnt/nfs/data", 0), ("/mnt/nfs2", 1), ("/mnt/nfs/../x", 1)):
        assert len(found(one(mounted(source)), mount_prefixes=["/mnt/nfs"])) == left


def test_findings_as_data() -> None:
    (finding,), _ = policy.check({"files": one(container(network_mode="new"))}, CONTEXT)
    fields = finding.fields()
    assert fields.pop("text").startswith("network_mode 'new'")
    assert fields == {"rule": "unknown-network", "file": "news.py", "line": 7, "dag_id": "news", "task_id": "fetch"}


def test_only_known_optional_rules_can_be_disabled() -> None:
    assert policy.problems(["slow-import", "mount-missing"]) == []
    assert policy.problems(["slow-import:"])[0].startswith("skip: 'slow-import:' names no DAG and no file;")
    fixed, unknown = policy.problems(["import-error", "slow"])
    assert fixed.startswith("skip: import-error cannot be disabled; these can: container-name-taken,")
    assert unknown.startswith("skip: there is no rule 'slow'; the rules that can be disabled are container-name-taken,")
    imports = {"import-error", "import-write", "import-timeout", "import-crash"}
    always = {*imports, "not-serializable", "access-control", "duplicate-dag-id"}
    assert {rule.id for rule in RULES if rule.fixed} == always


@pytest.mark.parametrize(
    "text",
    [
        "KeyError: 'Variable env does not exist'",
        "airflow.sdk.exceptions.AirflowRuntimeError: VARIABLE_NOT_FOUND: {'message': 'Variable env not found'}",
        "AirflowNotFoundException: The conn_id `env` isn't defined",
        "AirflowRuntimeError: CONNECTION_NOT_FOUND: {'message': 'Connection env not found'}",
    ],
)
def test_findings_about_objects_still_to_be_seeded_are_set_aside(text: str) -> None:
    findings, _ = policy.check({"files": [file(errors=[error(text)])]}, CONTEXT)
    rest, ((rule, reason),) = policy.without_awaited(findings, {"env", "other"})
    assert (rest, rule) == ([], "import-error")
    assert reason == "news.py:2 reads env, which is in the inventory but not in Airflow yet"
    assert policy.without_awaited(findings, {"other"}) == (findings, [])


def documented() -> str:
    """The table of rules as it must appear in docs/dag_authors.md."""
    rows = ["| rule | message | can be disabled | needs a host |", "|---|---|---|---|"]
    hosts = {"networks", "sources", "images", "connections", "pools", "roles", "queues"}
    for rule in RULES:
        sentence = re.sub(r"(?<!{){(\w+)[^}]*}(?!})", lambda word: word.group(1).upper(), rule.sentence)
        sentence = sentence.replace("{{", "{").replace("}}", "}")
        disabled = "no" if rule.fixed else "yes, and is a warning" if rule.warning else "yes"
        cells = [f"`{rule.id}`", sentence, disabled, "yes" if hosts & set(rule.needs) else "no"]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def test_the_documented_table_matches_the_rules() -> None:
    assert documented() in (ROOT / "docs" / "dag_authors.md").read_text(encoding="utf-8"), documented()


ELSEWHERE = {**CONTEXT, "projects_directory": "/srv/my projects"}


@pytest.mark.parametrize(
    ("context", "source", "rules"),
    [
        (ELSEWHERE, "/srv/my projects/news/config.json", []),
        (ELSEWHERE, "/usr/local/projects/news/config.json", ["mount-outside-projects"]),
        (ELSEWHERE, "/srv/my projectss/news", ["mount-outside-projects"]),
        # The part of the stack's own directory that every task may mount; it belongs to no project.
        (ELSEWHERE, "/usr/local/projects/airflow/ca", []),
        ({**CONTEXT, "airflow_directory": "/opt/stack"}, "/opt/stack/ca", []),
        (
            {**CONTEXT, "airflow_directory": "/opt/stack"},
            "/opt/stack/cats",
            ["mount-outside-projects", "mount-in-airflow"],
        ),
    ],
)
def test_directories_of_projects_and_stack_can_be_anywhere(context: Facts, source: str, rules: list[str]) -> None:
    findings, _ = policy.check({"files": one(mounted(source))}, context)
    assert [finding.rule for finding in findings] == rules
