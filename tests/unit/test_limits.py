"""No code is longer than tests/limits.yml allows, and no exception in it is larger than necessary."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import limits

RULES, EXCEPTIONS = limits.read()


def test_no_code_is_longer_than_allowed() -> None:
    """Remove exceptions that are no longer needed: python -m tests.limits."""
    assert limits.problems(limits.above(RULES), EXCEPTIONS, RULES) == []


def test_every_rule_matches_some_files() -> None:
    assert {rule["measure"] for rule in RULES.values()} == set(limits.MEASURES)
    for rule in RULES.values():
        assert all(list(limits.ROOT.glob(pattern)) for pattern in rule["files"]), rule


@pytest.mark.parametrize(
    ("found", "allowed", "words"),
    [
        ({}, {}, []),
        ({"r": {"a": [90]}}, {"r": {"a": [90]}}, []),
        ({"r": {"a": [85]}}, {"r": {"a": [90]}}, []),
        ({"r": {"a": [91]}}, {"r": {"a": [90]}}, ["has [91], may have [90]"]),
        ({"r": {"a": [90]}}, {}, ["has [90], may have none"]),
        ({"r": {"a": [90, 81]}}, {"r": {"a": [90]}}, ["has [90, 81], may have [90]"]),
        ({"r": {"a": [90]}}, {"r": {"a": [90, 81]}}, ["has [90]; lower or remove its exception [90, 81]"]),
        ({}, {"r": {"a": [90]}}, ["has none; lower or remove its exception [90]"]),
        # A renamed file.
        ({"r": {"b": [90]}}, {"r": {"a": [90]}}, ["a: r (lines, limit 80) has none; lower or remove", "b: r "]),
        ({}, {"gone": {"a": [90]}}, ["a: gone (no such rule) has none"]),
    ],
)
def test_exceptions_may_only_shrink(found: limits.Exceptions, allowed: limits.Exceptions, words: list[str]) -> None:
    said = limits.problems(found, allowed, {"r": {"measure": "lines", "limit": 80}})
    assert len(said) == len(words)
    assert all(word in line for word, line in zip(words, said, strict=True))


@pytest.mark.parametrize(
    ("measure", "name", "text", "numbers"),
    [
        ("lines", "a.yml", "a: 1\nb: 2\n", [2]),
        ("functions", "a.py", 'def a():\n    """Say.\n\n    More.\n    """\n    def b():\n        pass\n', [3, 2]),
        ("expressions", "a.yml", "a: '{{ b  }} and {{ cc }}'\nwhen: d == 1\n", [7, 8, 6]),
        ("expressions", "a.yml", "- when: [a, '{{ b }}']\n- msg: >-\n    {{ a\n       + b }}\n", [1, 7, 11]),
        ("expressions", "a.j2", "x {% if a %}{{ b }}{% endif %}\n", [10, 7, 11]),
        ("commands", "a.yml", "- shell: a\n- block: [{ansible.builtin.command: b}]\n- debug: {msg: command}\n", [2]),
    ],
)
def test_measures(measure: str, name: str, text: str, numbers: list[int], tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    assert limits.MEASURES[measure](path) == numbers


def test_numbers_above_the_limit_are_listed_by_file_largest_first(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    for name, count in (("a/long.py", 3), ("a/short.py", 1)):
        (tmp_path / name).write_text("def f():\n    return [\n" + "        1,\n" * count + "    ]\n", encoding="utf-8")
    rules = {"function": {"files": ["a/*.py"], "measure": "functions", "limit": 4}}
    assert limits.above(rules, tmp_path) == {"function": {"a/long.py": [6]}}
