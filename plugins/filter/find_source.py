"""Filter that finds a file or directory on the controller."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ansible.module_utils
from ansible.errors import AnsibleFilterError

# Ansible puts our module_utils on a module's path only; to share code, a filter adds the directory itself.
UTILS = str(Path(__file__).resolve().parents[1] / "module_utils")
if UTILS not in ansible.module_utils.__path__:
    ansible.module_utils.__path__.append(UTILS)

from ansible.module_utils import controller_tree


def find_source(path: str, roots: Sequence[str]) -> str:
    """Find a file or directory on the controller.

    Args:
        path: An absolute path, or one relative to a root.
        roots: Directories to look in, the first match wins.

    Returns:
        The absolute path.

    Raises:
        AnsibleFilterError: There is nothing of that name; roles say so earlier, in their preflight.
    """
    found = controller_tree.find_source(path, roots)
    if found is None:
        raise AnsibleFilterError(f"{path} does not exist on the controller, below {' or '.join(filter(None, roots))}")
    return str(found)


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Any]:
        """Return the filters by name."""
        return {"find_source": find_source}
