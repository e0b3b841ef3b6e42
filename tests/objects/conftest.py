"""One Airflow for all tests of this directory."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import ansible.module_utils
import pytest

from tests.lab.locks import alone
from tests.lab.names import REPO
from tests.objects.stack import PROJECT, Stack

if TYPE_CHECKING:
    from collections.abc import Iterator


ansible.module_utils.__path__.append(str(REPO / "plugins" / "module_utils"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--keep", action="store_true", help="let the stack run at the end, for the next run to use")


@pytest.fixture(scope="session")
def running(request: pytest.FixtureRequest) -> Iterator[Stack]:
    """The stack, removed at the end; the lab provides its images."""
    keep = request.config.getoption("--keep")
    with alone(PROJECT, "run of these tests"):
        stack = Stack()
        try:
            if not (keep and stack.runs()):
                subprocess.run([sys.executable, "-m", "tests.lab", "images"], check=True)
                stack.up()
            yield stack
        finally:
            if not keep:
                stack.down()


@pytest.fixture
def stack(running: Stack) -> Stack:
    """The stack without any object."""
    running.clear()
    return running
