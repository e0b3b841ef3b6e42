"""Names and places that the parts of the lab share."""

import os
from pathlib import Path

from tests import tables

# The one label: its value is the instance that owns the thing, or SHARED.
LABEL = "ansible-airflow.lab"
SHARED = "shared"
# On images and volumes of host templates, which `down` leaves: its value says what the template was made from.
TEMPLATE_LABEL = "ansible-airflow.template"
# The instance in which a template is made.
MAKER = "template-maker"
PREFIX = "ansible-airflow-lab"

REPO = Path(__file__).resolve().parents[2]
INSTANCES = REPO / "build" / "lab"
IMAGES = Path(__file__).resolve().parent / "images"

# Names inside every lab network, and the fixed last number of their addresses there.
DOMAIN = "lab"
REGISTRY_NAME = f"registry.{DOMAIN}"
FEEDS_NAME = f"feeds.{DOMAIN}"
REGISTRY_PORT = 5000
FEEDS_PORT = 8000

# The release of Airflow that tests are about.
AIRFLOW_VERSION = os.environ.get("AIRFLOW_VERSION") or tables.default_release()
# Whether that is one of Airflow 3, which has other services, another API and other tables.
V3 = AIRFLOW_VERSION.startswith("3.")


def cache_dir() -> Path:
    """Where built things are kept between runs; `down` leaves it."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / PREFIX


def state_dir() -> Path:
    """What must be remembered while the lab runs, such as the engine that it started."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / PREFIX


def published_port() -> int:
    """The port on 127.0.0.1 under which this machine reaches the lab's registry."""
    return int(os.environ.get("LAB_REGISTRY_PORT", "5500"))


def registry_address() -> str:
    """The registry as this machine's engine names it."""
    return f"127.0.0.1:{published_port()}"
