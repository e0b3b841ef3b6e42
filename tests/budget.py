"""The time budget of `make test`: recorded and actual minutes of each step, and the limit of the whole run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tests.steps import Result

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

STEP = "time budget"
# On a machine that is even slower, the timeouts of the tests would expire.
SLOWEST = 1.5
ADVICE = (
    "Make these steps faster, or move a scenario to `full`. If all grew by the same factor, the machine was busy: "
    "run `make test` again on an idle one."
)


@dataclass(frozen=True)
class Budget:
    """Time limit of `make test`.

    Args:
        limit: Minutes of the whole run, on the machine of the recorded minutes.
        minutes: Recorded minutes of each step by name, for the report only: a single slow step is no failure.
        yardstick: Recorded seconds of tests/yardstick.yml.
    """

    limit: float
    minutes: Mapping[str, float]
    yardstick: float

    def on(self, seconds: Sequence[float]) -> Budget:
        """Budget of a slower machine, whose limit grows in proportion to the yardstick, by at most half.

        The same unchanged run of site.yml took between 33 and 74 s on machines of nominally the same kind.

        Args:
            seconds: Times of the yardstick on this machine before and after the run, of which the mean is used.
        """
        slower = sum(seconds) / len(seconds) / self.yardstick
        return replace(self, limit=self.limit * min(max(slower, 1), SLOWEST))

    def table(self, spent: Mapping[str, float]) -> list[str]:
        """One line per step, in the order of the run.

        Args:
            spent: Seconds of each step, by its name.

        Returns:
            Lines with the step's minutes, the recorded minutes and the difference, and one line with the total.
        """
        rows = [(name, seconds / 60, self.minutes.get(name, 0.0)) for name, seconds in spent.items()]
        total = sum(minutes for _name, minutes, _recorded in rows)
        return [
            *(
                f"{name:<32} {minutes:6.1f}  recorded {then:5.1f}  {minutes - then:+6.1f}"
                for name, minutes, then in rows
            ),
            f"{'total':<32} {total:6.1f}  limit    {self.limit:5.1f}  {total - self.limit:+6.1f}",
        ]

    def problem(self, spent: Mapping[str, float]) -> str:
        """Describe a run above the limit, and what to do about it.

        Args:
            spent: Seconds of each step, by its name.

        Returns:
            Empty if within the limit; otherwise the steps that took longer than recorded, largest growth first.
        """
        total = sum(spent.values()) / 60
        if total <= self.limit:
            return ""
        growth = {name: seconds / 60 - self.minutes.get(name, 0.0) for name, seconds in spent.items()}
        grown = sorted((name for name in growth if growth[name] > 0), key=lambda name: -growth[name])
        lines = [self._grown(name, spent[name] / 60) for name in grown]
        if not lines:
            lines = [f"  none: the recorded minutes alone add up to {sum(self.minutes.values()):.1f}"]
        over = f"{total:.1f} minutes, {total - self.limit:.1f} above the limit of {self.limit:.1f} for this machine"
        head = [f"{STEP}: `make test` took {over}.", "Steps above their recorded minutes, largest growth first:"]
        return "\n".join([*head, *lines, ADVICE])

    def _grown(self, name: str, minutes: float) -> str:
        recorded = self.minutes.get(name, 0.0)
        return f"  {name}: {minutes:.1f} minutes, recorded {recorded:.1f} (+{minutes - recorded:.1f})"

    def result(self, spent: Mapping[str, float]) -> Result:
        """The budget as a separate step in the summary: one test, which fails above the limit."""
        ok = not self.problem(spent)
        return Result(STEP, ok, sum(spent.values()), int(ok), int(not ok), "")


def read(listed: Mapping[str, Any]) -> Budget:
    """Read the budget of tests/scenarios.yml.

    Args:
        listed: The content of the file.

    Returns:
        The budget.

    Raises:
        ValueError: `limit`, `yardstick` or the minutes of a step are missing or not a positive number; the message
            contains the key.
    """
    minutes = listed.get("minutes")
    steps: dict[str, Any] = minutes if isinstance(minutes, dict) else {"minutes": str(minutes)}
    numbers: dict[str, Any] = {"limit": listed.get("limit"), "yardstick": listed.get("yardstick"), **steps}
    wrong = {key: value for key, value in numbers.items() if not _is_positive_number(value)}
    if wrong:
        raise ValueError(f"tests/scenarios.yml: write a positive number, for `minutes` one per step: {wrong}")
    recorded = {str(name): float(value) for name, value in steps.items()}
    return Budget(float(numbers["limit"]), recorded, float(numbers["yardstick"]))


def _is_positive_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0
