"""Rules of hosts with Docker 26 and 28, as the tests of airflow-watch change them."""

from __future__ import annotations

from pathlib import Path

from airflow_watch.firewall import Port, docker_problems, guard_problems, parse

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
    """Why strangers may come in."""
    return guard_problems(parse(saved), LOADED)


def docker(saved: str) -> list[str]:
    """What Docker lacks."""
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
