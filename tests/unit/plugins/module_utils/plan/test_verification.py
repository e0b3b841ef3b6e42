"""Findings that verification derives from Airflow's answers."""

from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.verification import findings_of, summary

HOSTS = {"scheduler": ["a"], "triggerer": ["a"], "webserver": ["a"], "worker": ["a"], "redis": ["a"]}
PLAN: dict[str, Any] = {"services": {"hosts": HOSTS}, "addresses": {}, "spread": False, "keeper": "a"}


def info(**changes: Any) -> dict[str, Any]:
    return {
        "version": "2.5.3",
        "jobs": [
            {"job_type": "SchedulerJob", "hostname": "scheduler-a", "alive": True, "heartbeat_age": 2.0},
            {"job_type": "TriggererJob", "hostname": "triggerer-a", "alive": True, "heartbeat_age": 2.0},
            {"job_type": "SchedulerJob", "hostname": "scheduler-gone", "alive": False, "heartbeat_age": 9e5},
        ],
        "workers": [{"name": "celery@worker-a", "queues": ["default"]}],
        "import_errors": [],
        "dags": [{"dag_id": "news"}],
        **changes,
    }


def test_a_healthy_stack_has_no_finding_and_former_hosts_are_ignored() -> None:
    assert findings_of(info(), PLAN) == []


def test_each_finding_names_its_host_or_file() -> None:
    stale = {"job_type": "SchedulerJob", "hostname": "scheduler-a", "alive": False, "heartbeat_age": 300.0}
    errors = [{"file": "/opt/airflow/dags/x.py", "error": "No module named 'y'"}]
    deaf = [{"name": "celery@worker-a", "queues": []}]
    findings = findings_of(info(jobs=[stale], workers=deaf, import_errors=errors), PLAN)
    words = [
        "scheduler of a is 300 s old",
        "triggerer of a has never",
        "worker of a does not answer",
        "dags/x.py cannot",
    ]
    assert len(findings) == len(words)
    assert all(word in finding for word, finding in zip(words, findings, strict=True))


def test_a_failed_query_of_airflow_is_reported() -> None:
    assert findings_of({"failed": True, "msg": "no container"}, PLAN) == ["no container"]
    assert findings_of({}, PLAN) == []


def test_several_hosts_are_identified_by_address_and_unreachable_ones_skipped() -> None:
    hosts = {"scheduler": ["a", "b"], "worker": ["a", "b"]}
    plan = {**PLAN, "services": {"hosts": hosts}, "addresses": {"a": "192.0.2.1", "b": "192.0.2.2"}, "spread": True}
    there = {"job_type": "SchedulerJob", "hostname": "192.0.2.1", "alive": True, "heartbeat_age": 2.0}
    assert findings_of(info(jobs=[there]), plan, ["b"]) == []
    assert len(findings_of(info(jobs=[there]), plan)) == 2


WORDS = {
    "url": "http://127.0.0.1:8080",
    "admin_username": "admin",
    "admin_password_file": "/etc/airflow/secrets/admin_password",
    "left_out": [],
    "history": ["2026-11-29T11:06:22Z jane on laptop, site.yml: dags 0123456789ab", "older"],
    "dags_release": "0123456789ab",
}


def test_the_summary_says_where_to_find_the_password() -> None:
    text = "\n".join(summary(info(), PLAN, WORDS))
    for word in (
        "2.5.3",
        "http://127.0.0.1:8080 on a",
        "/etc/airflow/secrets/admin_password on a",
        "Services: redis, scheduler, triggerer, webserver, worker",
        "news",
        "0123456789ab",
    ):
        assert word in text
    assert "Last change: 2026-11-29T11:06:22Z jane on laptop" in text
    assert "older" not in text
    assert "Left out" not in text


def test_the_summary_of_several_hosts_lists_services_and_unreachable_hosts() -> None:
    hosts = {"worker": ["b", "c", "d"], "postgres": ["a"], "webserver": ["a"]}
    plan = {**PLAN, "services": {"hosts": hosts}, "spread": True}
    text = "\n".join(summary(info(), plan, {**WORDS, "left_out": ["d"], "dags_release": ""}))
    assert "Services: postgres (a), webserver (a), worker (b, c)" in text
    assert "Left out, because Ansible cannot reach them: d" in text
    assert "Release of the DAGs: none yet" in text
