"""The Docker engine of this machine: uses a running one, or installs and starts one."""

import os
import signal
import subprocess
from pathlib import Path

from tests.lab.names import state_dir
from tests.lab.progress import say, step
from tests.lab.shell import LabError, as_root, result, run, wait_until

# Packages of the distribution that the engine needs; mmdebstrap builds the base images if no registry answers.
PACKAGES = ("docker.io", "iptables", "mmdebstrap")


def _systemd() -> bool:
    return Path("/run/systemd/system").is_dir()


def _answers() -> bool:
    found = result(["docker", "version", "--format", "{{.Server.Version}}"], timeout=20)
    if b"permission denied" in found.stderr:
        raise LabError("The Docker engine refuses this user: add yourself to the group 'docker', or run as root")
    return found.returncode == 0


def has(program: str) -> bool:
    """Whether a program is installed, including in directories that are only in root's PATH."""
    return any((Path(part) / program).exists() for part in (*os.environ["PATH"].split(":"), "/usr/sbin", "/sbin"))


def install(*packages: str) -> None:
    """Install packages of the distribution after updating its package index."""
    if not has("apt-get"):
        raise LabError(f"Install {', '.join(packages)}: the lab cannot, because this machine has no apt-get")
    with step(f"Installing {', '.join(packages)}"):
        run(as_root(["apt-get", "-qq", "update"]))
        options = ["-o", "Dpkg::Options::=--force-unsafe-io"]
        settings = {"DEBIAN_FRONTEND": "noninteractive"}
        run(as_root(["apt-get", "-qq", "-y", "--no-install-recommends", *options, "install", *packages]), env=settings)


def ensure() -> None:
    """Start an engine unless one answers, and record that the lab started it."""
    if has("docker") and _answers():
        return
    say("No Docker engine answers on this machine: the lab starts one")
    if not has("dockerd"):
        install(*PACKAGES)
    if not has("docker"):
        # Since Debian 13 the client is a separate package.
        install("docker-cli")
    _start()


def _start() -> None:
    state = state_dir()
    state.mkdir(parents=True, exist_ok=True)
    with step("Starting the Docker engine"):
        if _systemd():
            run(as_root(["systemctl", "start", "docker"]))
            (state / "engine").write_text("systemd\n", encoding="utf-8")
        else:
            (state / "dockerd.pid").unlink(missing_ok=True)
            log = (state / "dockerd.log").open("wb")
            command = as_root(["dockerd", "--pidfile", str(state / "dockerd.pid")])
            subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
            (state / "engine").write_text("dockerd\n", encoding="utf-8")
        wait_until(_answers, 60, lambda: f"The Docker engine did not start; its log:\n{_log_tail(state)}")


def _log_tail(state: Path) -> str:
    log = state / "dockerd.log"
    return log.read_text(errors="replace")[-2000:] if log.exists() else "see 'journalctl -u docker'"


def started_by_lab() -> bool:
    """Whether the running engine was started by the lab."""
    return (state_dir() / "engine").exists()


def answers() -> bool:
    """Whether an engine answers; starts none."""
    return has("docker") and _answers()


def stop() -> None:
    """Stop the engine if the lab started it."""
    marker = state_dir() / "engine"
    if not marker.exists():
        return
    with step("Stopping the Docker engine that the lab started"):
        if marker.read_text(encoding="utf-8").strip() == "systemd":
            run(as_root(["systemctl", "stop", "docker.socket", "docker"]))
        else:
            _stop_daemon(state_dir() / "dockerd.pid")
        for name in ("engine", "dockerd.pid", "dockerd.log"):
            (state_dir() / name).unlink(missing_ok=True)


def _stop_daemon(pid_file: Path) -> None:
    if not pid_file.exists():
        return
    pid = int(pid_file.read_text(encoding="utf-8"))
    # The PID may belong to another program since the daemon died.
    name = Path(f"/proc/{pid}/comm")
    if name.exists() and name.read_text(encoding="utf-8").strip() == "dockerd":
        run(as_root(["kill", f"-{signal.SIGTERM.value}", str(pid)]))
        wait_until(lambda: not Path(f"/proc/{pid}").exists(), 60, lambda: f"dockerd (process {pid}) did not stop")
