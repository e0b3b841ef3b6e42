"""Comparison of the clocks of two machines."""

import importlib.util
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[4] / "plugins/action/airflow_host_state.py"
SPEC = importlib.util.spec_from_file_location("airflow_host_state_action", SOURCE)
assert SPEC
assert SPEC.loader
plugin = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(plugin)


@pytest.mark.parametrize(("ahead", "delay"), [(0.0, 1.0), (120.0, 0.5), (-3600.0, 2.0)])
def test_the_clock_offset_is_measured_within_the_reported_error(ahead: float, delay: float) -> None:
    # The request is sent at 100 by our clock. The host takes half a second to answer.
    offset, error = plugin.clock(100.0, 100 + delay + ahead, 100.5 + delay + ahead, 100.5 + 1.5 * delay)
    assert abs(offset - ahead) <= error
    assert error < 2 * delay
