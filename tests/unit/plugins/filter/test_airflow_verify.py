"""What verification makes of Airflow's answers."""

from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.filter.airflow_verify import airflow_findings, airflow_summary

HOSTS = {"scheduler": ["a"], "triggerer": ["a"], "worker": ["a"], "redis": ["a"]}


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


def test_all_is_well_and_a_host_of_the_past_does_not_matter() -> None:
    assert airflow_findings(info(), HOSTS) == []


def test_each_finding_names_its_host_or_file() -> None:
    stale = {"job_type": "SchedulerJob", "hostname": "scheduler-a", "alive": False, "heartbeat_age": 300.0}
    errors = [{"file": "/opt/airflow/dags/x.py", "error": "No module named 'y'"}]
    deaf = [{"name": "celery@worker-a", "queues": []}]
    findings = airflow_findings(info(jobs=[stale], workers=deaf, import_errors=errors), HOSTS)
    words = [
        "scheduler of a is 300 s old",
        "triggerer of a has never",
        "worker of a does not answer",
        "dags/x.py cannot",
    ]
    assert len(findings) == len(words)
    assert all(word in finding for word, finding in zip(words, findings, strict=True))


def test_the_summary_says_where_the_password_is() -> None:
    stack = {
        "url": "http://127.0.0.1:8080",
        "host": "a",
        "services": ["redis", "postgres"],
        "admin_username": "admin",
        "admin_password_file": "/etc/airflow/secrets/admin_password",
        "keeper": "a",
        "left_out": [],
        "dags_release": "0123456789ab",
    }
    text = "\n".join(airflow_summary(info(), stack))
    for word in (
        "2.5.3",
        "http://127.0.0.1:8080 on a",
        "/etc/airflow/secrets/admin_password",
        "postgres, redis",
        "news",
        "0123456789ab",
    ):
        assert word in text


def test_the_summary_of_several_hosts_says_where_services_are_and_what_was_left_out() -> None:
    stack = {
        "url": "http://127.0.0.1:8080",
        "host": "a",
        "services": {"worker": ["b", "c"], "postgres": ["a"]},
        "admin_username": "admin",
        "admin_password_file": "/f",
        "keeper": "a",
        "left_out": ["d"],
        "dags_release": "",
    }
    text = "\n".join(airflow_summary(info(), stack))
    assert "Services: postgres (a), worker (b, c)" in text
    assert "Left out, because Ansible does not reach them: d" in text


def test_jobs_of_several_hosts_are_known_by_their_addresses() -> None:
    jobs = [{"job_type": "SchedulerJob", "hostname": "10.0.0.1", "alive": True, "heartbeat_age": 1.0}]
    found = airflow_findings({**info(), "jobs": jobs}, {"scheduler": ["a", "b"]}, {"a": "10.0.0.1", "b": "10.0.0.2"})
    assert [text for text in found if "scheduler" in text] == [
        "the scheduler of b has never left a heartbeat in the database."
    ]
