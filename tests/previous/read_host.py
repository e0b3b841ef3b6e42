"""Program that runs as root on a host: print its parts as JSON, with texts that differ between any two hosts replaced.

It reads a JSON object from standard input: `replace`, pairs of a regular expression and its replacement.
"""

from __future__ import annotations

import grp
import hashlib
import json
import os
import pwd
import re
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Replace = Callable[[str], str]

# Directories whose contents are ignored: not on the disk, or written by programs for themselves. Docker's commands show
# the contents of Docker's directory.
SKIPPED = {
    Path("/var", name) for name in ("backups/airflow", "cache", "lib/apt", "lib/containerd", "lib/docker", "log", "tmp")
}
SKIPPED |= {Path("/", name) for name in ("dev", "proc", "run", "sys", "tmp")}
# Directories with files that no package owns. For all other files the versions of packages are compared.
COMPARED = ("/etc/", "/usr/local/", "/var/lib/airflow", "/var/spool/", "/opt/", "/srv/", "/root/", "/home/")
# Excluded from the comparison of contents, as each host generates its own: secrets, and records of runs and alerts.
GENERATED = ("/etc/airflow/secrets/", "/var/lib/airflow-stack/", "/var/lib/airflow-watch/alerts.json")
# Bytes; in larger files no texts are replaced.
LARGE = 100_000


def said(*words: str) -> str:
    """Output of a command, or its error."""
    run = subprocess.run(words, capture_output=True, text=True, check=False)
    return run.stdout if run.returncode == 0 else f"exit code {run.returncode}: {run.stderr}"


def lines(replace: Replace, *words: str) -> dict[str, str]:
    """Lines of a command's output with normalized white space, and the number of occurrences of each."""
    found = [" ".join(replace(line).split()) for line in said(*words).splitlines()]
    return {line: str(found.count(line)) for line in found if line}


def name_of(find: Callable[[int], Any], number: int) -> str:
    """Name of a user or a group, or its number if it has no name."""
    try:
        return str(find(number)[0])
    except KeyError:
        return str(number)


def is_compared(path: Path) -> bool:
    """Whether a file must have the same content on equally deployed hosts; bytecode contains the time of its source."""
    name = str(path)
    return name.startswith(COMPARED) and not name.startswith(GENERATED) and path.suffix != ".pyc"


def described(path: Path, at: os.stat_result, replace: Replace) -> str:
    """Mode and owners of a path, and its link target or a digest of its content if that is compared."""
    words = [stat.filemode(at.st_mode), name_of(pwd.getpwuid, at.st_uid), name_of(grp.getgrgid, at.st_gid)]
    if stat.S_ISLNK(at.st_mode):
        words.append(f"-> {replace(str(path.readlink()))}")
    elif stat.S_ISREG(at.st_mode) and is_compared(path):
        content = path.read_bytes()
        if at.st_size < LARGE:
            content = replace(content.decode("utf-8", "replace")).encode()
        words.append(hashlib.sha256(content).hexdigest()[:16])
    return " ".join(words)


def below(directory: Path, device: int) -> Iterator[tuple[Path, os.stat_result]]:
    """All paths below a directory on the same device."""
    for path in directory.iterdir():
        at = path.lstat()
        if at.st_dev != device:
            continue
        yield path, at
        if stat.S_ISDIR(at.st_mode) and path not in SKIPPED:
            yield from below(path, device)


def paths(replace: Replace) -> dict[str, str]:
    """All paths on the host's disk."""
    root = Path("/")
    return {replace(str(path)): described(path, at, replace) for path, at in below(root, root.stat().st_dev)}


def packages(replace: Replace) -> dict[str, str]:
    """Debian packages with their versions."""
    return lines(replace, "dpkg-query", "-W", "-f", "${Package} ${Version} ${Status}\n")


def running(replace: Replace) -> dict[str, str]:
    """Entries of /run."""
    return {replace(path.name): "there" for path in Path("/run").iterdir()}


def units(replace: Replace) -> dict[str, str]:
    """systemd units: unit files and whether they are enabled, failed units and units without a file, and our units."""
    plain = ("--no-legend", "--no-pager", "--plain")
    files = lines(replace, "systemctl", "list-unit-files", *plain)
    listed = ("systemctl", "list-units", "--all", *plain)
    kinds = "--type=service,timer,socket,path,target"
    amiss = lines(replace, *listed, kinds, "--state=failed,not-found")
    # Name, load state and, for timers, active state; a service may or may not run at this moment.
    ours = [line.split() for line in lines(replace, *listed, "*airflow*")]
    loaded = {" ".join(words[: 3 if words[0].endswith(".timer") else 2]): "1" for words in ours}
    return {**files, **amiss, **loaded}


def rules(program: str, shown: str) -> Iterator[str]:
    """Rules in the output of a program, each with its table and chain."""
    table = chain = ""
    for line in (" ".join(each.split()) for each in shown.splitlines()):
        if line in {"", "}", "COMMIT"} or line.startswith("#"):
            continue
        rule = ""
        if line.startswith(("*", "table ")):
            table, chain = line.lstrip("*").removesuffix(" {"), ""
        elif line.endswith(" {"):
            chain = line.removesuffix(" {")
        else:
            rule = line
        yield " / ".join(word for word in (program, table, chain, rule) if word)


def firewall(replace: Replace) -> dict[str, str]:
    """Active rules, keyed by the program that shows them."""
    found: dict[str, str] = {}
    for words in (["iptables-save"], ["ip6tables-save"], ["nft", "list", "ruleset"]):
        shown = [replace(line) for line in rules(words[0], said(*words))]
        found.update({line: str(shown.count(line)) for line in shown})
    return found


def walk(value: Any, replace: Replace) -> Any:
    """The value with replacements in all texts, and with sorted lists."""
    if isinstance(value, str):
        return replace(value)
    if isinstance(value, dict):
        return {replace(key): walk(each, replace) for key, each in value.items()}
    if isinstance(value, list):
        return sorted((walk(each, replace) for each in value), key=str)
    return value


def text(value: Any, replace: Replace) -> str:
    """The value as JSON text."""
    return json.dumps(walk(value, replace), sort_keys=True)


def engine(kind: str) -> list[dict[str, Any]]:
    """Output of `docker inspect` for all containers, networks, volumes or images."""
    every = ["--all"] if kind == "container" else []
    ids = said("docker", kind, "ls", *every, "--quiet").split()
    described: list[dict[str, Any]] = json.loads(said("docker", kind, "inspect", *dict.fromkeys(ids))) if ids else []
    return described


def containers(replace: Replace) -> dict[str, str]:
    """Settings with which each container was created, without its later state."""
    found = {}
    for each in engine("container"):
        settings = {"Config": each["Config"], "HostConfig": each["HostConfig"], "Label": each["Config"].pop("Labels")}
        flat = {f"{kind} {key}": value for kind, values in settings.items() for key, value in values.items()}
        flat["Networks"] = sorted(each["NetworkSettings"]["Networks"])
        flat["Mounts"] = [f"{at.get('Name', at['Source'])}:{at['Destination']}:{at['RW']}" for at in each["Mounts"]]
        found.update({replace(f"{each['Name'][1:]} {key}"): text(value, replace) for key, value in flat.items()})
    return found


def networks(replace: Replace) -> dict[str, str]:
    """Settings of each network."""
    keys = ("Driver", "Internal", "EnableIPv6", "Options", "Labels")
    return {each["Name"]: text({key: each[key] for key in keys}, replace) for each in engine("network")}


def volumes(replace: Replace) -> dict[str, str]:
    """Settings of each volume."""
    keys = ("Driver", "Options", "Labels")
    return {replace(each["Name"]): text({key: each[key] for key in keys}, replace) for each in engine("volume")}


def images(_replace: Replace) -> dict[str, str]:
    """Names of images."""
    return {tag: "there" for each in engine("image") for tag in each["RepoTags"] or []}


def in_postgres(command: str) -> list[str]:
    """Output lines of a command in the Postgres container, whose environment has the name of the administrator."""
    return said("docker", "exec", "airflow-postgres-1", "sh", "-c", command).splitlines()


def databases(replace: Replace) -> dict[str, str]:
    """Roles, databases, tables, owners, rights and settings in Postgres."""
    found = []
    database = ""
    for line in in_postgres('pg_dumpall -U "$POSTGRES_USER" --schema-only --no-role-passwords'):
        if line.startswith("\\connect "):
            database = f"{line.split()[1]}: "
        # Skip comments, and psql's \restrict and \unrestrict lines, whose keys are random.
        elif line and not line.startswith(("--", "\\")):
            found.append(f"{database}{line.strip()}")
    changed = "SELECT name, setting FROM pg_settings WHERE source NOT IN ('default', 'client', 'override')"
    found += in_postgres(f'psql -U "$POSTGRES_USER" -d "${{POSTGRES_DB:-$POSTGRES_USER}}" -At -c "{changed}"')
    found += in_postgres('cd "$PGDATA" && cat pg_hba.conf postgresql.auto.conf')
    return {replace(line): str(found.count(line)) for line in found if line}


def main() -> None:
    """Print all parts of the host."""
    pairs = [(re.compile(pattern), word) for pattern, word in json.load(sys.stdin)["replace"]]

    def replace(text: str) -> str:
        for pattern, word in pairs:
            text = pattern.sub(word, text)
        return text

    kinds = {
        "paths": paths,
        "packages": packages,
        "in /run": running,
        "units": units,
        "firewall": firewall,
        "containers": containers,
        "networks": networks,
        "volumes": volumes,
        "images": images,
        "databases": databases,
    }
    print(json.dumps({kind: read(replace) for kind, read in kinds.items()}))


main()
