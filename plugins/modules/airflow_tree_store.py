#!/usr/bin/python
# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Ansible module: manage the releases of a file tree on a host, for airflow_tree_receive and airflow_tree_switch.

Both use one module, because Ansible takes a third of a second to pack each module that is new in a run.
"""

from __future__ import annotations

DOCUMENTATION = r"""
module: airflow_tree_store
short_description: Manage the releases of a file tree on a host
description:
  - M(ansible_airflow.airflow.airflow_tree_receive) and M(ansible_airflow.airflow.airflow_tree_switch) run this module
    on the host. Call those modules instead.
requirements:
  - python >= 3.9 on the host
options:
  step:
    description: V(receive) stores a release, V(switch) makes it the current one.
    type: str
    choices: [receive, switch]
    required: true
  directory:
    description: Directory on the host that holds the releases.
    type: path
    required: true
  release:
    description: Id of the release. V(previous) switches to the release that was current before.
    type: str
    required: true
  files:
    description:
      - Files of the release by path, as JSON text. Used by V(receive).
      - It is text because Ansible processes other types several times, item by item.
    type: str
    default: "{}"
  origin:
    description: Origin of the files.
    type: dict
    default: {}
  archive:
    description: Path on the host of an archive with files that the host may lack.
    type: path
  content:
    description: The archive itself in Base64, instead of O(archive).
    type: str
  sent:
    description: Paths of the files in the archive.
    type: list
    elements: str
    default: []
  keep:
    description: Number of releases to keep on the host after a switch.
    type: int
    default: 5
attributes:
  check_mode:
    description: Reports what would change.
    support: full
  diff_mode:
    description: Shows the release ids before and after a switch.
    support: full
author: ansible-airflow maintainers (@ansible-airflow)
"""

EXAMPLES = r"""
- name: Roll back to the previous release, as airflow_tree_switch does
  ansible_airflow.airflow.airflow_tree_store:
    step: switch
    directory: /usr/local/projects/airflow/dags
    release: previous

- name: Switch to a release by its id
  ansible_airflow.airflow.airflow_tree_store:
    step: switch
    directory: /usr/local/projects/airflow/dags
    release: 5d41402abc4b
    keep: 2

- name: Find the files of a release that are missing on the host
  ansible_airflow.airflow.airflow_tree_store:
    step: receive
    directory: /usr/local/projects/airflow/dags
    release: 5d41402abc4b
    files: "{{ manifest.files | to_json }}"
  check_mode: true
"""

RETURN = r"""
current:
  description: Id of the release that Airflow reads.
  type: str
  returned: when step is receive
  sample: 0a4d55a8d778
missing:
  description: Paths of the files that no release on the host contained.
  type: list
  elements: str
  returned: when step is receive
  sample: [new.py]
whole:
  description: Whether the release is complete. If not, files that were not sent are missing, and nothing was changed.
  type: bool
  returned: when step is receive
  sample: true
changes:
  description:
    - Paths of added, changed and removed files. V(receive) compares to the current release, V(switch) compares the
      release before with the release after.
  type: dict
  returned: success
  sample:
    added: [new.py]
    changed: []
    removed: []
"""

import base64
import io
import json
import os
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.releases.files import Archive, StoreError
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.releases.receive import receive, repair
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.releases.release import changes
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.releases.store import Store

ARGUMENTS = {
    "step": {"type": "str", "choices": ["receive", "switch"], "required": True},
    "directory": {"type": "path", "required": True},
    "release": {"type": "str", "required": True},
    "files": {"type": "str", "default": "{}"},
    "origin": {"type": "dict", "default": {}},
    "archive": {"type": "path"},
    "content": {"type": "str"},
    "sent": {"type": "list", "elements": "str", "default": []},
    "keep": {"type": "int", "default": 5},
}


def main() -> None:
    """Run one step."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    # Airflow, which runs as another user, must be able to read all created files, even if root's umask is strict.
    os.umask(0o022)
    # An empty `invocation` keeps thousands of digests out of the result.
    step = {"receive": receive_step, "switch": switch_step}[module.params["step"]]
    try:
        module.exit_json(**step(Store(module.params["directory"]), module), invocation={})
    except StoreError as error:
        module.fail_json(msg=str(error), invocation={})
    except OSError as error:
        module.fail_json(msg=f"{module.params['directory']}: {error}", invocation={})


def receive_step(store: Store, module: AnsibleModule) -> dict[str, Any]:
    """Store a release if all of its files are available."""
    release, files = module.params["release"], json.loads(module.params["files"])
    current = store.current()
    present = release in store.present()
    changed = not present or bool(store.damaged(release))
    missing = store.missing(files) if changed else []
    complete = set(missing) <= set(module.params["sent"])
    if changed and complete and not module.check_mode:
        content = module.params["content"]
        archive: Archive = io.BytesIO(base64.b64decode(content)) if content else module.params["archive"]
        if present:
            repair(store, release, archive)
        else:
            receive(store, release, files, origin=module.params["origin"], archive=archive)
    return {
        "changed": changed,
        "current": current,
        "missing": missing,
        "whole": complete or module.check_mode,
        "changes": changes(store.manifest(current)["files"] if current else {}, files),
    }


def switch_step(store: Store, module: AnsibleModule) -> dict[str, Any]:
    """Switch to a release and remove old ones."""
    before = store.current()
    release = wanted(store, module.params["release"])
    # In check mode the release may not exist yet.
    predicted = module.check_mode and release not in store.present()
    manifest = {} if predicted else store.manifest(release)
    earlier = store.manifest(before)["files"] if before in store.present() else {}
    if release != before and not module.check_mode:
        store.switch(release)
    removed = store.surplus(module.params["keep"], release)
    if not module.check_mode:
        store.remove(removed)
    return {
        "changed": release != before or bool(removed),
        "release": release,
        "origin": manifest.get("origin", {}),
        "before": before,
        "changes": changes(earlier, manifest.get("files", {})),
        "removed": removed,
        "diff": {"before": f"{before or 'none'}\n", "after": f"{release}\n"},
    }


def wanted(store: Store, release: str) -> str:
    """Return the id of the release to switch to.

    Raises:
        StoreError: There is no release before the current one.
    """
    if release != "previous":
        return release
    previous = store.previous()
    if previous is None:
        there = ", ".join(store.present()) or "none"
        raise StoreError(f"there is no release before the current one in {store.releases}; there are: {there}.")
    return previous


if __name__ == "__main__":
    main()
