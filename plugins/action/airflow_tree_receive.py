"""Action plugin of airflow_tree_receive; the documentation is in plugins/modules/airflow_tree_receive.py."""

from __future__ import annotations

import base64
import json
import os
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.tree import pack_files
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.releases.release import (
    File,
    SourceError,
    release_files,
    release_id,
)

ARGUMENTS = {
    "src": {"type": "path", "required": True},
    "directory": {"type": "path", "required": True},
    "origin": {"type": "dict", "default": {}},
}
# Largest archive in bytes that is sent inside the request. Copying it as a file takes several more commands.
CARRIED = 1024 * 1024
# Largest number of files that are sent with the first request, and their largest size in bytes.
GUESSED = 10
GUESSED_SIZE = 16 * 1024


class ActionModule(ActionBase):
    """Finds the files that the host lacks, sends them, and lets the host complete the release."""

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
            AnsibleActionFail: The directory cannot be read, or the host cannot store the release.
        """
        result: dict[str, Any] = super().run(tmp, task_vars)
        _spec, options = self.validate_argument_spec(ARGUMENTS)
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
        request = {
            "step": "receive",
            "directory": options["directory"],
            "release": release,
            # Why this is text: see airflow_tree_store.
            "files": json.dumps(files),
            "origin": options["origin"],
        }
        answer = self._receive(request, root, files, task_vars)
        result |= {"release": release, "files": len(files), "sent": answer["missing"]}
        result |= {name: answer[name] for name in ("changed", "current", "changes")}
        if answer["current"] != release:
            result["diff"] = _diff(answer["current"], release, answer["changes"])
        return result

    def _receive(
        self,
        request: dict[str, Any],
        root: Path,
        files: Mapping[str, File],
        task_vars: Mapping[str, Any] | None,
    ) -> dict[str, Any]:
        """Let the host complete the release, and return its first answer."""
        try:
            # Most changes are small, so the first request already contains the files that were modified last.
            answer = self._step({**request, **self._send(root, _latest(root, files))}, task_vars)
            if not answer["whole"]:
                again = self._step({**request, **self._send(root, answer["missing"])}, task_vars)
                if not again["whole"]:
                    raise AnsibleActionFail(f"src {root}: the host's releases changed meanwhile; run the play again.")
        except OSError as error:
            raise AnsibleActionFail(f"src {root}: {error}; the release that Airflow reads was not changed.") from error
        return answer

    def _step(self, request: dict[str, Any], task_vars: Mapping[str, Any] | None) -> dict[str, Any]:
        """Run one step of the module on the host."""
        answer: dict[str, Any] = self._execute_module(
            module_name="ansible_airflow.airflow.airflow_tree_store",
            module_args=request,
            # Keep the manifest and the contents of files out of the host's journal.
            task_vars={**(task_vars or {}), "ansible_no_target_syslog": True},
        )
        if answer.get("failed"):
            text = answer.get("msg") or answer.get("module_stderr") or str(answer)
            raise AnsibleActionFail(f"{text} The release that Airflow reads was not changed.")
        return answer

    def _send(self, root: Path, names: Collection[str]) -> dict[str, Any]:
        """Pack files into one archive and return the module options for it. Copy a large archive to the host."""
        with tempfile.NamedTemporaryFile(suffix=".tar.gz") as archive:
            pack_files(root, archive.file, names)
            archive.flush()
            path = Path(archive.name)
            if path.stat().st_size <= CARRIED:
                return {"sent": list(names), "content": base64.b64encode(path.read_bytes()).decode()}
            remote: str = self._connection._shell.join_path(self._make_tmp_path(), "tree.tar.gz")
            self._transfer_file(archive.name, remote)
        self._fixup_perms2((self._connection._shell.tmpdir, remote))
        return {"sent": list(names), "archive": remote}


def _latest(root: Path, files: Mapping[str, File]) -> list[str]:
    """Return the small files that were modified last; git and editors write only files that change."""
    found = {name: os.stat(os.path.join(root, name)) for name, file in files.items() if "digest" in file}
    latest = sorted(found, key=lambda name: found[name].st_mtime, reverse=True)[:GUESSED]
    return [name for name in latest if found[name].st_size <= GUESSED_SIZE]


def _diff(current: str | None, release: str, differing: Mapping[str, list[str]]) -> dict[str, str]:
    """Return a diff of file names for Ansible, without contents, because a tree may be large."""
    before = [*differing["changed"], *differing["removed"]]
    after = [*(f"{name} (changed)" for name in differing["changed"]), *differing["added"]]
    return {
        "before_header": f"release {current or 'none'}",
        "after_header": f"release {release}",
        "before": "".join(f"{name}\n" for name in before),
        "after": "".join(f"{name}\n" for name in after),
    }
