"""Whether the active rules keep strangers out."""

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
        # Rules that might be harmless, but are refused without analysis.
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
def test_no_rule_may_come_before_our_chain(first: str) -> None:
    saved = ENGINES["26"].replace(JUMP, f"{first}\n{JUMP}")
    assert guard(saved) == [NOT_FIRST]
    # Nor may a rule replace the jump.
    assert guard(ENGINES["26"].replace(JUMP, first)) == [NOT_FIRST]
    # After the jump, any rule is allowed.
    assert guard(ENGINES["26"].replace(JUMP, f"{JUMP}\n{first}")) == []


def test_a_comment_does_not_change_the_meaning_of_a_rule() -> None:
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
def test_rules_of_table_filter_cannot_let_strangers_in(rule: str) -> None:
    """Table mangle has dropped the packets before, so such rules need no repair."""
    _, chain, what = rule.split(" ", 2)
    lines = ENGINES["26"].splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith(f"-A {chain} ") and number > 15)
    assert guard("\n".join([*lines[:at], f"-A {chain} {what}", *lines[at:]])) == []


def test_rules_without_a_record_are_a_problem() -> None:
    """Happens after a reboot, or if the record could not be written on a full disk."""
    assert guard_problems(parse(ENGINES["26"]), {}) == [
        f"it is unknown whether chain {chain} of table mangle is what airflow-firewall loaded"
        for chain in (CHAIN, PROXY_CHAIN)
    ]


def test_a_chain_with_an_additional_rule_differs_from_the_loaded_one() -> None:
    saved = ENGINES["26"].replace(
        "-A AIRFLOW-FORWARD -j DROP", "-A AIRFLOW-FORWARD -j ACCEPT\n-A AIRFLOW-FORWARD -j DROP"
    )
    assert guard(saved) == ["chain AIRFLOW-FORWARD of table mangle is not what airflow-firewall loaded"]


def test_chain_names_match_those_of_the_role() -> None:
    role = ROLES / "airflow_watch"
    files = [role / "vars" / "main" / f"{name}.yml" for name in ("firewall", "program")]
    given = {name: value for path in files for name, value in yaml.safe_load(path.read_text(encoding="utf-8")).items()}
    names = ("firewall_chain", "proxy_chain", "firewall_unit", "firewall_program")
    assert [given[f"__airflow_watch_{name}"] for name in names] == [CHAIN, PROXY_CHAIN, FIREWALL_UNIT, FIREWALL]
    modules = {path.name for path in (role / "files" / "airflow_watch").glob("*.py")}
    assert sorted(given["__airflow_watch_modules"]) == sorted(modules)
