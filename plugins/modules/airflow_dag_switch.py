#!/usr/bin/python
# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Ansible module: let Airflow read another release of the DAG tree."""

from __future__ import annotations

DOCUMENTATION = r"""
module: airflow_dag_switch
short_description: Let Airflow read another release of the DAG tree
description:
  - Lets the link C(current) lead to a release, in one step that nobody can see half done.
  - Keeps the last releases, and removes older ones.
options:
  directory:
    description: Directory on the host that holds the releases.
    type: path
    required: true
  release:
    description: Id of the release, or V(previous) for the one that was current before.
    type: str
    required: true
  keep:
    description: Releases that stay on the host, the current one included. That and the one before it always stay.
    type: int
    default: 5
attributes:
  check_mode:
    description: Says what it would do.
    support: full
  diff_mode:
    description: The ids before and after.
    support: full
author: ansible-airflow maintainers (@ansible-airflow)
seealso:
  - module: airflow_dag_receive
"""

EXAMPLES = r"""
- name: Go back to the release before
  airflow_dag_switch:
    directory: /usr/local/projects/airflow/dags
    release: previous
"""

RETURN = r"""
release:
  description: Id of the release that is current now.
  type: str
  returned: success
before:
  description: Id of the release that was current before, none if there was none.
  type: str
  returned: success
origin:
  description: Where the release's files come from.
  type: dict
  returned: success
changes:
  description: Paths that are added, changed and removed between the two.
  type: dict
  returned: success
removed:
  description: Ids of the releases that were removed.
  type: list
  elements: str
  returned: success
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.dag_release import changes
from ansible.module_utils.dag_store import Store, StoreError

ARGUMENTS = {
    "directory": {"type": "path", "required": True},
    "release": {"type": "str", "required": True},
    "keep": {"type": "int", "default": 5},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    store = Store(module.params["directory"])
    try:
        before = store.current()
        release = wanted(store, module.params["release"])
        # In check mode the release may not be there yet.
        predicted = module.check_mode and release not in store.present()
        manifest = {} if predicted else store.manifest(release)
        earlier = store.manifest(before)["files"] if before in store.present() else {}
        if release != before and not module.check_mode:
            store.switch(release)
        removed = store.surplus(module.params["keep"], release)
        if not module.check_mode:
            store.remove(removed)
    except StoreError as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg=f"{module.params['directory']}: {error}")
    module.exit_json(
        changed=release != before or bool(removed),
        release=release,
        origin=manifest.get("origin", {}),
        before=before,
        changes=changes(earlier, manifest.get("files", {})),
        removed=removed,
        diff={"before": f"{before or 'none'}\n", "after": f"{release}\n"},
    )


def wanted(store: Store, release: str) -> str:
    """Return the id of the release to switch to.

    :raises StoreError: if there is none before the current one
    """
    if release != "previous":
        return release
    previous = store.previous()
    if previous is None:
        there = ", ".join(store.present()) or "none"
        raise StoreError(f"no release before the current one is left in {store.releases}; there are: {there}.")
    return previous


if __name__ == "__main__":
    main()
