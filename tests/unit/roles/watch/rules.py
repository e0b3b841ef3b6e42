"""Rules of hosts with Docker 26 and 28, which the airflow-watch tests modify."""

from __future__ import annotations

from pathlib import Path

from airflow_watch.iptables import Port, docker_problems, parse

HERE = Path(__file__).parent
BRIDGE = "br-airflow"
PORTS = (Port("127.0.0.1", 8080, 8080),)
ENGINES = {name: (HERE / f"rules{name}.txt").read_text(encoding="utf-8") for name in ("26", "28")}
# Docker 28.0 and 28.1 list their bridges in an ipset.
ENGINES["28.0"] = (
    ENGINES["26"]
    .replace("-A FORWARD -o br-airflow ", "-A FORWARD -m set --match-set docker-ext-bridges-v4 dst ")
    .replace("-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n", "")
    .replace("-A FORWARD -o docker0 -j DOCKER\n", "")
)


def docker(saved: str) -> list[str]:
    """Return the rules that Docker lacks."""
    return docker_problems(parse(saved), BRIDGE, PORTS)


def without(saved: str, table: str, part: str = "") -> str:
    """Return the rules without those of a table that contain `part`; by default all of them, as with `-F` and `-X`."""
    lines, now = [], ""
    for line in saved.splitlines():
        now = line[1:] if line.startswith("*") else now
        gone = line.startswith("-A") or (line.startswith(":") and " - [" in line and not part)
        if not (gone and table in ("all", now) and part in line):
            lines.append(line)
    return "\n".join(lines)
