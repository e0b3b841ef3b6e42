"""What to say of a template that cannot be rendered, without the secrets that its error quotes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding

# What a message of Ansible may show: names that people wrote, and no values. Filters and lookups quote their arguments.
SHOWN = re.compile(
    r"'\w[\w.]*' is undefined"
    r"|No (?:filter|test) named '[\w.]+'"
    r"|The \w+ plugin '[\w.]+' failed(?: to load)?(?:: Unable to access the file '[^']*')?"
    r"|object of type '\w+' has no attribute"
    r"|Syntax error in template(?!: No (?:filter|test) named)"
)
OLD_FACT = re.compile(r"'ansible_(\w+)' is undefined")
# Ansible's texts for default(omit), of a whole value and of a part of one.
OMITTED = re.compile(r"resolved to an Omit|Type 'function' is unsupported")
VAULT = re.compile(r"vault secrets? (?:were |was )?found|Decryption failed", re.IGNORECASE)


def render_problem(name: str, error: Exception, variables: Mapping[str, Any]) -> Finding:
    """Return that a variable has a template that cannot be rendered, or a value that cannot be decrypted.

    Args:
        name: Name of the variable.
        error: What Ansible raised.
        variables: All variables of the host, as they are written.
    """
    if VAULT.search(str(error)):
        text = (
            "its value, or one that it uses, cannot be decrypted; give the right password of the vault, with "
            "--vault-password-file or --ask-vault-pass."
        )
        return Finding("variable-undefined", name, text)
    if "ansible_facts" in str(variables[name]) and not variables.get("ansible_facts"):
        text = "needs facts of the host, which are not read here; site.yml reads them and checks it."
        return Finding("variable-needs-facts", name, text)
    said = " ".join(str(error).split())
    reason = found[0] if (found := SHOWN.search(said)) else f"{type(error).__name__}"
    text = f"its template cannot be rendered: {reason}. {_advice(name, said, reason)}"
    return Finding("variable-undefined", name, text)


def _advice(name: str, said: str, reason: str) -> str:
    """Return what to do about a template that cannot be rendered.

    Args:
        name: Name of the variable.
        said: Ansible's message.
        reason: The part of it that is shown.
    """
    if fact := OLD_FACT.search(reason):
        return f"If it is a fact, write ansible_facts['{fact[1]}']; ansible.cfg turns off the old names of facts."
    if OMITTED.search(said):
        return "Write default('') instead of default(omit), which only works in parameters of modules."
    if reason.startswith("Syntax error"):
        return "Correct it; a text that is no template, but has braces, needs !unsafe in front of it."
    if "undefined" in reason or "named" in reason:
        return "Correct it."
    return f"The whole message can contain a secret: ansible HOST -m ansible.builtin.debug -a var={name}"
