"""One run at a time: simultaneous runs, and runs that are killed at random moments. In the order of the file."""

from __future__ import annotations

import os
import random
import time
from typing import TYPE_CHECKING

import pytest

from tests.support.ansible import finish
from tests.support.guarded import LOCK, kill
from tests.support.wait import wait

if TYPE_CHECKING:
    from tests.support.guarded import GuardedHost

SEED = int(os.environ.get("GUARDS_SEED", "0")) or random.SystemRandom().randrange(1, 10_000)
CHOICE = random.Random(SEED)  # noqa: S311  # repeatable by its seed
BARE_POINTS, DEPLOYED_POINTS = 2, 6
# Seconds after which a point counts as not reached.
POINT_SECONDS = 400


def kill_at(host: GuardedHost, part: float, **variables: object) -> None:
    """Kill a run of site.yml after a part of the time that such a run takes with the lock.

    Args:
        host: The host.
        part: Number between 0 and 1.
        variables: Extra variables of the run.
    """
    process = host.start("site.yml", **variables)
    host.locked_by(process)
    started = time.monotonic()
    wait(lambda: time.monotonic() - started > part * SECONDS["run"] or process.poll() is not None, POINT_SECONDS)
    assert process.poll() is None, "the run ended before its point"
    kill(process)
    assert host.lock()["pid"] == process.pid


# Seconds from the lock to the end of a run, as the last complete run took.
SECONDS = {"run": 60.0}


def test_two_runs_on_a_bare_host(host: GuardedHost) -> None:
    first = host.start("site.yml")
    host.locked_by(first)
    second = host.play("site.yml")
    assert second.code != 0
    assert f"(process {first.pid})" in second.output
    assert "Nothing was changed" in second.output
    assert second.changed == 0
    started = time.monotonic()
    run = finish(first, started)
    assert run.code == 0, run.output
    SECONDS["run"] = run.seconds
    assert host.lock() == {}


def test_two_runs_that_start_together(deployed: GuardedHost) -> None:
    before = deployed.secrets()
    runs = [(deployed.start("site.yml"), time.monotonic()) for _ in range(2)]
    ended = sorted((finish(*run) for run in runs), key=lambda run: run.code)
    assert [run.code == 0 for run in ended] == [True, False], ended[0].output
    assert [run.changed for run in ended] == [0, 0]
    assert "another run holds the lock" in ended[1].output
    assert (deployed.secrets(), deployed.lock()) == (before, {})
    SECONDS["run"] = ended[0].seconds


def test_a_run_that_waits(deployed: GuardedHost) -> None:
    first = deployed.start("site.yml")
    deployed.locked_by(first)
    # One waits before it checks the hosts, the other one before it changes them. Who comes first is not said.
    third = deployed.start("site.yml", airflow_lock_wait=300)
    second = deployed.play("playbooks/seed_airflow_objects.yml", airflow_lock_wait=300)
    assert (second.code, second.changed) == (0, 0), second.output
    assert finish(first, 0).code == 0
    last = finish(third, 0)
    overtaken = "another run locked the stack" in last.output
    assert (last.code == 0, last.changed) == (not overtaken, 0), last.output
    assert deployed.lock() == {}


def test_check_mode_and_verification_need_no_lock(deployed: GuardedHost) -> None:
    deployed.ssh(f"cat > {LOCK}", FOREIGN)
    try:
        check = deployed.play("site.yml", "--check")
        assert (check.code, check.changed) == (0, 0), check.output
        assert deployed.play("playbooks/verify_airflow.yml").code == 0
        refused = deployed.play("playbooks/install_docker.yml")
        assert refused.code != 0
        assert "jane on another-laptop" in refused.output
        assert "-e airflow_lock_break=5f0c9a31" in refused.output
        assert deployed.ssh(f"cat {LOCK}") == FOREIGN
        broken = deployed.play("playbooks/install_docker.yml", airflow_lock_break="5f0c9a31")
        assert (broken.code, broken.changed) == (0, 0), broken.output
    finally:
        deployed.ssh(f"rm -f {LOCK}")


FOREIGN = """\
{"id": "5f0c9a31", "playbook": "site", "user": "jane", "controller": "another-laptop", "machine": "m", "boot": "b",
 "pid": 1, "process_started": "1", "started": "2026-11-29T11:06:22Z"}
"""


@pytest.mark.parametrize("part", sorted(CHOICE.random() for _ in range(DEPLOYED_POINTS)))
def test_a_run_that_is_killed_on_a_deployed_host(deployed: GuardedHost, part: float) -> None:
    print(f"GUARDS_SEED={SEED}, killed after {part:.2f} of a run of {SECONDS['run']:.0f} s")
    secrets, counts = deployed.secrets(), deployed.counts()
    # A change for most services, so that the killed run has something to leave half done.
    change = {"airflow_environment": {"GUARDS": f"{part:.6f}"}}
    kill_at(deployed, part, **change)
    again = deployed.play("site.yml", **change)
    assert again.code == 0, again.output
    assert deployed.secrets() == secrets
    assert deployed.counts() == counts
    second = deployed.play("site.yml", **change)
    assert (second.code, second.changed, deployed.lock()) == (0, 0, {}), second.output


@pytest.mark.parametrize("part", sorted(CHOICE.random() for _ in range(BARE_POINTS)))
def test_a_run_that_is_killed_on_a_bare_host(deployed: GuardedHost, part: float) -> None:
    print(f"GUARDS_SEED={SEED}, killed after {part:.2f} of a run")
    away = deployed.play("playbooks/remove_airflow.yml", airflow_remove_data=True)
    assert away.code == 0, away.output
    kill_at(deployed, part)
    secrets = deployed.run("cd /etc/airflow/secrets && sha256sum * | sort -k 2").stdout
    again = deployed.play("site.yml")
    assert again.code == 0, again.output
    # What the killed run generated is used, not generated again.
    assert set(secrets.splitlines()) <= set(deployed.secrets().splitlines())
    second = deployed.play("site.yml")
    assert (second.code, second.changed, deployed.lock()) == (0, 0, {}), second.output
