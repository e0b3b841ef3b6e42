"""Alerts of a deployed host reach a URL and a command, once at the failure and once at the recovery."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.wait import wait
from tests.watch.conftest import HEALED_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.watch.conftest import Host

RECEIVER = (Path(__file__).parent / "receiver.py").read_text(encoding="utf-8")
PORT, TOKEN = 9099, "planted-t0ken-of-alerts"
GOT, STATUS, COMMAND = "/root/alerts-got", "/root/alerts-status", "/usr/local/sbin/page-me"
URL = f"http://127.0.0.1:{PORT}/hook/{TOKEN}"
HEARTBEAT = f"http://127.0.0.1:{PORT}/beat/{TOKEN}"
DEPLOY = "playbooks/deploy_airflow_stack.yml"
COMPOSE = "/usr/local/projects/airflow/compose.yml"
# Moves the times in the record of alerts into the past, instead of a wait.
AGE = """
import json, pathlib, sys
for path in map(pathlib.Path, ("/var/lib/airflow-watch/alerts.json", "/run/airflow-watch/alerts.json")):
    number, record = json.loads(path.read_text())
    for alert in record["alerts"]:
        alert[2] -= float(sys.argv[1])
        alert[3] -= float(sys.argv[1]) if alert[3] >= 0 else 0
    for call in record["calls"]:
        call[2] -= float(sys.argv[1])
    path.write_text(json.dumps([number, record]))
"""
PAGE_ME = f"""#!/bin/sh
# Writes what the command gets: its words, its environment, its standard input.
{{ echo "$@"; env | grep ^AIRFLOW_ALERT_ | sort; cat; echo; }} >>{GOT}
"""


class Alerted:
    """The host with a receiver of alerts."""

    def __init__(self, host: Host) -> None:
        self.host = host

    def status(self, status: int) -> None:
        """Set what the receiver answers."""
        self.host.ssh(f"echo {status} >{STATUS}")

    def got(self, *states: str) -> list[str]:
        """Return the alerts that were received with a success, as WHAT STATE; by default those of all states."""
        lines = [json.loads(line) for line in self.host.run(f"cat {GOT}").stdout.splitlines()]
        bodies: list[dict[str, Any]] = [line["body"] for line in lines if line["status"] == 200 and line["body"]]
        return [f"{body['what']} {body['state']}" for body in bodies if not states or body["state"] in states]

    def beats(self) -> int:
        """Return the number of heartbeats that were received."""
        return self.host.run(f"grep -c /beat/ {GOT}").stdout.count("\n") and int(
            self.host.run(f"grep -c /beat/ {GOT}").stdout
        )

    def check(self, seconds: int = 0) -> int:
        """Check the host, as if some seconds had passed; return the exit code."""
        age = f"systemctl stop airflow-watch-alert.timer && python3 -c {shlex.quote(AGE)} {seconds}"
        self.host.ssh(age)
        code: int = self.host.run("airflow-watch alert").returncode
        return code


@pytest.fixture(scope="module")
def alerted(host: Host) -> Iterator[Alerted]:
    """The host with alerts to a URL on its loopback address, without active alerts."""
    one = Alerted(host)
    one.status(200)
    host.ssh(f"cat >/root/receiver.py && rm -f {GOT} && touch {GOT}", RECEIVER)
    host.ssh(f"systemd-run --quiet --unit=alerts-receiver python3 /root/receiver.py {PORT} {GOT} {STATUS}")
    run = host.lab.play(DEPLOY, airflow_watch_alert={"url": URL}, airflow_watch_heartbeat_url=HEARTBEAT)
    assert run.code == 0, run.output
    assert TOKEN not in run.output
    host.wait_healthy()
    wait(lambda: "no alert is active" in host.ssh("airflow-watch status"), 600, "a host without alerts")
    yield one
    host.run("systemctl start airflow-watch-alert.timer; systemctl stop alerts-receiver")
    run = host.lab.play(DEPLOY)
    assert run.code == 0, run.output
    host.ssh(f"rm -f /root/receiver.py {GOT} {STATUS} {COMMAND}")


@pytest.fixture(autouse=True)
def _clean(alerted: Alerted) -> None:
    alerted.host.ssh(f": >{GOT}")
    alerted.status(200)


def test_the_timer_sends_heartbeats(alerted: Alerted) -> None:
    alerted.host.ssh("systemctl start airflow-watch-alert.timer")
    wait(lambda: alerted.beats() >= 2, 180, "two heartbeats")
    assert alerted.got() == []


def test_a_test_reaches_the_url(alerted: Alerted) -> None:
    said = alerted.host.ssh("airflow-watch alert --test")
    assert said.splitlines() == ["delivered: test failed", "delivered: test recovered", "delivered: heartbeat"]
    assert alerted.got() == ["test failed", "test recovered"]


def test_a_fault_is_called_once_and_its_end_once(alerted: Alerted) -> None:
    """Without compose.yml, every round fails."""
    host = alerted.host
    since = host.now()
    host.ssh(f"mv {COMPOSE} {COMPOSE}.away")
    try:
        wait(host.failed, HEALED_SECONDS, "a round that fails")
        assert alerted.check() == 0
        assert alerted.got() == []
        # Without compose.yml, the rest of the status fails.
        assert "(not reported)" in host.run("airflow-watch status").stdout
        alerted.check(310)
        alerted.check(60)
        assert alerted.got() == ["services failed"]
        # Not after a reboot either, which empties /run.
        host.ssh("rm /run/airflow-watch/alerts.json; cp /var/lib/airflow-watch/alerts.json /run/airflow-watch/")
        alerted.check(60)
        assert alerted.got() == ["services failed"]
        status = host.run("airflow-watch status").stdout
        line = next(line for line in status.splitlines() if line.startswith("alert:"))
        assert f"{COMPOSE}, which lists the stack's services, is missing; run site.yml" in line
    finally:
        host.ssh(f"mv {COMPOSE}.away {COMPOSE}")
    wait(lambda: not host.failed(), HEALED_SECONDS, "a round that succeeds")
    alerted.check(60)
    assert alerted.got("recovered") == []
    alerted.check(310)
    alerted.check(310)
    assert alerted.got() == ["services failed", "services recovered"]
    said = host.ssh(f"journalctl -u airflow-watch-alert -o cat --since '{since}'")
    assert TOKEN not in said
    assert host.run("systemctl is-failed airflow-watch-alert.service").stdout.strip() != "failed"


def test_a_failed_unit_is_called_although_the_receiver_fails_at_first(alerted: Alerted) -> None:
    host = alerted.host
    alerted.status(503)
    host.run("systemd-run --quiet --unit=airflow-planted.service false")
    try:
        wait(lambda: host.run("systemctl is-failed airflow-planted").returncode == 0, 60, "a failed unit")
        alerted.check()
        assert alerted.check(130) == 1
        status = host.ssh("airflow-watch status")
        assert "alert not delivered yet: unit:airflow-planted.service failed, 1 of 7 attempts: " in status
        assert "airflow_watch_alert.url answers 503 Service Unavailable" in status
        assert TOKEN not in status
        before = alerted.beats()
        assert alerted.check(30) == 0
        assert alerted.beats() == before
        alerted.status(200)
        assert alerted.check(61) == 0
        assert alerted.got() == ["unit:airflow-planted.service failed"]
        assert alerted.check(61) == 0
        assert alerted.beats() > before
    finally:
        host.run("systemctl reset-failed airflow-planted")
    alerted.check(310)
    assert alerted.got() == ["unit:airflow-planted.service failed", "unit:airflow-planted.service recovered"]


def test_a_full_disk_repeats_no_call(alerted: Alerted) -> None:
    """The record on the disk cannot be written, and the one in memory counts."""
    host = alerted.host
    host.ssh("mount -t tmpfs -o size=64k tmpfs /var/lib/airflow-watch && ! cat /dev/zero >/var/lib/airflow-watch/fill")
    host.run("systemd-run --quiet --unit=airflow-planted.service false")
    try:
        alerted_host_check(host)
        host.ssh(f"python3 -c {shlex.quote(AGE.replace('/var/lib/airflow-watch', '/run/airflow-watch'))} 130")
        for _ in range(3):
            alerted_host_check(host)
        assert alerted.got() == ["unit:airflow-planted.service failed"]
    finally:
        host.run("systemctl reset-failed airflow-planted; umount /var/lib/airflow-watch")
    alerted_host_check(host)
    alerted.check(4000)
    assert alerted.got("failed") == ["unit:airflow-planted.service failed"]


def alerted_host_check(host: Host) -> None:
    """Check the host."""
    host.ssh("systemctl stop airflow-watch-alert.timer")
    assert host.run("airflow-watch alert").returncode == 0


def test_the_url_is_readable_by_root_only(alerted: Alerted) -> None:
    host = alerted.host
    places = "/etc/airflow-watch.json /etc/systemd /usr/local /var/lib/airflow-watch /run/airflow-watch /var/log"
    assert host.ssh("stat -c '%a %U' /etc/airflow/secrets/watch_alert /etc/airflow/secrets").split() == [
        *("400", "root"),
        *("700", "root"),
    ]
    # Not as an argument, which sudo would log.
    host.ssh("cat >/root/alerts-token", TOKEN)
    assert host.run(f"grep -rlf /root/alerts-token {places}").stdout == ""
    # The search finds what is there.
    found = host.run("grep -rlf /root/alerts-token /etc/airflow /etc/airflow-watch.json; rm /root/alerts-token").stdout
    assert found.strip() == "/etc/airflow/secrets/watch_alert"


def test_a_command_gets_words_environment_and_json(alerted: Alerted) -> None:
    host = alerted.host
    host.ssh(f"cat >{COMMAND} && chmod 755 {COMMAND}", PAGE_ME)
    words = [COMMAND, "--team", "a b; touch /root/planted", "$HOME"]
    run = host.lab.play(DEPLOY, airflow_watch_alert={"command": words})
    assert run.code == 0, run.output
    host.ssh(f": >{GOT}; airflow-watch alert --test")
    lines = host.ssh(f"cat {GOT}").splitlines()
    assert lines[0] == "--team a b; touch /root/planted $HOME"
    assert "AIRFLOW_ALERT_STATE=failed" in lines
    assert f"AIRFLOW_ALERT_HOST={host.name}" in lines
    message = next(json.loads(line) for line in lines if line.startswith("{"))
    assert set(message) == {"id", "host", "stack", "what", "state", "since", "time", "text"}
    assert message["text"] == f"airflow on {host.name}: failed: this is a test of airflow_watch_alert"
    assert host.run("ls /root/planted").returncode != 0
    host.ssh(f"printf '#!/bin/sh\\necho broken >&2; exit 7' >{COMMAND}")
    failed = host.run("airflow-watch alert --test")
    assert (failed.returncode, "broken" in failed.stderr) == (1, True)
    assert f"{COMMAND} failed with exit code 7" in failed.stderr


def test_without_a_target_a_test_says_what_to_set(alerted: Alerted) -> None:
    run = alerted.host.lab.play(DEPLOY)
    assert run.code == 0, run.output
    failed = alerted.host.run("airflow-watch alert --test")
    assert "alerts go nowhere: set airflow_watch_alert to a command or a URL, and run site.yml" in failed.stderr
