from tests.lab.apt import Source, mirrors, parse_deb822, parse_list, render_sources

LIST = """
# deb http://old.example/debian bookworm main
deb [arch=amd64 signed-by=/usr/share/keyrings/x.gpg] http://mirror.example/debian bookworm main contrib
deb-src http://mirror.example/debian bookworm main
deb http://mirror.example/security bookworm-security main # the one that matters
deb https://tool.example/repository stable main
"""
DEB822 = """# A comment that belongs to no block
Types: deb deb-src
URIs: http://mirror.example/debian
Suites: bookworm
  bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/x.gpg

Types: deb
# http://snapshot.example
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main

Enabled: no
Types: deb
URIs: http://other.example/debian
Suites: bookworm
Components: main

Types: deb-src
URIs: http://source.example/debian
Suites: bookworm
Components: main
"""


def test_one_line_entries_are_parsed_without_comments_options_and_source_entries() -> None:
    assert parse_list(LIST) == [
        Source("http://mirror.example/debian", ("bookworm",), ("main", "contrib")),
        Source("http://mirror.example/security", ("bookworm-security",), ("main",)),
        Source("https://tool.example/repository", ("stable",), ("main",)),
    ]


def test_deb822_entries_are_parsed_without_disabled_ones() -> None:
    assert parse_deb822(DEB822) == [
        Source("http://mirror.example/debian", ("bookworm", "bookworm-updates"), ("main",)),
        Source("http://mirror.example/debian-security", ("bookworm-security",), ("main",)),
    ]


def test_each_pocket_has_its_mirror_and_third_party_sources_are_ignored() -> None:
    assert mirrors(parse_deb822(DEB822), "bookworm") == {
        "": "http://mirror.example/debian",
        "-updates": "http://mirror.example/debian",
        "-security": "http://mirror.example/debian-security",
    }
    assert mirrors(parse_list(LIST), "trixie") == {}


def test_rendered_sources_use_the_machines_mirrors_and_only_its_pockets() -> None:
    text = render_sources({"": "http://a.example/debian", "-security": "http://b.example/sec"}, "trixie")
    assert [line for line in text.splitlines() if line.startswith(("URIs", "Suites"))] == [
        "URIs: http://a.example/debian",
        "Suites: trixie",
        "URIs: http://b.example/sec",
        "Suites: trixie-security",
    ]
    assert parse_deb822(text) == [
        Source("http://a.example/debian", ("trixie",), ("main",)),
        Source("http://b.example/sec", ("trixie-security",), ("main",)),
    ]
    assert render_sources({}, "trixie") == ""
