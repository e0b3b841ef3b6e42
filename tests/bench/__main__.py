"""`python -m tests.bench [NAME,NAME]`: measure, write build/bench.json and the table in docs/benchmarks.md."""

from __future__ import annotations

import argparse
import os
import platform
import sys

from tests.bench import dags, hosts, idle, objects, preflight, tasks
from tests.bench.entry import RESULTS, TABLE, rounded, write
from tests.lab.names import REPO

GROUPS = [*objects.GROUPS, *dags.GROUPS, *hosts.GROUPS, *preflight.GROUPS, *tasks.GROUPS, *idle.GROUPS]


def main() -> int:
    """Run as a program."""
    names = [name for group in GROUPS for name in group.names]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("only", nargs="?", default="", help=f"names separated by commas; all of: {', '.join(names)}")
    only = [name for name in parser.parse_args().only.split(",") if name]
    unknown = sorted(set(only) - set(names))
    if unknown:
        parser.error(f"unknown benchmark: {', '.join(unknown)}; write one or more of: {', '.join(names)}")
    results = []
    for group in GROUPS:
        if not only or set(only) & set(group.names):
            for result in group.measure():
                if not only or result.name in only:
                    results.append(result)
                    both = f"{rounded(result.ours):8g} against {rounded(result.reference):8g}"
                    print(f"{result.name:<40} {both}  {result.note}", flush=True)
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()} on the controller"
    write(results, names, machine)
    print(f"Written: {RESULTS.relative_to(REPO)}, {TABLE.relative_to(REPO)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
