"""Action plugin of upload_tree; the documentation is in plugins/modules/upload_tree.py."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.tree import pack_tree

ARGUMENTS = {
    "src": {"type": "path", "required": True},
    "dest": {"type": "path", "required": True},
}


class ActionModule(ActionBase):
    """Packs a directory of the controller, sends it, and unpacks it in one step on the host."""

    _supports_check_mode = True
    _requires_connection = True

    def run(self, tmp: str | None = None, task_vars: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Run the task.

        Args:
            tmp: Unused since Ansible 2.3.
            task_vars: The host's variables.

        Returns:
            The task's result.

        Raises:
            AnsibleActionFail: The directory cannot be packed.
        """
        result: dict[str, Any] = super().run(tmp, task_vars)
        _spec, arguments = self.validate_argument_spec(ARGUMENTS)
        if self._task.check_mode:
            return result | {"changed": True}
        with tempfile.NamedTemporaryFile(suffix=".tar.gz") as archive:
            try:
                files = pack_tree(Path(arguments["src"]), archive.file)
            except (OSError, ValueError) as error:
                raise AnsibleActionFail(f"src {arguments['src']}: {error}") from error
            archive.flush()
            remote = self._connection._shell.join_path(self._make_tmp_path(), "tree.tar.gz")
            self._transfer_file(archive.name, remote)
        self._fixup_perms2((self._connection._shell.tmpdir, remote))
        unpacked = self._execute_module(
            module_name="ansible.legacy.unarchive",
            module_args={"src": remote, "dest": arguments["dest"], "remote_src": True},
            task_vars=task_vars,
        )
        if unpacked.get("failed"):
            return result | unpacked
        return result | {"changed": True, "files": files}
