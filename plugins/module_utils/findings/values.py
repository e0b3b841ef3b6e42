"""Values with the types of an argument spec, and without what Ansible adds to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean

SCALARS: dict[str, Callable[[Any], Any]] = {"bool": boolean, "float": float, "int": int, "str": str, "path": str}


def typed(values: Mapping[str, Any], spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return values with the types that the spec asks for: with -e and in INI files, numbers and Booleans are texts.

    Args:
        values: Variables that are set, by name.
        spec: The ``options`` of a role's entry point, by name of the variable.

    Returns:
        All values; those of a wrong type, which `type_problems` reports, as they are. Dicts with known
        fields lack empty ones.
    """
    return {name: _typed(value, spec.get(name, {})) for name, value in values.items()}


def _typed(value: Any, option: Mapping[str, Any]) -> Any:
    kind = option.get("type", "raw")
    if kind == "dict" and option.get("options") and isinstance(value, Mapping):
        # A template of an optional field leaves an empty text: {{ port | default('') }}.
        return {name: each for name, each in value.items() if each != ""}
    if kind not in SCALARS or value is None or not usable(value, kind):
        return value
    try:
        return SCALARS[kind](bare(value))
    except (TypeError, ValueError):
        return value


def usable(value: Any, kind: str) -> bool:
    """Return whether a role can use a value as it is. Ansible's validator converts more, but only for itself.

    Args:
        value: A value of a variable.
        kind: Type of an argument spec.
    """
    if kind in ("list", "dict"):
        return isinstance(value, list if kind == "list" else Mapping)
    if kind == "raw":
        return True
    if isinstance(value, (list, Mapping)) or (isinstance(value, bool) and kind != "bool"):
        return False
    try:
        return int(value) == float(value) if kind == "int" and not isinstance(value, str) else _converts(value, kind)
    except (TypeError, ValueError, OverflowError):
        return False


def _converts(value: Any, kind: str) -> bool:
    SCALARS[kind](bare(value))
    return True


def bare(value: Any) -> Any:
    """Return a value without what Ansible knows about it, such as where it is written; templates in it are rendered.

    Args:
        value: A value of a variable.
    """
    if isinstance(value, Mapping):
        return {bare(key): bare(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [bare(item) for item in value]
    # Before int, of which bool is a subclass.
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return value
