"""Start an instance: its network, its services, its hosts, its inventory."""

from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.lab import (
    build,
    docker,
    feeds,
    hosts,
    images,
    inventory,
    keys,
    machine,
    network,
    recipes,
    registry,
)
from tests.lab.names import FEEDS_NAME, FEEDS_PORT, INSTANCES, LABEL, REPO
from tests.lab.platforms import TEMPLATE, Platform
from tests.lab.progress import say, step
from tests.lab.shell import LabError

# dnsmasq forwards to Docker's name server, which resolves names of the network and forwards others to the machine's.
NAME_SERVER = [
    "dnsmasq",
    "--keep-in-foreground",
    "--user=root",
    "--no-hosts",
    "--no-negcache",
    "--log-facility=-",
]


def up(
    instance: str, platforms: list[Platform], releases: Collection[str] = (), template: hosts.Start | None = None
) -> Path:
    """Create everything that is missing.

    Args:
        instance: Name of the lab.
        platforms: Its hosts and servers.
        releases: Airflow releases whose images are provided in addition to the default release.
        template: Initial state of hosts with `starts_from: template`; required if one of them does not exist yet.

    Returns:
        The directory of the instance.

    Raises:
        LabError: The lab was started from another checkout, or a part of it cannot be created.
    """
    directory = INSTANCES / instance
    _refuse_foreign(instance, directory)
    source = images.source()
    with ThreadPoolExecutor(1) as background:
        provided = background.submit(images.provide, source, releases)
        registry.ensure(source)
        subnet = network.ensure(instance)
        registry.join(instance, subnet)
        _lay_out(directory, subnet)
        _remove_unwanted(instance, platforms)
        _services(instance, platforms, subnet, source)
        bare = hosts.Start(build.ensure_local(recipes.local()["host"], source))
        starts = {
            each.name: (template or bare) if each.starts_from == TEMPLATE else bare
            for each in platforms
            if not each.serves
        }
        addresses = _hosts(instance, starts, subnet)
        provided.result()
    _describe(instance, platforms, addresses, source)
    return directory


def _refuse_foreign(instance: str, directory: Path) -> None:
    if docker.labelled("container", instance) and not (directory / "id_ed25519").exists():
        raise LabError(
            f"A lab '{instance}' runs on this machine, but its keys are not in {directory}: it was started from "
            f"another checkout. Use another name, or remove it with 'python -m tests.lab down {instance}'."
        )


def _lay_out(directory: Path, subnet: network.Network) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    _write(
        directory / "resolv.conf",
        f"nameserver {network.address(subnet, network.DNS)}\n",
    )
    keys.ensure_pair(directory / "id_ed25519")
    # tests/inventory has paths relative to the checkout; Ansible resolves them from the inventory's directory.
    for name in ("dags", "examples"):
        link = directory / name
        if not link.is_symlink():
            link.symlink_to(REPO / name)


def _write(path: Path, text: str) -> None:
    """Write the file in place and only if its content changed: some of these files are mounted into containers."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def _remove_unwanted(instance: str, platforms: list[Platform]) -> None:
    wanted = {hosts.container_name(instance, name) for name in ("dns", *(each.name for each in platforms))}
    for container in set(docker.labelled("container", instance)) - wanted:
        say(f"Removing {container}, which is no longer in the list of platforms")
        hosts.remove(container)


def _services(instance: str, platforms: list[Platform], subnet: network.Network, source: str) -> None:
    image = build.ensure_local(recipes.local()["services"], source)
    _service(instance, "dns", network.address(subnet, network.DNS), [image, *NAME_SERVER])
    for platform in platforms:
        if platform.serves == "feeds":
            files = INSTANCES / instance / "feeds"
            feeds.ensure(files)
            options = [
                "--network-alias",
                FEEDS_NAME,
                "--volume",
                f"{files}:/srv/feeds:ro",
            ]
            server = [
                "python3",
                "-m",
                "http.server",
                "--directory",
                "/srv/feeds",
                str(FEEDS_PORT),
            ]
            place = network.address(subnet, network.FEEDS)
            _service(instance, platform.name, place, [*options, image, *server])


def _service(instance: str, name: str, address: str, rest: list[str]) -> None:
    container = hosts.container_name(instance, name)
    if _running(container):
        return
    options = ["--name", container, "--label", f"{LABEL}={instance}", "--init"]
    docker.docker(
        "run",
        "--detach",
        *options,
        "--network",
        network.name_of(instance),
        "--ip",
        address,
        *rest,
    )


def _running(container: str) -> bool:
    """Whether the container exists; starts it if it is stopped."""
    found = docker.inspect("container", container)
    if found and not found[0]["State"]["Running"]:
        docker.docker("start", container)
    return bool(found)


def _hosts(instance: str, starts: Mapping[str, hosts.Start], subnet: network.Network) -> dict[str, str]:
    """Create the missing hosts and return the addresses of all hosts."""
    known = hosts.addresses(instance, subnet)
    names = {hosts.container_name(instance, host): host for host in starts}
    found: dict[str, str] = {}
    for container, host in names.items():
        found[host] = known.get(container) or network.free_address(subnet, {*known.values(), *found.values()})
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda host: _host(instance, host, starts[host], found[host]), found))
    return found


def _host(instance: str, host: str, start: hosts.Start, address: str) -> None:
    """Create or start one host unless it runs, and wait until it is reachable."""
    found = docker.inspect("container", hosts.container_name(instance, host))
    if found and found[0]["State"]["Running"]:
        hosts.wait_for_ssh(host, address)
        return
    with step(f"Starting host {host} at {address}"):
        if found:
            docker.docker("start", hosts.container_name(instance, host))
        else:
            hosts.create(instance, host, start, address, INSTANCES / instance)
        hosts.wait(instance, host, address)


def _describe(instance: str, platforms: list[Platform], addresses: Mapping[str, str], source: str) -> None:
    directory = INSTANCES / instance
    _write(directory / "known_hosts", keys.known_hosts(directory, addresses))
    reached = {
        host: inventory.connection(directory, address, hosts.container_name(instance, host))
        for host, address in addresses.items()
    }
    served = any(platform.serves == "feeds" for platform in platforms)
    shared = inventory.variables(machine.certificates(), source, feeds=served)
    _write(directory / "hosts.yml", inventory.render(platforms, reached, shared))
    say(f"Lab '{instance}' is up ({source} images): inventory {directory / 'hosts.yml'}")
