"""What to say of a template that cannot be rendered, without the secrets that its error quotes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding

# Variables of Ansible itself. They contain no secrets, and a message that quotes a host's name must show it.
MAGIC = re.compile(
    r"inventory_.*|playbook_dir|groups|group_names|hostvars|vars|role_.*|ansible_(facts|host|play_.*|version)"
)
# Shorter values are not masked: they are parts of many words.
SHORTEST = 4
OLD_FACT = re.compile(r"'ansible_(\w+)' is undefined")
# Ansible's texts for default(omit); the second is that of releases before 2.19.
OMITTED = re.compile(r"resolved to an Omit|__omit_place_holder__")


def render_problem(name: str, error: Exception, variables: Mapping[str, Any]) -> Finding:
    """Return that a variable has a template that cannot be rendered.

    Errors of plugins quote their arguments, and with them the values of other variables, so each value that a variable
    has literally is masked.

    Args:
        name: Name of the variable.
        error: What Ansible raised.
        variables: All variables of the host, as they are written.
    """
    if "ansible_facts" in str(variables[name]) and not variables.get("ansible_facts"):
        text = "needs facts of the host, which are not read here; site.yml reads them and checks it."
        return Finding("variable-needs-facts", name, text)
    reason = " ".join(str(error).split()).rstrip(".")
    if fact := OLD_FACT.search(reason):
        advice = f"If it is a fact, write ansible_facts['{fact[1]}']; ansible.cfg turns off the old names of facts."
    elif OMITTED.search(reason):
        advice = "Write default('') instead of default(omit), which only works in parameters of modules."
    else:
        advice = "Correct it."
    return Finding(
        "variable-undefined", name, f"its template cannot be rendered: {_masked(reason, variables)}. {advice}"
    )


def _masked(text: str, variables: Mapping[str, Any]) -> str:
    """Return a text with asterisks in place of the values of variables."""
    values = {each for name, value in variables.items() if not MAGIC.fullmatch(name) for each in _texts(value)}
    for value in sorted(values, key=len, reverse=True):
        # Only whole words: a value such as "file" would otherwise make the text unreadable.
        text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", "***", text)
    return text


def _texts(value: Any) -> Iterator[str]:
    """Yield the texts without a template in a value."""
    if isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _texts(each)
    elif not isinstance(value, (bool, int, float)) and value is not None:
        try:
            # A value from a vault is decrypted here; the error to report may be that this fails.
            text = str(value).strip()
        except Exception:  # noqa: BLE001 - Ansible raises errors of several kinds
            return
        if len(text) >= SHORTEST and "{{" not in text and "{%" not in text:
            yield " ".join(text.split())
