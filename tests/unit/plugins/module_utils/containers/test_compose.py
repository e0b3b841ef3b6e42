"""A throwaway container is always removed; a script stands in for docker."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers import compose as compose_run
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.compose import (
    Compose,
    ComposeError,
    run_within,
)

DOCKER = """#!/bin/sh
echo "$*" >> "$0.log"
case "$*" in
    *refused.yml*) echo 'no such thing' >&2; exit 1;;
    *config*) echo '{"name": "airflow", "services": {"cli": {}}}';;
esac
"""


@pytest.fixture
def docker(tmp_path: Path) -> Path:
    path = tmp_path / "docker"
    path.write_text(DOCKER)
    path.chmod(0o755)
    return path


def calls(docker: Path) -> list[str]:
    return (docker.parent / "docker.log").read_text().splitlines()


def test_reads_the_definition_with_all_profiles(docker: Path) -> None:
    assert Compose(str(docker), "compose.yml").definition() == {"name": "airflow", "services": {"cli": {}}}
    assert calls(docker) == ["compose -f compose.yml --profile * config --format json"]


def test_compose_errors_are_reported(docker: Path) -> None:
    with pytest.raises(ComposeError, match="no such thing"):
        Compose(str(docker), "refused.yml").definition()


def test_the_container_has_a_name_and_is_removed_by_it(docker: Path) -> None:
    with Compose(str(docker), "compose.yml").throwaway("cli", {"A": "b c"}) as argv:
        name = argv[argv.index("--name") + 1]
    assert argv[1:] == [
        *("compose", "-f", "compose.yml", "run", "--rm", "-T", "--no-deps", "--name", name, "-e", "A=b c", "cli"),
    ]
    assert calls(docker) == [f"rm --force --volumes {name}"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_no_container(docker: Path, number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with pytest.raises(SystemExit), Compose(str(docker), "compose.yml").throwaway("cli", {}):
        signal.raise_signal(number)
    assert calls(docker)[0].startswith("rm --force --volumes airflow-throwaway-")
    assert signal.getsignal(number) is before


def test_a_command_gets_its_input_and_its_output_is_returned() -> None:
    program = "import sys; print(sys.stdin.read().upper()); print('e', file=sys.stderr); sys.exit(3)"
    assert run_within([sys.executable, "-c", program], 20, "سلام in") == (3, "سلام IN\n", "e\n")


@pytest.mark.parametrize("stubborn", [False, True])
def test_a_command_is_killed_at_its_timeout(monkeypatch: pytest.MonkeyPatch, *, stubborn: bool) -> None:
    monkeypatch.setattr(compose_run, "PATIENCE", 0.2)
    ignore = "trap '' TERM; " if stubborn else ""
    started = time.monotonic()
    rc, out, err = run_within(["sh", "-c", f"{ignore}exec sleep 60"], 1, "")
    assert (rc, out, err) == (-signal.SIGKILL if stubborn else -signal.SIGTERM, "", "did not finish within 1 seconds")
    assert time.monotonic() - started < 10


def test_a_command_does_not_outlive_the_process_that_runs_it(tmp_path: Path) -> None:
    mark = tmp_path / "pid"

    def stop(_number: int, _frame: object) -> None:
        raise SystemExit

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, 1)
    with pytest.raises(SystemExit):
        run_within(["sh", "-c", f"echo $$ > {mark}; exec sleep 60"], 50, "")
    signal.signal(signal.SIGALRM, before)
    with pytest.raises(ProcessLookupError):
        os.kill(int(mark.read_text()), 0)
