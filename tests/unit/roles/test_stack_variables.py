"""Variables of role airflow_stack, derived from the state of the hosts."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from tests import rows

VERSION = rows.prepare()["2.5"]
ROLE = rows.ROLES / "airflow_stack"


def value(name: str, **facts: Any) -> Any:
    """Return a variable on the only host of a stack, given the results that its tasks registered."""
    templar = rows.known(VERSION, several=False)
    templar.available_variables = {**templar.available_variables, **facts}
    return rows.plain(rows.value(templar, name))


@pytest.mark.parametrize(
    ("answer", "revision"),
    [
        ({"query_result": [{"version_num": "290244fb8b83"}]}, "290244fb8b83"),
        # A table without a row or a new database, and a host that runs no query.
        ({"query_result": {}}, ""),
        ({"skipped": True, "changed": False}, ""),
    ],
)
def test_the_revision_is_read_from_the_database(answer: dict[str, Any], revision: str) -> None:
    assert value("__airflow_stack_schema", __airflow_stack_revision=answer)["revision"] == revision


@pytest.mark.parametrize(
    ("reached", "revision"), [({"query_result": [{"version_num": "new"}]}, "new"), ({"skipped": True}, "old")]
)
def test_the_migration_record_has_the_new_revision(reached: dict[str, Any], revision: str) -> None:
    before = {"query_result": [{"version_num": "old"}]}
    facts = {"__airflow_stack_revision": before, "__airflow_stack_reached": reached}
    assert value("__airflow_stack_migrated", **facts)["revision"] == revision
    # The revision that decides on the migration does not change during it.
    assert value("__airflow_stack_schema", **facts)["revision"] == "old"


def test_no_task_depends_on_the_text_of_postgres_messages() -> None:
    """Postgres writes messages in the language of its setting lc_messages."""
    texts = {path.name: path.read_text(encoding="utf-8") for path in (ROLE / "tasks").glob("*.yml")}
    assert "to_regclass" in texts["migrate.yml"]
    assert [name for name, text in texts.items() if re.search(r"\bmsg\b'?\]|\.msg\b|does not exist", text)] == []


PACKAGES = ["xlsxwriter==3.2.0", "pandas==2.2.3"]


def image(**facts: Any) -> str:
    """Return the name of the image with extra packages."""
    base = {"__airflow_stack_base": {"image": {"Id": "sha256:a"}}, "airflow_extra_packages": PACKAGES}
    name: str = value("__airflow_stack_image", **{**base, **facts})
    assert name.startswith(f"airflow-extra-packages:{VERSION}-")
    return name


@pytest.mark.parametrize(
    "facts",
    [
        {"__airflow_stack_base": {"image": {"Id": "sha256:b"}}},
        # In check mode: the image would be pulled, or no engine was asked.
        {"__airflow_stack_base": {"image": {}, "changed": True}},
        {"__airflow_stack_base": {"skipped": True}},
        {"airflow_extra_packages_index": "https://index.example/simple"},
        {"airflow_image": f"mirror.example/apache/airflow:{VERSION}"},
        {"airflow_extra_packages": [PACKAGES[0]]},
    ],
)
def test_different_content_gives_a_different_image_name(facts: dict[str, Any]) -> None:
    assert image(**facts) != image()


def test_the_same_content_gives_the_same_image_name() -> None:
    assert image(airflow_extra_packages=PACKAGES[::-1]) == image()
    # Neither other attributes of the image nor the `changed` state of this run has an influence.
    said = {"image": {"Id": "sha256:a", "RepoTags": ["x"]}, "changed": True}
    assert image(__airflow_stack_base=said) == image()


def test_the_build_inputs_are_part_of_the_image_name() -> None:
    made_of = value("__airflow_stack_image_made_of", airflow_extra_packages=PACKAGES)
    assert made_of["Dockerfile"].splitlines()[1:3] == [f"FROM apache/airflow:{VERSION}", "ARG PIP_INDEX_URL"]
    assert made_of["requirements.txt"].split() == sorted(PACKAGES)


def test_without_packages_the_image_is_the_given_one() -> None:
    assert value("__airflow_stack_image") == f"apache/airflow:{VERSION}"


def test_dags_get_the_projects_directory() -> None:
    defaults = yaml.safe_load((rows.ROLES / "projects" / "defaults" / "main.yml").read_text(encoding="utf-8"))
    assert value("airflow_plan['projects_directory']") == defaults["projects_directory"]
    # A DAG that appends its project's name would double a trailing slash.
    for given, told in (("/srv/p", "/srv/p"), ("/srv/p//", "/srv/p"), ("/srv/my $projects", "/srv/my $projects")):
        assert value("__airflow_stack_environment", projects_directory=given)["AIRFLOW_STACK_PROJECTS"] == told


def test_the_dag_check_gets_the_projects_directory() -> None:
    tasks = yaml.safe_load((rows.ROLES / "airflow_dags" / "tasks" / "receive.yml").read_text(encoding="utf-8"))
    (check,) = (
        task["ansible_airflow.airflow.airflow_dag_check"]
        for task in tasks
        if "ansible_airflow.airflow.airflow_dag_check" in task
    )
    assert check["projects_directory"] == "{{ airflow_plan['projects_directory'] }}"
