"""Show the state of the lab."""

from tests.lab import docker, engine, recipes, registry, teardown
from tests.lab.names import INSTANCES, LABEL, cache_dir, registry_address, state_dir


def show() -> None:
    """Print the engine, the images and every instance with its containers."""
    if not engine.answers():
        print("engine    none is running")
        return
    print(f"engine    {'started by the lab' if engine.started_by_lab() else 'this machine has its own'}")
    remembered = state_dir() / "image-source"
    source = remembered.read_text(encoding="utf-8").strip() if remembered.exists() else ""
    where = registry_address() if registry.answers() else "not running"
    print(f"registry  {where}, images: {source or 'not decided yet'}, cache {cache_dir()}")
    for recipe in recipes.published() if source else ():
        print(f"  {recipe.reference:28} {'ready' if registry.holds(recipe, source) else 'missing'}")
    for volume in docker.templates("volume"):
        print(f"template  {volume}")
    for name in teardown.instances():
        print(f"lab       {name}, {INSTANCES / name}")
        form = "  {{.Names}}\t{{.Status}}"
        print(docker.docker("ps", "--all", "--filter", f"label={LABEL}={name}", "--format", form))
