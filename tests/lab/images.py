"""Provide the images: the official ones if Docker Hub answers, otherwise stand-ins."""

import os
from collections.abc import Collection
from concurrent.futures import Future, ThreadPoolExecutor

from tests.lab import build, docker, recipes, registry
from tests.lab.names import state_dir
from tests.lab.progress import say
from tests.lab.recipes import Recipe
from tests.lab.shell import LabError, result

SOURCES = ("official", "stand-in")
# Docker Hub answers within a second or two, or not at all.
PROBE = "hello-world:latest"
PROBE_SECONDS = 10


def source() -> str:
    """Which images the lab uses: by LAB_IMAGES, by an earlier decision of this lab, or by probing Docker Hub."""
    forced = os.environ.get("LAB_IMAGES", "")
    if forced and forced not in SOURCES:
        raise LabError(f"LAB_IMAGES is '{forced}'; write 'official' or 'stand-in', or unset it")
    remembered = state_dir() / "image-source"
    if not forced and remembered.exists():
        return remembered.read_text(encoding="utf-8").strip()
    chosen = forced or ("official" if _docker_hub_answers() else "stand-in")
    remembered.parent.mkdir(parents=True, exist_ok=True)
    remembered.write_text(f"{chosen}\n", encoding="utf-8")
    asked = "Docker Hub answers" if chosen == "official" else "Docker Hub does not answer"
    say(f"Images: {chosen} ({'set by LAB_IMAGES' if forced else asked})")
    return chosen


def _docker_hub_answers() -> bool:
    # A pull by the engine takes its proxies and mirrors into account. The image has only a few kilobytes.
    present = docker.image_exists(PROBE)
    answered = result(["docker", "pull", "--quiet", PROBE], timeout=PROBE_SECONDS).returncode == 0
    if answered and not present:
        docker.docker("image", "rm", PROBE)
    return answered


def provide(chosen: str, releases: Collection[str] = ()) -> None:
    """Provide all images: the lab's own in the engine, the product's in the registry.

    Args:
        chosen: Kind of images, as returned by `source`.
        releases: Airflow releases to provide in addition to the default one.
    """
    wanted = recipes.wanted(releases)
    missing = [recipe for recipe in wanted if not registry.holds(recipe, chosen)]
    # Three threads: two keep the cores busy while one waits for the network.
    with ThreadPoolExecutor(3) as pool:
        ready = pool.submit(registry.ensure, chosen)
        host = pool.submit(build.ensure_local, recipes.local()["host"], chosen)
        jobs = [pool.submit(_publish, recipe, chosen, ready) for recipe in missing]
        host.result()
        for job in jobs:
            job.result()
        ready.result()
    have = ", ".join(recipe.reference.removeprefix("library/") for recipe in wanted)
    say(f"Images ready ({chosen}): {have}")


def _publish(recipe: Recipe, chosen: str, ready: "Future[None]") -> None:
    if chosen == "stand-in":
        registry.built(recipe, chosen)
    ready.result()
    registry.publish(recipe, chosen)
