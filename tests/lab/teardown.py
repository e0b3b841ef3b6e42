"""Remove the lab."""

import shutil

from tests.lab import docker, engine, registry
from tests.lab.names import INSTANCES, LABEL, SHARED, TEMPLATE_LABEL, registry_address, state_dir
from tests.lab.network import name_of
from tests.lab.progress import say
from tests.lab.shell import result


def instances() -> list[str]:
    """Instances that have containers, networks or volumes in the engine."""
    return sorted(docker.owners() - {SHARED})


def down(names: list[str], *, templates: bool = False) -> None:
    """Remove instances. Removing the last one also removes the registry and the images, and stops the lab's own engine.

    Args:
        names: The instances.
        templates: Remove the host templates as well, once no instance is left.
    """
    if not engine.answers():
        engine.stop()
        say("No Docker engine answers: the lab is not running")
        return
    for name in names:
        remove(name)
    if not instances():
        if templates:
            _remove_templates()
        _remove_shared()
        engine.stop()
        shutil.rmtree(state_dir(), ignore_errors=True)
        say("The lab is removed except for its cache" + ("" if templates else " and its host templates"))


def remove(instance: str) -> None:
    """Remove one instance: containers, volumes, network and directory."""
    _remove_containers(instance)
    network = name_of(instance)
    if docker.inspect("network", network):
        result(["docker", "network", "disconnect", "--force", network, registry.CONTAINER])
        docker.docker("network", "rm", network)
    shutil.rmtree(INSTANCES / instance, ignore_errors=True)
    say(f"Lab '{instance}' is removed")


def _remove_containers(owner: str) -> None:
    containers = docker.labelled("container", owner)
    if containers:
        docker.docker("rm", "--force", "--volumes", *containers)
    volumes = docker.labelled("volume", owner)
    if volumes:
        docker.docker("volume", "rm", "--force", *volumes)


def _remove_templates() -> None:
    for volume in docker.templates("volume"):
        docker.docker("volume", "rm", volume)
    for image in docker.templates("image"):
        docker.docker("image", "rm", "--force", image)


def _remove_shared() -> None:
    registry.tidy()
    _remove_containers(SHARED)
    pulled = state_dir() / "pulled"
    if pulled.exists():
        result(["docker", "image", "rm", *pulled.read_text(encoding="utf-8").split()])
    left: set[str] = set()
    # An image can only be removed after all images built on it, so each round removes one level.
    while (found := _images()) and found != left:
        left = found
        result(["docker", "image", "rm", "--force", *sorted(found)])


def _images() -> set[str]:
    """The lab's own images except for templates, and images that the contract tests pulled from its registry."""
    own, pulled = _listed(f"label={LABEL}"), _listed(f"reference={registry_address()}/*/*")
    return (own | pulled) - _listed(f"label={TEMPLATE_LABEL}")


def _listed(condition: str) -> set[str]:
    return set(docker.docker("image", "ls", "--all", "--quiet", "--filter", condition).split())
