"""One Airflow for all tests of this directory."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import ansible.module_utils
import pytest

from tests.lab.locks import alone
from tests.lab.names import REPO
from tests.objects.stack import Stack

if TYPE_CHECKING:
    from collections.abc import Iterator


ansible.module_utils.__path__.append(str(REPO / "plugins" / "module_utils"))


@pytest.fixture(scope="session")
def running() -> Iterator[Stack]:
    """The stack, removed at the end; the lab provides its images."""
    subprocess.run([sys.executable, "-m", "tests.lab", "images"], check=True)
    with alone("objects-test", "run of these tests"):
        stack = Stack()
        try:
            stack.up()
            yield stack
        finally:
            stack.down()


@pytest.fixture
def stack(running: Stack) -> Stack:
    """The stack without any connection."""
    running.clear()
    return running
