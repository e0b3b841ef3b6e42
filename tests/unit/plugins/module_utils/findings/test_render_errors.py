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
    "nested": {"a": 1},
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
        ("{{ lookup('pipe', 'false -p' ~ token) }}", "The lookup plugin 'pipe' failed. The whole message can contain"),
        ("{{ lookup('pipe', 'false s3cret Token') }}", "The lookup plugin 'pipe' failed."),
        ("{{ lookup('file', '/nowhere/key') }}", "'file' failed: Unable to access the file '/nowhere/key'."),
        ("{{ token | to_datetime }}", "The filter plugin 'ansible.builtin.to_datetime' failed."),
        ("{{ nested[token] }}", "object of type 'dict' has no attribute."),
        ("{{ query('vars', token) }}", "AnsibleUndefinedVariable. The whole message can contain a secret"),
        ("{{ number + token }}", "AnsibleTemplateError."),
        ("s3cret Token{{ ", "Syntax error in template. Correct it; a text that is no template"),
        ("a{%s3cret Token", "Syntax error in template. Correct it; a text that is no template"),
    ],
)
def test_values_are_not_shown(template: str, words: str) -> None:
    text = said(template)
    assert words in text
    assert SECRET not in text


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{{ vault_admin }}", "'vault_admin' is undefined. Correct it."),
        # The name that is missing, not that of the helper.
        ("{{ helper }}", "'vault_helper' is undefined. Correct it."),
        ("{{ helper | default(omit) }}{{ vault_x }}", "'vault_x' is undefined"),
        ("{{ vault_admin | default(omit) }}", "Write default('') instead of default(omit)"),
        ("{{ ansible_default_ipv4.address }}", "write ansible_facts['default_ipv4']"),
        ("{{ token | nothing }}", "No filter named 'nothing'. Correct it."),
        ("{{ token | to_datetime }}", "ansible HOST -m ansible.builtin.debug -a var=airflow_admin_password"),
    ],
)
def test_the_message_says_what_to_do(template: str, words: str) -> None:
    assert words in said(template)


def test_a_name_is_shown_although_it_is_a_value_as_well() -> None:
    variables = {"wanted": trust_as_template("{{ slack_token }}"), "key": "slack_token"}
    (problem,) = spec_problems(
        variables, {"wanted": {"type": "str"}}, Templar(loader=DataLoader(), variables=variables).template
    )
    assert "'slack_token' is undefined" in problem
