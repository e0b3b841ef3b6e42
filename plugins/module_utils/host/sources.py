"""Files and directories of the controller that the inventory names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

# Subdirectories of an inventory directory that Ansible does not read as inventories (ansible/plugins/inventory).
UNREAD = frozenset({"group_vars", "host_vars", "vars_plugins"})


def search_path(inventories: Sequence[str]) -> list[Path]:
    """Return the directories in which relative paths are looked up: the inventories' own, then the current one.

    They are the same for all hosts of a run. Ansible's ``inventory_dir`` is not: it is the directory of the first
    inventory that names the host.

    Args:
        inventories: Inventory sources of the run, Ansible's ``ansible_inventory_sources``: files, directories, and
            lists of hosts, which are ignored.
    """
    sources = [Path(source) for source in inventories]
    directories = [source if source.is_dir() else source.parent for source in sources if source.exists()]
    return list(dict.fromkeys([*directories, Path.cwd()]))


def looked_up_in(inventories: Sequence[str]) -> str:
    """Return where relative paths are looked up, as the end of a sentence.

    Args:
        inventories: Inventory sources of the run, as ``search_path`` takes them.
    """
    return f"a relative path is looked up in {' and '.join(map(str, search_path(inventories)))}."


def find_source(path: str, inventories: Sequence[str]) -> Path | None:
    """Find a file or directory on the controller.

    Args:
        path: An absolute path, or one relative to an inventory or to the current directory; ``~`` is the user's home.
        inventories: Inventory sources of the run, as ``search_path`` takes them. The first match wins.

    Returns:
        The absolute path, or None if there is nothing of that name or this user may not see it.
    """
    try:
        given = Path(path).expanduser()
    except RuntimeError:
        # The home directory of a user who does not exist.
        return None
    candidates = [given] if given.is_absolute() else [root / given for root in search_path(inventories)]
    # resolve() makes `roles/x/../../examples` readable in messages.
    return next((candidate.resolve() for candidate in candidates if path and _is_there(candidate)), None)


def required_source(path: str, inventories: Sequence[str]) -> Path:
    """Find a file or directory on the controller that must exist; roles report a missing one earlier, in preflight.

    Args:
        path: As ``find_source`` takes it.
        inventories: Inventory sources of the run, as ``search_path`` takes them.

    Returns:
        The absolute path.

    Raises:
        FileNotFoundError: There is nothing of that name.
    """
    found = find_source(path, inventories)
    if found is None:
        places = " or ".join(map(str, search_path(inventories)))
        raise FileNotFoundError(f"{path} does not exist on the controller below {places}")
    return found


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        # A directory that this user may not read, or a name that is too long.
        return False


def inventory_above(path: Path, inventories: Sequence[str]) -> Path | None:
    """Return the inventory directory whose files include a path.

    Ansible reads every file below such a directory as an inventory, and runs the executable ones, except for the
    subdirectories in UNREAD.

    Args:
        path: A file or directory of the controller.
        inventories: Inventory sources of the run, as ``search_path`` takes them.

    Returns:
        The directory, or None if Ansible does not read the path.
    """
    for source in inventories:
        directory = Path(source).resolve()
        if directory.is_dir() and path.resolve().is_relative_to(directory):
            below = path.resolve().relative_to(directory).parts
            if not below or below[0] not in UNREAD:
                return directory
    return None


def misplaced(path: Path, inventory: Path) -> str:
    """Return why a directory of code must not be in an inventory directory.

    Args:
        path: The directory.
        inventory: The inventory directory, as ``inventory_above`` returns it.
    """
    return (
        f"{path} is in the inventory directory {inventory}: Ansible reads all files there as inventories, and runs the "
        f"executable ones. Move it out of there, for example to {inventory.parent}."
    )
