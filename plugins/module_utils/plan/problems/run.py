"""Checks of how the run was started."""

from __future__ import annotations

import stat
from pathlib import Path

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.version import ROOT

# Name suffixes of the strategies that finish each task on all hosts before the next one, such as mitogen_linear; debug
# is linear, too.
IN_STEP = ("linear", "debug")


def copy_problems(playbook_directory: str) -> list[Finding]:
    """Return what is wrong if the playbooks and the roles come from two copies of this collection.

    Args:
        playbook_directory: Ansible's ``playbook_dir``.
    """
    directory = Path(playbook_directory).resolve()
    for candidate in (directory, directory.parent):
        if (candidate / "roles" / "airflow_stack").is_dir() and candidate != ROOT:
            text = (
                f"the playbook is in {candidate}, but Ansible uses the roles and plugins in {ROOT}. {_own(candidate)}"
            )
            return [Finding("copies-mixed", "", text)]
    return []


def _own(directory: Path) -> str:
    """Return how to use the roles and plugins of a checkout, whose ansible.cfg lists its own collections/ first."""
    if directory.stat().st_mode & stat.S_IWOTH:
        return (
            f"Everybody may write to {directory}, so Ansible ignores the ansible.cfg there: run chmod o-w {directory}, "
            f"or, where that has no effect (WSL, Vagrant, CI), export ANSIBLE_CONFIG={directory}/ansible.cfg."
        )
    return (
        f"Run ansible-playbook in {directory} without ANSIBLE_CONFIG and ANSIBLE_COLLECTIONS_PATH, because the "
        "ansible.cfg there lists its own collections/ first; or run the playbook ansible_airflow.airflow.site."
    )


def strategy_problems(strategy: str) -> list[Finding]:
    """Return what is wrong with the default strategy, which determines the order of tasks across hosts.

    Args:
        strategy: Ansible's setting DEFAULT_STRATEGY.
    """
    if strategy.endswith(IN_STEP):
        return []
    text = (
        f"{strategy} in ansible.cfg or ANSIBLE_STRATEGY lets hosts run ahead of each other, but they must wait while "
        "the database is migrated and workers switch releases. Remove it for these playbooks, or write linear."
    )
    return [Finding("strategy-unsupported", "strategy", text)]
