"""What airflow-watch makes of the rules in force."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from airflow_watch.firewall import CHAIN, PROXY_CHAIN, Port, docker_problems, guard_problems, locked, parse
from airflow_watch.host import FIREWALL_UNIT

HERE = Path(__file__).parent
BRIDGE = "br-airflow"
PORTS = (Port("127.0.0.1", 8080, 8080),)
ENGINES = {name: (HERE / f"rules{name}.txt").read_text(encoding="utf-8") for name in ("26", "28")}
# Docker 28.0 and 28.1 name their bridges in a set.
ENGINES["28.0"] = (
    ENGINES["26"]
    .replace("-A FORWARD -o br-airflow ", "-A FORWARD -m set --match-set docker-ext-bridges-v4 dst ")
    .replace("-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n", "")
    .replace("-A FORWARD -o docker0 -j DOCKER\n", "")
)
LOADED = parse(ENGINES["26"])


def guard(saved: str) -> list[str]:
    return guard_problems(parse(saved), LOADED, BRIDGE)


def docker(saved: str) -> list[str]:
    return docker_problems(parse(saved), BRIDGE, PORTS)


def without(saved: str, table: str, part: str = "") -> str:
    """The rules without those of a table that have a part; without a part all of it goes, as `-F` and `-X` take it."""
    lines, now = [], ""
    for line in saved.splitlines():
        now = line[1:] if line.startswith("*") else now
        gone = line.startswith("-A") or (line.startswith(":") and " - [" in line and not part)
        if not (gone and table in ("all", now) and part in line):
            lines.append(line)
    return "\n".join(lines)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_host_in_order_has_no_problem(engine: str) -> None:
    assert guard(ENGINES[engine]) == []
    assert docker(ENGINES[engine]) == []


@pytest.mark.parametrize("engine", ENGINES)
def test_the_policy_of_a_chain_changes_nothing(engine: str) -> None:
    for policy in ("ACCEPT", "DROP"):
        saved = (
            ENGINES[engine]
            .replace(":FORWARD ACCEPT", f":FORWARD {policy}")
            .replace(":FORWARD DROP", f":FORWARD {policy}")
        )
        assert (guard(saved), docker(saved)) == ([], [])


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("table", "part", "open_", "broken"),
    [
        # iptables -F and -X of a table; nft flush ruleset; nft delete table ip filter.
        ("all", "", True, True),
        ("filter", "", True, True),
        ("nat", "", False, True),
        ("mangle", "", True, False),
        # A single rule.
        ("filter", "-A FORWARD -j DOCKER-USER", True, False),
        ("filter", "-A DOCKER-USER -j AIRFLOW-STACK", True, False),
        ("filter", "-A AIRFLOW-STACK", True, False),
        ("filter", "-A DOCKER -d", False, True),
        ("filter", "ESTABLISHED", False, True),
        ("nat", "-A PREROUTING", False, True),
        ("nat", "-A OUTPUT", False, True),
        ("nat", "-A POSTROUTING -s 172.18.0.0/16", False, True),
        ("nat", "--dport 8080 -j DNAT", False, True),
        # Not the stack's.
        ("nat", "-A POSTROUTING -s 172.17.0.0/16", False, False),
    ],
)
def test_what_is_missing_is_found(engine: str, table: str, part: str, open_: bool, broken: bool) -> None:
    saved = without(ENGINES[engine], table, part)
    assert saved != ENGINES[engine]
    assert bool(guard(saved)) is open_, guard(saved)
    assert bool(docker(saved)) is broken, docker(saved)


def test_no_rules_at_all_are_all_problems() -> None:
    assert len(guard("")) == 5
    assert len(docker("")) == 8


@pytest.mark.parametrize("engine", ENGINES)
def test_docker_before_the_stack_is_open(engine: str) -> None:
    """As Docker 26 leaves it when it starts while containers run."""
    jump = "-A FORWARD -j DOCKER-USER\n"
    saved = ENGINES[engine].replace(jump, "").replace("-A AIRFLOW-STACK", f"{jump}-A AIRFLOW-STACK", 2)
    (problem,) = [line for line in guard(saved) if "before" in line]
    assert problem.startswith("chain FORWARD accepts packets before its jump to DOCKER-USER, by `")


@pytest.mark.parametrize(
    ("rule", "open_"),
    [
        ("-s 192.0.2.7/32 -j ACCEPT", True),
        ("! -i eth1 -j ACCEPT", True),
        ("! -o eth1 -j ACCEPT", True),
        ("-o br-airflow -j DOCKER", True),
        ("-j DOCKER-ISOLATION-STAGE-1", False),
        ("-i br-airflow -j ACCEPT", False),
        ("! -i br-airflow -j ACCEPT", True),
        ("-o virbr0 -j ACCEPT", False),
        ("! -o br-airflow -j ACCEPT", False),
        ("-j DROP", False),
        ("-p tcp -m tcp --dport 22 -j LOG", False),
    ],
)
def test_only_what_lets_strangers_in_may_not_come_first(rule: str, open_: bool) -> None:
    saved = ENGINES["26"].replace("-A FORWARD -j DOCKER-USER", f"-A FORWARD {rule}\n-A FORWARD -j DOCKER-USER")
    assert bool(guard(saved)) is open_


def test_rules_that_nobody_has_noted_are_loaded_anew() -> None:
    assert len(guard_problems(parse(ENGINES["26"]), {}, BRIDGE)) == 3


def test_a_chain_with_one_more_rule_is_not_what_was_loaded() -> None:
    saved = ENGINES["26"].replace("-A AIRFLOW-STACK -j DROP", "-A AIRFLOW-STACK -j ACCEPT\n-A AIRFLOW-STACK -j DROP")
    assert guard(saved) == [
        "chain AIRFLOW-STACK of table filter is not what airflow-firewall.service loaded",
        "chain AIRFLOW-STACK of table mangle is not what airflow-firewall.service loaded",
    ]


def test_a_port_on_every_address_needs_a_rule_for_every_address() -> None:
    everywhere = (Port("0.0.0.0", 8080, 8080),)  # noqa: S104
    tables = parse(ENGINES["26"])
    assert docker_problems(tables, BRIDGE, everywhere) == []
    assert docker_problems(tables, BRIDGE, [Port("192.0.2.1", 8080, 8080)]) == [
        "nat has no rule for the published port 192.0.2.1:8080"
    ]


def test_the_lock_is_seen() -> None:
    tables = parse(ENGINES["26"])
    assert locked(tables) == []
    tables["mangle"]["FORWARD"] = ["-j AIRFLOW-STACK"]
    assert locked(tables) == [("FORWARD", "AIRFLOW-STACK")]


def test_names_are_those_that_the_role_gives() -> None:
    role = HERE.parents[3] / "roles" / "airflow_stack"
    given = yaml.safe_load((role / "vars" / "main" / "derived.yml").read_text(encoding="utf-8"))
    names = ("firewall_chain", "proxy_chain", "firewall_unit")
    assert [given[f"__airflow_stack_{name}"] for name in names] == [CHAIN, PROXY_CHAIN, FIREWALL_UNIT]
