"""Host containers: to the roles they look like servers."""

import socket
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.lab import disks, docker, keys, machine
from tests.lab.names import DOMAIN, LABEL
from tests.lab.network import Network, name_of
from tests.lab.shell import LabError, result, wait_until

# An engine inside a host must not write to the host container's own overlay file system.
VOLUMES = {"docker": "/var/lib/docker", "containerd": "/var/lib/containerd"}
UP = {"running", "degraded"}


@dataclass(frozen=True)
class Start:
    """Initial state of a host.

    Args:
        image: Image with its file system.
        disk: Volume with images for its engine; empty for none.
    """

    image: str
    disk: str = ""


def container_name(instance: str, host: str) -> str:
    """Name of the container of a host."""
    return f"{instance}-{host}"


def cgroup_arguments(mode: str) -> tuple[list[str], list[str]]:
    """Docker's options and the container's command that give systemd a writable cgroup tree."""
    if mode == "v2":
        # Docker mounts the tree read-only in unprivileged containers; the container has the capability to remount it.
        return ["--cgroupns", "private"], ["/bin/sh", "-c", "mount -o remount,rw /sys/fs/cgroup && exec /sbin/init"]
    if mode == "hybrid":
        return ["--cgroupns", "host", "--volume", "/sys/fs/cgroup/unified:/sys/fs/cgroup"], ["/sbin/init"]
    raise LabError("This machine mounts cgroups of version 1 only; systemd of Debian 13 needs version 2. Boot with it.")


def capability_arguments(status: str, engine_version: str) -> list[str]:
    """Options for all capabilities that this machine's root has; `--privileged` fails if root lacks one."""
    # Before version 23 the engine takes "all" literally; since then, dropping a missing capability is an error.
    old = int(engine_version.split(".", 1)[0]) < 23
    return ["--cap-add", "ALL", *(["--cap-drop", "SYS_RESOURCE"] if old and machine.lacks_sys_resource(status) else [])]


@cache
def _machine_arguments() -> tuple[list[str], list[str]]:
    options, command = cgroup_arguments(machine.cgroup_mode())
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    version = docker.docker("version", "--format", "{{.Server.Version}}")
    options += capability_arguments(status, version)
    for option in ("seccomp=unconfined", "apparmor=unconfined", "systempaths=unconfined"):
        options += ["--security-opt", option]
    options += ["--device-cgroup-rule", "a *:* rwm", "--tmpfs", "/run", "--tmpfs", "/run/lock"]
    return [*options, "--env", "container=docker"], command


def create(instance: str, host: str, start: Start, address: str, directory: Path) -> None:
    """Create a host with its keys and start it.

    Args:
        instance: The lab.
        host: Name of the host.
        start: Initial state of the host.
        address: Address of the host in the lab's network.
        directory: Directory of the lab's keys.
    """
    name = container_name(instance, host)
    options, command = _machine_arguments()
    for suffix, path in VOLUMES.items():
        volume = f"{name}-{suffix}"
        docker.docker("volume", "create", "--label", f"{LABEL}={instance}", volume)
        options = [*options, "--volume", f"{volume}:{path}"]
    network = ["--network", name_of(instance), "--ip", address]
    aliases = ["--network-alias", host, "--network-alias", f"{host}.{DOMAIN}"]
    # Containers inside the host use the name servers in this file, and cannot reach Docker's own 127.0.0.11.
    resolver = ["--volume", f"{directory / 'resolv.conf'}:/etc/resolv.conf"]
    names = ["--name", name, "--hostname", host, "--label", f"{LABEL}={instance}"]
    docker.docker("create", *names, *network, *aliases, *resolver, *options, start.image, *command)
    try:
        if start.disk:
            disks.copy_images(start.disk, f"{name}-docker", start.image)
        keys.ensure_pair(keys.host_key(directory, host))
        docker.docker("cp", "-", f"{name}:/", stdin=keys.archive(directory, host))
        docker.docker("start", name)
    except BaseException:
        # Otherwise the next `up` would treat a host without keys as a stopped one.
        remove(name)
        raise


def wait(instance: str, host: str, address: str) -> None:
    """Wait until systemd has finished booting and sshd answers."""
    name = container_name(instance, host)
    wait_until(lambda: _state(name) in UP, 60, lambda: _explain(name))
    if _state(name) == "degraded":
        raise LabError(f"Host '{host}' started with failed units:\n{_explain(name)}")
    wait_for_ssh(host, address)


def wait_for_ssh(host: str, address: str) -> None:
    """Wait until sshd answers."""
    wait_until(lambda: _ssh_answers(address), 30, lambda: f"sshd of host '{host}' does not answer at {address}")


def _state(name: str) -> str:
    asked = ["docker", "exec", name, "systemctl", "is-system-running", "--wait"]
    return result(asked, timeout=60).stdout.decode().strip()


def _explain(name: str) -> str:
    failed = result(["docker", "exec", name, "systemctl", "list-units", "--failed", "--no-legend"])
    logs = result(["docker", "logs", "--tail", "20", name])
    return (failed.stdout + failed.stderr + logs.stdout + logs.stderr).decode(errors="replace")


def _ssh_answers(address: str) -> bool:
    try:
        with socket.create_connection((address, 22), timeout=2) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False


def addresses(instance: str, network: Network) -> dict[str, str]:
    """Addresses of the instance's containers in its network, including stopped ones."""
    found = {}
    for container in docker.inspect("container", *docker.labelled("container", instance)):
        settings = container["NetworkSettings"]["Networks"].get(name_of(instance))
        if settings:
            wish = (settings.get("IPAMConfig") or {}).get("IPv4Address", "")
            found[container["Name"].lstrip("/")] = wish or settings["IPAddress"]
    assert all(address in {str(host) for host in network.hosts()} for address in found.values())
    return found


def remove(container: str) -> None:
    """Remove a host and its disks."""
    docker.docker("rm", "--force", "--volumes", container)
    volumes = [f"{container}-{suffix}" for suffix in VOLUMES]
    docker.docker("volume", "rm", "--force", *volumes)
