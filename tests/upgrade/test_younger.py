"""Stacks that began with a later release: within Airflow 3, and a patch release with the same schema."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from tests import tables
from tests.lab import recipes
from tests.lab.names import REPO
from tests.upgrade.conftest import BETWEEN, NEW
from tests.upgrade.test_upgrade import ROLLBACK, UPGRADE, databases, forget_failed, kept, release, runs_pipeline

if TYPE_CHECKING:
    from tests.upgrade.conftest import Host

# A tested release of Airflow 3 before the newest, and the first release with the schema of BETWEEN.
EARLY = next(version for version in tables.tested() if version.startswith("3."))
(PATCH,) = recipes.patches()


def begin(host: Host, version: str) -> None:
    """Remove the stack with all its data, and deploy a release."""
    images = [sys.executable, "-m", "tests.lab", "images", "--airflow", version]
    subprocess.run(images, check=True, cwd=REPO)
    removed = host.play("playbooks/remove_airflow.yml", airflow_remove_data=True)
    assert removed.code == 0, removed.output
    run = host.play("site.yml", airflow_version=version)
    assert run.code == 0, run.output
    assert release(host) == version
    runs_pipeline(host)


def test_within_airflow_3_and_back(host: Host) -> None:
    begin(host, EARLY)
    before = kept(host)
    run = host.play(UPGRADE, airflow_version=NEW)
    assert run.code == 0, run.output
    assert (release(host), kept(host)) == (NEW, before)
    runs_pipeline(host)
    again = host.play("site.yml", airflow_version=NEW)
    assert (again.code, again.changed) == (0, 0), again.output
    back = host.play(ROLLBACK, airflow_version=NEW, airflow_rollback_lose_runs=True)
    assert back.code == 0, back.output
    forget_failed(host)
    assert (release(host), kept(host)) == (EARLY, before)
    runs_pipeline(host)


def test_a_patch_release_and_back_by_site_yml(host: Host) -> None:
    begin(host, PATCH)
    before = kept(host)
    refused = host.play(UPGRADE, airflow_version=BETWEEN)
    assert refused.code != 0
    assert f"run site.yml, which replaces {PATCH} by it" in refused.output
    for version in (BETWEEN, PATCH):
        run = host.play("site.yml", airflow_version=version)
        assert run.code == 0, run.output
        assert (release(host), kept(host), databases(host)) == (version, before, [])
        runs_pipeline(host)
        again = host.play("site.yml", airflow_version=version)
        assert (again.code, again.changed) == (0, 0), again.output
