"""This machine's Debian mirrors, rewritten for another Debian release."""

import re
from dataclasses import dataclass

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
POCKETS = ("", "-updates", "-security")


@dataclass(frozen=True)
class Source:
    """An apt repository: its address, suites and components."""

    uri: str
    suites: tuple[str, ...]
    components: tuple[str, ...]


def parse_list(text: str) -> list[Source]:
    """Read the one-line form (`deb [options] URI suite component...`)."""
    found = []
    for line in text.splitlines():
        words = re.sub(r"\[[^\]]*\]", "", line.split("#", 1)[0]).split()
        if len(words) >= 3 and words[0] == "deb":
            found.append(Source(words[1], (words[2],), tuple(words[3:])))
    return found


def parse_deb822(text: str) -> list[Source]:
    """Read the deb822 form, which has one block of fields per repository."""
    found = []
    for block in re.split(r"\n\s*\n", re.sub(r"(?m)^#.*\n?", "", text)):
        joined = re.sub(r"\n[ \t]+", " ", block)
        fields = {key.lower(): value.split() for key, value in re.findall(r"(?m)^([\w-]+):[ \t]*(.*)$", joined)}
        if "deb" not in fields.get("types", []) or fields.get("enabled") == ["no"]:
            continue
        suites, components = tuple(fields.get("suites", [])), tuple(fields.get("components", []))
        found += [Source(uri, suites, components) for uri in fields.get("uris", [])]
    return found


def mirrors(sources: list[Source], codename: str) -> dict[str, str]:
    """Map each pocket of this machine's own release to its mirror. Third-party repositories have other suites."""
    found: dict[str, str] = {}
    for source in sources:
        for pocket in POCKETS:
            if f"{codename}{pocket}" in source.suites and "main" in source.components:
                found.setdefault(pocket, source.uri)
    return found


def render_sources(pockets: dict[str, str], codename: str) -> str:
    """The sources file of another release on the same mirrors."""
    blocks = [
        f"Types: deb\nURIs: {uri}\nSuites: {codename}{pocket}\nComponents: main\nSigned-By: {KEYRING}\n"
        for pocket, uri in sorted(pockets.items())
    ]
    return "\n".join(blocks)
