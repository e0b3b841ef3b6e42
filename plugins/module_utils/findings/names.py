"""Check for misspelt variables."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding

# How alike two names without their prefix are, from 0 to 1, if one is probably meant as the other. People also give
# variables of their own such a prefix, like airflow_s3_logs_bucket.
ALIKE = 0.7
# The same for whole names, because two letters of a short name are a large part of it.
ALIKE_AS_A_WHOLE = 0.9


def flattened_problems(names: Sequence[str], spec: Mapping[str, Any]) -> list[Finding]:
    """Return one sentence for each variable whose name is that of a dict and one of its keys.

    Args:
        names: Names of variables in the inventory with the role's prefix.
        spec: The ``options`` of the role's entry point, by name of the variable.
    """
    keys = {
        f"{name}_{key}": f"{name}: {{{key}: ...}}"
        for name, option in spec.items()
        if option.get("type") == "dict"
        for key in option.get("options", {})
    }
    text = "no variable of this project has this name; did you mean {}?"
    return [
        Finding("variable-misspelt", name, text.format(keys[name]))
        for name in sorted(names)
        if name in keys and name not in spec
    ]


def misspelt_problems(names: Sequence[str], known: Sequence[str], *, shared: bool = False) -> list[Finding]:
    """Return one sentence for each variable that has the prefix of a role and almost the name of one of its variables.

    Args:
        names: Names of variables in the inventory with the role's prefix.
        known: The role's public variables.
        shared: Whether roles of other projects use the prefix, too, as many use ``docker_``. Then only whole names are
            compared.
    """
    problems = []
    ends = {each.partition("_")[2]: each for each in known}
    for name in sorted(set(names) - set(known)):
        end = "" if shared else name.partition("_")[2]
        # People name parts of a value after the variable: airflow_config_common.
        if any(name.startswith(f"{each}_") for each in known):
            end = ""
        close = [ends[each] for each in difflib.get_close_matches(end, ends, n=1, cutoff=ALIKE)]
        close = close or difflib.get_close_matches(name, known, n=1, cutoff=ALIKE_AS_A_WHOLE)
        if close:
            text = (
                f"no variable of this project has this name; did you mean {close[0]}? If it is a variable of your own, "
                "give it a name that is less alike, or accept all: airflow_findings_accepted: [variable-misspelt]."
            )
            problems.append(Finding("variable-misspelt", name, text))
    return problems


def mentioned(name: str, variables: Mapping[str, Any]) -> bool:
    """Return whether a template of any variable uses a name. Nobody uses a misspelt one, but helpers are used.

    Args:
        name: Name of a variable.
        variables: All variables of a host, as they are written.
    """
    word = re.compile(rf"\b{re.escape(name)}\b")
    # Of the other hosts, and of all variables once more.
    left_out = (name, "hostvars", "vars")
    own = [value for key, value in variables.items() if key not in left_out]
    return any(word.search(text) for value in own for text in _templates(value))


def _templates(value: Any) -> Iterator[str]:
    """Yield the texts with a template in a value."""
    if isinstance(value, str):
        if "{{" in value or "{%" in value:
            yield value
    elif isinstance(value, (dict, list, tuple)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _templates(each)
