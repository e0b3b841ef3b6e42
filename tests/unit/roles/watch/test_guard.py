"""Whether strangers are kept out, by the rules in force."""

from __future__ import annotations

import pytest
import yaml
from airflow_watch.firewall import CHAIN, PROXY_CHAIN, guard_problems, parse
from airflow_watch.host import FIREWALL, FIREWALL_UNIT

from tests.rows import ROLES
from tests.unit.roles.watch.rules import ENGINES, guard

JUMP = "-A FORWARD -j AIRFLOW-FORWARD"
NOT_FIRST = "the first rule of chain FORWARD of table mangle is not `-j AIRFLOW-FORWARD`"


@pytest.mark.parametrize(
    "first",
    [
        "-A FORWARD -s 10.0.0.0/8 -j ACCEPT",
        "-A FORWARD -j RETURN",
        "-A FORWARD -o br+ -j ACCEPT",
        # Others that might be right, but nobody has to think about them.
        "-A FORWARD -p tcp -m tcp --dport 22 -j LOG",
        "-A FORWARD -j DROP",
        # Comments that look like something else.
        '-A FORWARD -m comment --comment "x -j DROP" -j ACCEPT',
        '-A FORWARD -m comment --comment "say \\"-j AIRFLOW-FORWARD" -j ACCEPT',
        '-A FORWARD -m comment --comment "a\n-A FORWARD -j AIRFLOW-FORWARD\nb" -j ACCEPT',
        "-A FORWARD -m comment --comment -j -j ACCEPT",
        "-A FORWARD -s 192.168.0.0/16 -j AIRFLOW-FORWARD",
        "-A FORWARD -g AIRFLOW-FORWARD",
    ],
)
def test_nothing_may_be_asked_before_our_chain(first: str) -> None:
    saved = ENGINES["26"].replace(JUMP, f"{first}\n{JUMP}")
    assert guard(saved) == [NOT_FIRST]
    # Nor in its place.
    assert guard(ENGINES["26"].replace(JUMP, first)) == [NOT_FIRST]
    # After it, all of that is somebody's own.
    assert guard(ENGINES["26"].replace(JUMP, f"{JUMP}\n{first}")) == []


def test_a_comment_does_not_make_a_rule_another_one() -> None:
    for comment in ("ours", '"the stack\'s"'):
        saved = ENGINES["26"].replace(JUMP, f"-A FORWARD -m comment --comment {comment} -j AIRFLOW-FORWARD")
        assert guard(saved) == []


@pytest.mark.parametrize(
    "rule",
    [
        "-I DOCKER-USER -s 10.0.0.0/8 -j ACCEPT",
        "-I DOCKER-USER -j RETURN",
        "-I FORWARD -o br+ -j ACCEPT",
        "-I FORWARD -j RETURN",
    ],
)
def test_rules_of_table_filter_let_nobody_in(rule: str) -> None:
    """Packets have been dropped in table mangle by then: no such rule is anything to heal."""
    _, chain, what = rule.split(" ", 2)
    lines = ENGINES["26"].splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith(f"-A {chain} ") and number > 15)
    assert guard("\n".join([*lines[:at], f"-A {chain} {what}", *lines[at:]])) == []


def test_rules_that_nobody_has_noted_are_loaded_anew() -> None:
    """As after a reboot, or when there was no space for the note."""
    assert guard_problems(parse(ENGINES["26"]), {}) == [
        f"nobody knows whether chain {chain} of table mangle is what airflow-firewall loaded"
        for chain in (CHAIN, PROXY_CHAIN)
    ]


def test_a_chain_with_one_more_rule_is_not_what_was_loaded() -> None:
    saved = ENGINES["26"].replace(
        "-A AIRFLOW-FORWARD -j DROP", "-A AIRFLOW-FORWARD -j ACCEPT\n-A AIRFLOW-FORWARD -j DROP"
    )
    assert guard(saved) == ["chain AIRFLOW-FORWARD of table mangle is not what airflow-firewall loaded"]


def test_names_are_those_that_the_role_gives() -> None:
    role = ROLES / "airflow_watch"
    files = [role / "vars" / "main" / f"{name}.yml" for name in ("firewall", "program")]
    given = {name: value for path in files for name, value in yaml.safe_load(path.read_text(encoding="utf-8")).items()}
    names = ("firewall_chain", "proxy_chain", "firewall_unit", "firewall_program")
    assert [given[f"__airflow_watch_{name}"] for name in names] == [CHAIN, PROXY_CHAIN, FIREWALL_UNIT, FIREWALL]
    modules = {path.name for path in (role / "files" / "airflow_watch").glob("*.py")}
    assert sorted(given["__airflow_watch_modules"]) == sorted(modules)
