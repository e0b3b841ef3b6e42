"""A failed delivery does not change the release that Airflow reads, and the next delivery succeeds."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.dags.conftest import Host, Tree

STORE = "/usr/local/projects/airflow/dags"


def kill_when(process: subprocess.Popen[str], condition: Callable[[], bool]) -> None:
    """Send SIGKILL to a run and all its child processes once a condition holds."""
    until = time.monotonic() + 60
    while not condition():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < until, "the condition did not hold within 60 s"
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def test_a_transfer_that_is_killed_half_way(host: Host, delivered: Tree) -> None:
    before, releases = host.current(), host.releases()
    delivered.text("large.bin", os.urandom(40_000_000).hex())
    temporary = "find ~admin/.ansible ~root/.ansible -name dags.tar.gz* -size +100k 2>/dev/null"
    # Slow enough to be interrupted during the transfer on any machine: 5 MB/s, in kilobits.
    slowly = {"ansible_sftp_extra_args": "-l 40000"}
    process = host.start("playbooks/sync_airflow_dags.yml", airflow_dags_source=str(delivered.root), **slowly)
    kill_when(process, lambda: bool(host.ssh(temporary, check=False)))
    assert (host.current(), host.releases()) == (before, releases)
    (delivered.root / "large.bin").unlink()
    delivered.dag("good.py", "good")
    assert host.deliver(delivered).code == 0
    assert "good" in host.dags()
    host.ssh("rm -rf ~admin/.ansible/tmp ~root/.ansible/tmp")


def test_a_controller_that_dies_before_the_switch(host: Host, delivered: Tree) -> None:
    before, releases = host.current(), host.releases()
    delivered.dag("good.py", "good_after_the_kill")
    process = host.start("playbooks/sync_airflow_dags.yml", airflow_dags_source=str(delivered.root))
    lines = iter(process.stdout or ())
    assert any("receive | Upload the release" in line for line in lines)
    assert any(line.startswith("changed:") for line in lines)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert host.current() == before
    assert len(host.releases() - releases) == 1
    again = host.deliver(delivered)
    assert again.code == 0, again.output
    assert host.current() in host.releases() - releases
    assert "good_after_the_kill" in host.dags()


def test_a_full_disk(host: Host, delivered: Tree) -> None:
    before = host.current()
    host.ssh(f"mkdir -p /mnt/small && mount -t tmpfs -o size=4m tmpfs /mnt/small && cp -a {STORE}/. /mnt/small/")
    host.ssh(f"mount --bind /mnt/small {STORE}")
    try:
        delivered.text("large.txt", "x" * 8_000_000)
        run = host.deliver(delivered)
        assert run.code != 0
        assert "the disk is full" in run.output
        assert "The release that Airflow reads was not changed" in run.output
        assert host.current() == before
        assert not [name for name in host.releases() if name.startswith(".")]
    finally:
        host.ssh(f"umount {STORE} && umount /mnt/small")
    (delivered.root / "large.txt").unlink()
    delivered.dag("good.py", "good_after_the_disk")
    assert host.deliver(delivered).code == 0


@pytest.mark.parametrize(
    ("target", "expected"),
    [("/etc/passwd", "is a symbolic link to the absolute path /etc/passwd"), ("../../x", "outside of the tree")],
)
def test_a_link_that_leads_out_of_the_tree(host: Host, delivered: Tree, target: str, expected: str) -> None:
    before = host.current()
    (delivered.root / "link.py").symlink_to(target)
    run = host.deliver(delivered)
    assert run.code != 0
    assert "link.py" in run.output
    assert expected in run.output
    assert host.current() == before


def test_two_thousand_files(host: Host, delivered: Tree) -> None:
    for number in range(2000):
        delivered.text(f"many/package{number % 50}/module{number}.py", f"VALUE = {number}\n")
    first = host.deliver(delivered)
    assert first.code == 0, first.output
    again = host.deliver(delivered)
    assert (again.code, again.changed) == (0, 0)
    delivered.text("many/package1/module1.py", "VALUE = 'changed'\n")
    one = host.deliver(delivered)
    assert one.code == 0
    print(f"2,000 files: {first.seconds:.1f} s, unchanged {again.seconds:.1f} s, one changed {one.seconds:.1f} s")
