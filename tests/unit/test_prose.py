"""Phrases that a reader has to read twice, and the words of the field that replace them.

Most come from earlier versions of this project. The list grows when a reader finds another one.
"""

from __future__ import annotations

import re

import pytest

from tests.unit.test_repository import texts

# Regular expression of a phrase, and what to write instead.
PHRASES = {
    r"\bmade anew\b": "recreated, reissued, rebuilt or regenerated",
    r"\bcame to no end\b": "did not finish within N s",
    r"\bOne that (cannot|is|has|was|does)\b": "the noun: 'A host that ...'",
    r"(?m)(?:^|[.:;] )Those (that|which|of)\b": "the noun: 'Services that ...'",
    r"(?i)name: (\w+ \| )?(have|let|look at what|look for what)\b": "the field's verb, such as upload, pull or read",
    r"\b(an|the) authorit(y|ies)\b(?! of the)": "CA",
    r"\bKeep others out\b": "Configure the firewall",
    r"\bwas last brought to\b": "the last successful migration",
    r"\b(take|takes|taking) the place of\b": "replace",
    r"\bfor which certificates are good\b": "the validity of certificates in days",
    r"\bthat theirs (are|is) from\b": "the CA that signed it",
    r"\bas case makes no other\b": "names are case-insensitive",
    r"\bWhether rules count\b": "apply the rules",
    r"\bprove who they are\b": "authenticate, or verify certificates",
    r"\bSo write a time above\b": "set it above the duration of",
    r"\b(authority|certificate|it) counts that\b": "the CAs trusted by the image are used",
    r"\bof yours before\b": "put your own load balancer in front",
    r"\bother distances than\b": "network latency between hosts",
    r"\bis none of the stack's\b": "is not part of the stack",
    r"\bwhat it was to bring\b": "the noun for it",
    r"\bthe way back\b": "rollback",
    r"\bcannot work\b": "invalid, or requires ...",
    r"\btold to stop\b": "in warm shutdown",
    r"\block's file\b": "the lock file",
    r"\bleaves alone\b": "does not touch, or exempt from",
}
# Release notes of earlier work keep their words; the list itself is here.
SKIPPED = ("changelogs/", "CHANGELOG.md", "tests/unit/test_prose.py", "tests/previous/", "LICENSE")


@pytest.mark.parametrize("phrase", PHRASES)
def test_no_file_uses_the_phrase(phrase: str) -> None:
    regex = re.compile(phrase)
    found = [
        f"{name}:{text.count(chr(10), 0, match.start()) + 1}: {match[0]!r}"
        for name, text in texts().items()
        if not name.startswith(SKIPPED)
        for match in regex.finditer(text)
    ]
    assert found == [], f"write instead: {PHRASES[phrase]}"


@pytest.mark.parametrize(
    "text",
    [
        "    - name: images | Have the images\n",
        "# One that cannot be reached is left out from here on.\n",
        "msg: Airflow came to no end after 120 s\n",
        "# Certificates that have less are made anew.\n",
    ],
)
def test_the_list_knows_the_examples(text: str) -> None:
    assert any(re.search(phrase, text) for phrase in PHRASES)
