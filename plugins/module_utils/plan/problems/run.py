"""What is wrong with the way in which a run was started."""

from __future__ import annotations

from pathlib import Path

# The collection that this file is part of.
ROOT = Path(__file__).resolve().parents[4]
# Ends of the names of strategies in which each task ends on all hosts before the next one begins, such as
# mitogen_linear; debug is a linear one as well.
IN_STEP = ("linear", "debug")


def copy_problems(playbook_directory: str) -> list[str]:
    """Return what is wrong when playbooks and roles are from two copies of this collection.

    Args:
        playbook_directory: Ansible's ``playbook_dir``.
    """
    directory = Path(playbook_directory).resolve()
    for candidate in (directory, directory.parent):
        if (candidate / "roles" / "airflow_stack").is_dir() and candidate != ROOT:
            return [
                f"the playbook is in {candidate}, but its roles and plugins are those of {ROOT}. Run ansible-playbook "
                f"in {candidate}, whose ansible.cfg names its own collections/ first, without ANSIBLE_CONFIG and "
                "ANSIBLE_COLLECTIONS_PATH; or run the playbook ansible_airflow.airflow.site."
            ]
    return []


def strategy_problems(strategy: str) -> list[str]:
    """Return what is wrong with the strategy of plays that name none: the order across the hosts depends on it.

    Args:
        strategy: Ansible's setting DEFAULT_STRATEGY.
    """
    if strategy.endswith(IN_STEP):
        return []
    return [
        f"strategy: {strategy} in ansible.cfg or ANSIBLE_STRATEGY lets each host run on alone, but the database is "
        "migrated, and workers switch, before the other hosts go on. Remove it for these playbooks, or write linear."
    ]
