"""Messages about templates that cannot be rendered, with Ansible's own errors."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.argument_types import spec_problems

SECRET = "s3cret Token"
VARIABLES: dict[str, Any] = {
    "inventory_hostname": "worker1",
    "token": SECRET,
    "nested": {"list": [{"key": "0ther$ecret"}]},
    "short": "it",
    "number": 12345,
    "helper": trust_as_template("{{ vault_helper }}"),
}
SPEC = {"airflow_admin_password": {"type": "str", "no_log": True}}


def said(template: str) -> str:
    """Return the finding of a password that is a template."""
    variables = {**VARIABLES, "airflow_admin_password": trust_as_template(template)}
    (problem,) = spec_problems(variables, SPEC, Templar(loader=DataLoader(), variables=variables).template)
    assert problem.id == "variable-undefined"
    return str(problem)


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{{ lookup('pipe', 'false --token ' ~ token) }}", "The lookup plugin 'pipe' failed: "),
        ("{{ lookup('file', '/nowhere/' ~ nested.list[0].key) }}", "Unable to access the file '/nowhere/***'"),
        ("{{ token | to_datetime }}", "does not match format"),
        ("{{ nested[token] }}", "object of type 'dict' has no attribute '***'"),
        ("{{ query('vars', nested.list[0].key) }}", "No variable named '***'"),
    ],
)
def test_values_of_variables_are_not_shown(template: str, words: str) -> None:
    text = said(template)
    assert words in text
    assert SECRET not in text
    assert "0ther$ecret" not in text


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{{ vault_admin }}", "'vault_admin' is undefined. Correct it."),
        # The name that is missing, not that of the helper.
        ("{{ helper }}", "'vault_helper' is undefined. Correct it."),
        ("{{ helper | default(omit) }}{{ vault_x }}", "'vault_x' is undefined"),
        ("{{ vault_admin | default(omit) }}", "Write default('') instead of default(omit)"),
        ("{{ ansible_default_ipv4.address }}", "write ansible_facts['default_ipv4']"),
        ("{{ query('vars', inventory_hostname) }}", "No variable named 'worker1'"),
        ("{{ token | nothing }}", "No filter named 'nothing'"),
    ],
)
def test_the_message_says_what_is_missing(template: str, words: str) -> None:
    assert words in said(template)
