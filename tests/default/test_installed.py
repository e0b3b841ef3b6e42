"""The installed collection changes nothing on a host that the checkout deployed, because both have the same code.

tests/default/test_guards.py has killed a run before. So this run shows as well that the next run completes a killed
one and releases its lock.
In scenario `installed`, the longer version, the collection deploys the host.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from tests.lab.names import INSTANCES
from tests.support.guarded import GuardedHost
from tests.support.home import SITE, Home

if TYPE_CHECKING:
    from pathlib import Path

NAME = "default"


def test_a_host_that_the_checkout_deployed_is_not_changed(tmp_path: Path) -> None:
    home = Home(tmp_path, NAME)
    shutil.copytree(INSTANCES / NAME / "dags", home.root / "dags")
    listed = home.run("ansible-doc", "-t", "module", "-F", "ansible_airflow.airflow").stdout
    assert str(home.root / "collections") in listed
    played = home.play(SITE, "--diff")
    assert (played.code, played.changed) == (0, 0), played.output
    assert " works." in played.output
    assert GuardedHost(NAME).lock() == {}
