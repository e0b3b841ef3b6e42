"""Storage of the engine inside a host: a volume filled with images by hard links."""

from pathlib import Path

from tests.lab import docker

# Only the images: no containers, networks, volumes, build cache or engine id. The new engine creates those itself.
# Complete layers are never written to, so hosts share their files. The rest is small and mutable, so it is copied.
# Extended attributes mark directories that hide one of a lower layer: without them the copied image would differ.
COPY = """
set -eu
cp -dR --link --preserve=mode,ownership,timestamps,links,xattr "$1/overlay2" "$2/"
cp -dR --preserve=mode,ownership,timestamps,links,xattr "$1/image" "$2/"
"""


def copy_images(source: str, target: str, image: str) -> None:
    """Copy the images of one volume into a new one; no engine may run on either.

    Args:
        source: Volume with an engine's storage.
        target: Empty volume.
        image: Image of this machine's engine with a shell and coreutils.
    """
    # Both below one mount, because the kernel creates no hard links across mounts.
    root = Path(docker.inspect("volume", target)[0]["Mountpoint"]).parents[1]
    # Copying the extended attributes of overlayfs requires this capability.
    rights = ["--network", "none", "--cap-add", "SYS_ADMIN", "--security-opt", "apparmor=unconfined"]
    paths = [f"/volumes/{name}/_data" for name in (source, target)]
    docker.docker("run", "--rm", *rights, "--volume", f"{root}:/volumes", image, "sh", "-c", COPY, "sh", *paths)
