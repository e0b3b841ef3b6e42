"""Action plugin of airflow_tree_snapshot; the documentation is in plugins/modules/airflow_tree_snapshot.py."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible import constants
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.exclusive import alone
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.releases.checkout import (
    OPTIONS,
    Git,
    checkout,
    module_options,
    origin,
    problems,
    without_login,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.releases.release import SourceError
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.releases.snapshot import (
    Answer,
    once,
    snapshot,
)

ARGUMENTS = {
    "src": {"type": "path"},
    "git": {"type": "dict", "options": OPTIONS},
    "cache": {"type": "path", "default": "~/.cache/ansible-airflow/dags"},
}

display = Display()


class ActionModule(ActionBase):
    """Copies a tree of the controller, at most once in a run."""

    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Run the task.

        Args:
            tmp: Unused since Ansible 2.3.
            task_vars: Variables of the host.

        Returns:
            Result of the task.
        """
        result: dict[str, Any] = super().run(tmp, task_vars)
        _, given = self.validate_argument_spec(
            ARGUMENTS, mutually_exclusive=[["src", "git"]], required_one_of=[["src", "git"]]
        )
        # Ansible deletes this directory at the end of the run.
        place = Path(constants.DEFAULT_LOCAL_TMP) / "airflow-trees"

        def read(target: Path) -> Answer:
            try:
                return self._fetched(given, target, task_vars) if given["git"] else _copied(Path(given["src"]), target)
            except OSError as error:
                return {"failed": True, "msg": f"{error}; nothing was changed."}

        return result | {"changed": False} | once(place, given, read)

    def _fetch(self, options: dict[str, Any], task_vars: Mapping[str, Any] | None) -> dict[str, Any]:
        """Run the module ansible.builtin.git."""
        return dict(self._execute_module("ansible.builtin.git", module_args=options, task_vars=task_vars))

    def _fetched(self, given: Mapping[str, Any], target: Path, task_vars: Mapping[str, Any] | None) -> Answer:
        """Fetch the version, and copy its files while no other run can change the checkout."""
        git: Git = given["git"]
        if found := problems(git):
            texts = [f"{key}: {text}" for key, text in found.items()]
            return {"failed": True, "msg": " ".join(["nothing was changed.", *texts])}
        cache, name = Path(given["cache"]).expanduser(), without_login(git["repository"])
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        directory, known_hosts = checkout(cache, git), target.with_suffix(".known_hosts")
        known_hosts.write_text(f"{git['known_hosts'] or ''}\n", encoding="utf-8")
        lock = str(directory.with_suffix(".lock"))
        with alone(lock, lambda: display.display(f"waiting for another run to fetch {name}")):
            answer = self._fetch(module_options(git, directory, known_hosts), task_vars)
            if answer.get("failed") and directory.exists():
                # A run that was killed can leave a checkout that git refuses to use.
                shutil.rmtree(directory)
                answer = self._fetch(module_options(git, directory, known_hosts), task_vars)
            if answer.get("failed"):
                return {
                    "failed": True,
                    "msg": f"{name} at {git['version']} cannot be fetched; nothing was changed. Check repository, "
                    f"version, key_file and known_hosts. git reports: {without_login(answer.get('msg', str(answer)))}",
                }
            root = directory / git["directory"]
            if not root.is_dir():
                return {
                    "failed": True,
                    "msg": f"{name} at {git['version']} has no directory {git['directory']}; nothing was changed. Set "
                    "directory to the directory of the DAG files, relative to the repository's root.",
                }
            return _copied(root, target) | {"origin": origin(git, answer["after"])}


def _copied(root: Path, target: Path) -> Answer:
    """Copy a directory, or return why it cannot become a release."""
    try:
        return snapshot(root, target) | {"origin": {"path": str(root)}}
    except SourceError as error:
        return {
            "failed": True,
            "problems": error.problems,
            "msg": "\n- ".join([f"{root} cannot become a release; nothing was changed.", *error.problems]),
        }
