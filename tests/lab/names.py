"""Names and paths that the parts of the lab share."""

import os
from pathlib import Path

from tests import tables

# Label of everything but templates: its value is the instance that owns the object, or SHARED.
LABEL = "ansible-airflow.lab"
SHARED = "shared"
# Label of images and volumes of host templates, which `down` keeps: its value is a digest of the template's inputs.
TEMPLATE_LABEL = "ansible-airflow.template"
# Instance in which templates are built.
MAKER = "template-maker"
PREFIX = "ansible-airflow-lab"

REPO = Path(__file__).resolve().parents[2]
INSTANCES = REPO / "build" / "lab"
IMAGES = Path(__file__).resolve().parent / "images"

# Names and ports inside every lab network.
DOMAIN = "lab"
REGISTRY_NAME = f"registry.{DOMAIN}"
FEEDS_NAME = f"feeds.{DOMAIN}"
REGISTRY_PORT = 5000
FEEDS_PORT = 8000

# The Airflow release under test.
AIRFLOW_VERSION = os.environ.get("AIRFLOW_VERSION") or tables.default_release()
# Whether it is a release of Airflow 3, which differs in services, API and tables.
V3 = AIRFLOW_VERSION.startswith("3.")


def cache_dir() -> Path:
    """Directory that keeps build results between runs; `down` does not remove it."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / PREFIX


def state_dir() -> Path:
    """Directory of state that is needed while the lab runs, such as the engine that it started."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / PREFIX


def published_port() -> int:
    """Port on 127.0.0.1 on which this machine reaches the lab's registry."""
    return int(os.environ.get("LAB_REGISTRY_PORT", "5500"))


def registry_address() -> str:
    """Address of the registry for this machine's engine."""
    return f"127.0.0.1:{published_port()}"
