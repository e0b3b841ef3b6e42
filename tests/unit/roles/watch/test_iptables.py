"""Problems that airflow-watch finds in Docker's rules."""

from __future__ import annotations

import pytest
from airflow_watch.iptables import Port, docker_problems, parse, target, user_rules_problem

from tests.unit.roles.watch.rules import BRIDGE, ENGINES, docker, without


@pytest.mark.parametrize("engine", ENGINES)
def test_a_healthy_host_has_no_problem(engine: str) -> None:
    assert docker(ENGINES[engine]) == []


@pytest.mark.parametrize("engine", ENGINES)
def test_the_policy_of_a_chain_has_no_influence(engine: str) -> None:
    for policy in ("ACCEPT", "DROP"):
        saved = (
            ENGINES[engine]
            .replace(":FORWARD ACCEPT", f":FORWARD {policy}")
            .replace(":FORWARD DROP", f":FORWARD {policy}")
        )
        assert docker(saved) == []


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("table", "part", "broken"),
    [
        # Whole tables: iptables -F and -X, nft flush ruleset, nft delete table ip filter.
        ("all", "", True),
        ("filter", "", True),
        ("nat", "", True),
        # Single rules.
        ("filter", "-A FORWARD -j DOCKER-USER", False),
        ("filter", "-A DOCKER -d", True),
        ("filter", "ESTABLISHED", True),
        ("nat", "-A PREROUTING", True),
        ("nat", "-A OUTPUT", True),
        ("nat", "-A POSTROUTING -s 172.18.0.0/16", True),
        ("nat", "--dport 8080 -j DNAT", True),
        # A rule that does not belong to the stack.
        ("nat", "-A POSTROUTING -s 172.17.0.0/16", False),
    ],
)
def test_missing_rules_are_found(engine: str, table: str, part: str, broken: bool) -> None:
    saved = without(ENGINES[engine], table, part)
    assert saved != ENGINES[engine]
    assert bool(docker(saved)) is broken, docker(saved)


def test_without_any_rules_all_problems_are_found() -> None:
    assert len(docker("")) == 8


def test_a_comment_is_not_mistaken_for_a_rule() -> None:
    rule = "-A POSTROUTING -s 172.18.0.0/16 ! -o br-airflow -j MASQUERADE"
    fake = '-A POSTROUTING ! -o br-airflow -m comment --comment "x -j MASQUERADE" -j ACCEPT'
    assert docker(ENGINES["26"].replace(rule, fake)) == ["nat POSTROUTING does not masquerade packets from br-airflow"]
    assert target('-m mark --mark 0x1 -j LOG --log-prefix ""') == "LOG"


def test_user_rules_must_come_before_dockers() -> None:
    for engine, saved in ENGINES.items():
        own = saved.replace("-A DOCKER-USER -j RETURN\n", "").replace(
            "COMMIT\n*nat", "-A DOCKER-USER -s 192.0.2.7/32 -j DROP\nCOMMIT\n*nat", 1
        )
        if engine == "28":
            own = own.replace("COMMIT\n*raw", "-A DOCKER-USER -s 192.0.2.7/32 -j DROP\nCOMMIT\n*raw", 1)
        assert user_rules_problem(parse(own)) == ""
        jump = "-A FORWARD -j DOCKER-USER\n"
        lost = own.replace(jump, "")
        assert "FORWARD jumps to DOCKER" in user_rules_problem(parse(lost))
        # The order that Docker 26 leaves when it starts while containers run.
        late = lost.replace("-A DOCKER -d", f"{jump}-A DOCKER -d")
        assert "before DOCKER-USER" in user_rules_problem(parse(late))
        assert user_rules_problem(parse(without(own, "filter", "-A FORWARD"))) == (
            "chain FORWARD does not jump to DOCKER-USER"
        )
        # Without user rules, the jump is not needed.
        assert user_rules_problem(parse(saved.replace(jump, ""))) == ""


def test_a_port_on_every_address_needs_a_rule_for_every_address() -> None:
    everywhere = (Port("0.0.0.0", 8080, 8080),)  # noqa: S104
    tables = parse(ENGINES["26"])
    assert docker_problems(tables, BRIDGE, everywhere) == []
    assert docker_problems(tables, BRIDGE, [Port("192.0.2.1", 8080, 8080)]) == [
        "nat has no rule for the published port 192.0.2.1:8080"
    ]
