"""Action plugin of airflow_dag_receive; the documentation is in plugins/modules/airflow_dag_receive.py."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ansible.module_utils
from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

# Ansible puts our module_utils on a module's path only; to share code, an action plugin adds the directory itself.
UTILS = str(Path(__file__).resolve().parents[1] / "module_utils")
if UTILS not in ansible.module_utils.__path__:
    ansible.module_utils.__path__.append(UTILS)

from ansible.module_utils.controller_tree import pack_tree
from ansible.module_utils.dag_release import SourceError, changes, left_out, release_files, release_id

OPTIONS = {
    "src": {"type": "path", "required": True},
    "directory": {"type": "path", "required": True},
    "origin": {"type": "dict", "default": {}},
}


class ActionModule(ActionBase):
    """Asks the host what it has, sends what it lacks, and lets it make the release whole."""

    _supports_check_mode = True
    _requires_connection = True

    def run(self, tmp: str | None = None, task_vars: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Run the task.

        Args:
            tmp: Of no use since Ansible 2.3.
            task_vars: The host's variables.

        Returns:
            The task's result.

        Raises:
            AnsibleActionFail: The directory cannot become a release, or the host cannot have it.
        """
        result: dict[str, Any] = super().run(tmp, task_vars)
        _spec, options = self.validate_argument_spec(OPTIONS)
        root = Path(options["src"])
        try:
            files = release_files(root)
        except SourceError as error:
            problems = "\n- ".join(error.problems)
            return result | {
                "failed": True,
                "problems": error.problems,
                "msg": f"src {root} cannot become a release; nothing was changed.\n- {problems}",
            }
        except OSError as error:
            raise AnsibleActionFail(f"src {root}: {error}; nothing was changed.") from error
        release = release_id(files)
        request = {"directory": options["directory"], "release": release, "origin": options["origin"]}
        known = {"release": release, "files": len(files), "sent": []}
        look = self._step({**request, "step": "look"}, task_vars)
        if look["whole"] and look["current"] == release:
            return result | known | {"changed": False, "current": release, "changes": changes(files, files)}
        compared = self._step({**request, "step": "compare", "files": files}, task_vars)
        differing = changes(compared["current_files"], files)
        known |= {
            "current": look["current"],
            "changes": differing,
            "diff": _diff(look["current"], release, differing),
        }
        if look["whole"]:
            return result | known | {"changed": False}
        known["sent"] = compared["missing"]
        if not self._task.check_mode:
            archive = self._send(root, compared["missing"]) if compared["missing"] else None
            self._step({**request, "step": "receive", "files": files, "archive": archive}, task_vars)
        return result | known | {"changed": True}

    def _step(self, request: dict[str, Any], task_vars: Mapping[str, Any] | None) -> dict[str, Any]:
        """Run one step of the module on the host."""
        answer: dict[str, Any] = self._execute_module(
            module_name="airflow_dag_receive", module_args=request, task_vars=task_vars
        )
        if answer.get("failed"):
            raise AnsibleActionFail(answer.get("msg") or answer.get("module_stderr") or str(answer))
        return answer

    def _send(self, root: Path, names: list[str]) -> str:
        """Send files as one archive and return its path on the host."""
        with tempfile.NamedTemporaryFile(suffix=".tar.gz") as archive:
            pack_tree(root, archive.file, left_out, set(names))
            archive.flush()
            remote: str = self._connection._shell.join_path(self._make_tmp_path(), "dags.tar.gz")
            self._transfer_file(archive.name, remote)
        self._fixup_perms2((self._connection._shell.tmpdir, remote))
        return remote


def _diff(current: str | None, release: str, differing: Mapping[str, list[str]]) -> dict[str, str]:
    """Return names as Ansible's diff shows them, not contents: a tree may be large."""
    before = [*differing["changed"], *differing["removed"]]
    after = [*(f"{name} (changed)" for name in differing["changed"]), *differing["added"]]
    return {
        "before_header": f"release {current or 'none'}",
        "after_header": f"release {release}",
        "before": "".join(f"{name}\n" for name in before),
        "after": "".join(f"{name}\n" for name in after),
    }
