"""Each playbook on a deployed host, run again and in check mode: it changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.ansible import Played
    from tests.support.guarded import GuardedHost

# Not here: remove_airflow is in scenario installed, remove_airflow_host in cluster, upgrade_postgres in postgres, and
# rollback_airflow_dags, whose second run goes back again, in dags.
PLAYBOOKS = [
    "preflight",
    "install_docker",
    "create_projects",
    "deploy_airflow_stack",
    "seed_airflow_objects",
    "sync_airflow_dags",
    "verify_airflow",
    "show_airflow_history",
]


@pytest.mark.parametrize("options", [[], ["--check"]], ids=["run", "check"])
@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_a_playbook_changes_nothing(deployed: GuardedHost, playbook: str, options: list[str]) -> None:
    run = deployed.play(f"playbooks/{playbook}.yml", *options)
    assert (run.code, run.changed, deployed.lock()) == (0, 0, {}), run.output


def test_check_mode_predicts_a_change(deployed: GuardedHost) -> None:
    """The same tasks change something in check mode and in the run after it."""
    change = {"airflow_environment": {"GUARDS": "check mode"}, "airflow_worker_concurrency": 7}
    predicted, made = (deployed.play("site.yml", *options, **change) for options in (["--check"], []))
    assert (predicted.code, made.code) == (0, 0), predicted.output + made.output
    assert changes(predicted) == changes(made) != set()
    back = deployed.play("site.yml")
    assert back.code == 0, back.output


def changes(run: Played) -> set[str]:
    """Return the names of the tasks that changed something."""
    return {task.name for task in run.tasks if any(result.get("changed") for result in task.results.values())}
