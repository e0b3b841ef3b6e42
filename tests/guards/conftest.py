"""A host of the lab whose operators make mistakes. `make molecule SCENARIO=guards` creates it and runs all tests."""

from __future__ import annotations

import pytest

from tests.support.guarded import GuardedHost

LAB = "guards"


@pytest.fixture(scope="session")
def host() -> GuardedHost:
    """The host, bare at first."""
    return GuardedHost(LAB)


@pytest.fixture(scope="session")
def deployed(host: GuardedHost) -> GuardedHost:
    """The host with a stack whose second run changes nothing."""
    run = host.play("site.yml")
    assert run.code == 0, run.output
    again = host.play("site.yml")
    assert (again.code, again.changed) == (0, 0), again.output
    return host
