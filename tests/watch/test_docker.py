"""airflow-watch restarts Docker only if that does no harm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.wait import wait
from tests.watch.conftest import FLUSH, HEALED_SECONDS, in_order

if TYPE_CHECKING:
    from tests.watch.conftest import Host

DAEMON_JSON = "/etc/docker/daemon.json"
KEPT = f"{DAEMON_JSON}.kept"
# A /run with half of the space that the check before a restart requires; systemd still works with it.
SMALL = "size=$(($(df --output=used -B1 /run | tail -n 1) + 500000))"
# For each fault: the command that causes it, the command that repairs it, and the expected message.
FAULTS = (
    (f"echo {{ >{DAEMON_JSON}", f"cp {KEPT} {DAEMON_JSON}", f"{DAEMON_JSON} is broken: "),
    (
        f"sed -i '0,/{{/s//{{\"no-such-option\": 1,/' {DAEMON_JSON}",
        f"cp {KEPT} {DAEMON_JSON}",
        f"{DAEMON_JSON} is refused: ",
    ),
    (
        f"mount -o remount,{SMALL} /run",
        "mount -o remount,size=50% /run",
        "/run cannot be written: No space left on device",
    ),
)


def set_live_restore(host: Host, *, on: bool) -> None:
    """Change Docker's option live-restore, for which a reload is enough."""
    word = "true" if on else "false"
    host.ssh(f"""sed -i 's/"live-restore": [a-z]*/"live-restore": {word}/' /etc/docker/daemon.json""")
    host.ssh("systemctl reload docker")
    ask = "docker info --format '{{.LiveRestoreEnabled}}'"
    wait(lambda: host.ssh(ask).strip() == word, 30, f"live-restore {word}")


def test_without_live_restore_docker_is_left_alone_and_the_command_is_named(orderly: Host) -> None:
    set_live_restore(orderly, on=False)
    try:
        before, docker, since = orderly.started(), orderly.ssh("systemctl show -p MainPID docker"), orderly.now()
        orderly.ssh(FLUSH)
        wait(orderly.failed, HEALED_SECONDS, "a round that fails")
        said = orderly.said(since)
        assert "live-restore is off, so a restart would stop all containers of this host" in said
        assert "run `systemctl restart docker`" in said
        assert "back" not in said
        assert orderly.reached() == []
        assert orderly.started() == before
        assert orderly.ssh("systemctl show -p MainPID docker") == docker
        assert not orderly.reaches_others()
        # Run the command that the message recommends.
        orderly.ssh("systemctl restart docker")
        wait(lambda: in_order(orderly), HEALED_SECONDS, "the rules' return")
        orderly.wait_healthy()
        assert orderly.reached() == []
        assert orderly.reaches_others()
        wait(lambda: not orderly.failed(), HEALED_SECONDS, "a round that succeeds")
    finally:
        set_live_restore(orderly, on=True)


def test_a_docker_that_could_not_start_again_is_left_running(orderly: Host) -> None:
    before, docker = orderly.started(), orderly.ssh("systemctl show -p MainPID docker")
    orderly.ssh("systemctl stop airflow-watch.timer airflow-watch.service")
    orderly.ssh(f"cp {DAEMON_JSON} {KEPT}; iptables -t nat -F")
    try:
        for fault, mend, words in FAULTS:
            since = orderly.now()
            try:
                orderly.ssh(fault)
                assert orderly.run("systemctl start airflow-watch.service").returncode != 0
            finally:
                orderly.ssh(mend)
            said = orderly.said(since)
            assert f"it would not start again: {words}" in said
            assert "other hosts may reach" not in said
            assert orderly.ssh("systemctl show -p MainPID docker") == docker
        assert orderly.reached() == []
        # Docker is restarted after the repair.
        orderly.ssh("systemctl start airflow-watch.service")
        assert in_order(orderly)
        assert orderly.ssh("systemctl show -p MainPID docker") != docker
        assert orderly.started() == before
    finally:
        orderly.ssh(f"mv {KEPT} {DAEMON_JSON}; systemctl start airflow-watch.timer")
