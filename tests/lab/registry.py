"""The registry from which hosts pull images: one per machine, connected to every instance's network."""

import http.client
import threading
from pathlib import Path

from tests.lab import build, docker, machine, network, recipes
from tests.lab.names import (
    LABEL,
    PREFIX,
    REGISTRY_NAME,
    REGISTRY_PORT,
    SHARED,
    cache_dir,
    published_port,
    registry_address,
    state_dir,
)
from tests.lab.progress import say, step
from tests.lab.recipes import Recipe
from tests.lab.shell import LabError, result, wait_until

CONTAINER = f"{PREFIX}-registry"
_lock = threading.Lock()


def ensure(source: str) -> None:
    """Start the registry unless it runs; its storage is in the cache directory."""
    image = build.ensure_local(recipes.local()["services"], source)
    with _lock:
        _start(image)


def _start(image: str) -> None:
    found = docker.inspect("container", CONTAINER)
    if found and found[0]["State"]["Running"]:
        return
    if found:
        docker.docker("rm", "--force", CONTAINER)
    storage = cache_dir() / "registry"
    storage.mkdir(parents=True, exist_ok=True)
    options = ["--name", CONTAINER, "--label", f"{LABEL}={SHARED}", "--user", machine.user()]
    options += ["--publish", f"127.0.0.1:{published_port()}:{REGISTRY_PORT}"]
    options += ["--volume", f"{storage}:/var/lib/registry"]
    docker.docker("create", *options, image, "docker-registry", "serve", "/etc/lab/registry.yml")
    started = result(["docker", "start", CONTAINER])
    if started.returncode:
        docker.docker("rm", "--force", CONTAINER)
        reason = started.stderr.decode().strip()
        raise LabError(f"The registry did not start; set LAB_REGISTRY_PORT if the port is taken: {reason}")
    wait_until(answers, 30, lambda: f"The registry does not answer at {registry_address()}")
    say(f"The registry answers at {registry_address()}")


def tidy() -> None:
    """Delete replaced images from the registry's storage. Nothing may be pushed meanwhile."""
    if (state_dir() / "replaced").exists() and answers():
        with step("Removing replaced images from the cache"):
            sweep = ["docker-registry", "garbage-collect", "--delete-untagged", "/etc/lab/registry.yml"]
            docker.docker("exec", CONTAINER, *sweep)


def answers() -> bool:
    """Whether the registry's API is up."""
    try:
        connection = http.client.HTTPConnection("127.0.0.1", published_port(), timeout=2)
        connection.request("GET", "/v2/")
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False


def join(instance: str, subnet: network.Network) -> None:
    """Connect the registry to an instance's network under its name."""
    name = network.name_of(instance)
    attached = docker.inspect("container", CONTAINER)[0]["NetworkSettings"]["Networks"]
    if name not in attached:
        place = network.address(subnet, network.REGISTRY)
        docker.docker("network", "connect", "--ip", place, "--alias", REGISTRY_NAME, name, CONTAINER)


def digest(recipe: Recipe, source: str) -> str:
    """Expected marker of a recipe's image in the registry: `official`, or the digest of its inputs."""
    if source == "official":
        return source
    base = build.base_digest(recipe.base, source)
    return recipes.digest(recipes.context(recipe), base, *(f"{key}={recipe.args[key]}" for key in sorted(recipe.args)))


def holds(recipe: Recipe, source: str) -> bool:
    """Whether the registry's image of a recipe is current."""
    marker = _marker(recipe)
    return _tag(recipe).exists() and marker.exists() and marker.read_text(encoding="utf-8") == digest(recipe, source)


def manifest(recipe: Recipe) -> str:
    """Digest of the image that the registry serves for a recipe."""
    return (_tag(recipe) / "current" / "link").read_text(encoding="utf-8").strip()


def _tag(recipe: Recipe) -> Path:
    repository, tag = recipe.reference.split(":")
    return cache_dir() / "registry/docker/registry/v2/repositories" / repository / "_manifests/tags" / tag


def _marker(recipe: Recipe) -> Path:
    return cache_dir() / "published" / recipe.reference.replace("/", "_").replace(":", "_")


def publish(recipe: Recipe, source: str) -> None:
    """Pull or build an image and push it under its Docker Hub name."""
    if source == "official":
        image = recipe.reference
        build.pull(image)
    else:
        image = built(recipe, source)
    target = f"{registry_address()}/{recipe.reference}"
    docker.docker("tag", image, target)
    with step(f"Pushing {recipe.reference} ({source})"):
        docker.docker("push", "--quiet", target)
    docker.docker("rmi", target)
    marker = _marker(recipe)
    if marker.exists():
        (state_dir() / "replaced").touch()
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.write_text(digest(recipe, source), encoding="utf-8")


def built(recipe: Recipe, source: str) -> str:
    """Build a stand-in unless it exists, and return its tag."""
    tag = f"{PREFIX}/{recipe.name}:{digest(recipe, source)}"
    if not docker.image_exists(tag):
        base = build.ensure_base(recipe.base, source)
        with step(f"Building a stand-in for {recipe.reference}"):
            build.build(tag, recipes.context(recipe), {"BASE": base, **recipe.args})
    return tag
