"""Fetches news feeds, writes their links into Postgres, and prints a summary as one line of JSON.

Usage: news_fetcher.py [CONFIG]    (default: /app/config.json)
The database is set only in the environment: DATABASE_URL, a Postgres URI.
"""

from __future__ import annotations

import calendar
import http.client
import json
import logging
import os
import signal
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import feedparser
import psycopg
from psycopg.conninfo import conninfo_to_dict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DEFAULT_CONFIG = Path("/app/config.json")
MAX_FEED_BYTES = 10 * 1024 * 1024
MAX_TEXT = 1000
# A line of at most this many bytes reaches the reader of the container's output in one piece (PIPE_BUF).
MAX_SUMMARY_BYTES = 4096
# Standard error and standard output reach that reader separately; after this pause the summary arrives last.
SETTLE_SECONDS = 0.5

CREATE_TABLE = """
    CREATE TABLE IF NOT EXISTS links (
        url text PRIMARY KEY,
        feed_url text NOT NULL,
        title text NOT NULL,
        published_at timestamptz,
        fetched_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL
    )
"""
# fetched_at does not change: it is the time when the link was first seen. A newly inserted row has no xmax.
UPSERT = """
    INSERT INTO links (url, feed_url, title, published_at, fetched_at, expires_at)
    VALUES (%(url)s, %(feed_url)s, %(title)s, %(published_at)s, %(now)s, %(expires_at)s)
    ON CONFLICT (url) DO UPDATE
        SET title = excluded.title, published_at = excluded.published_at, expires_at = excluded.expires_at
    RETURNING xmax = 0
"""

log = logging.getLogger("news_fetcher")


class ConfigError(Exception):
    """The configuration or the environment is invalid; the text says what to write instead."""


class FeedError(Exception):
    """One feed cannot be downloaded or parsed."""


@dataclass(frozen=True)
class Feed:
    """A feed, and how long its links are kept after their last appearance in a feed."""

    url: str
    expire_after: timedelta


@dataclass(frozen=True)
class Config:
    """The content of config.json."""

    feeds: Sequence[Feed]
    timeout_seconds: float


@dataclass(frozen=True)
class Link:
    """One entry of a feed."""

    url: str
    title: str
    published_at: datetime | None


def load_config(path: Path) -> Config:
    """Read and check config.json.

    Args:
        path: The file.

    Returns:
        The configuration.

    Raises:
        ConfigError: Names the file, the key, what is wrong and what to write instead.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        msg = f"{path}: cannot be read ({error.strerror}); mount a config.json there or name another file as argument"
        raise ConfigError(msg) from error
    except ValueError as error:
        raise ConfigError(f"{path}: is not JSON: {error}") from error
    try:
        return parse_config(data)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def parse_config(data: Any) -> Config:
    """Check the content of config.json and fill in the defaults; raises ConfigError."""
    _known_keys("the file", data, {"feeds", "expire_after_hours", "timeout_seconds"})
    default_hours = _positive("expire_after_hours", data.get("expire_after_hours", 168))
    entries = data.get("feeds")
    if not isinstance(entries, list) or not entries:
        raise ConfigError(
            'feeds: must be a list with at least one entry such as {"url": "https://example.org/rss.xml"}'
        )
    feeds = []
    for number, entry in enumerate(entries):
        where = f"feeds[{number}]"
        _known_keys(where, entry, {"url", "expire_after_hours"})
        url = entry.get("url")
        if not isinstance(url, str) or urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
            raise ConfigError(f"{where}.url: {url!r} must be an http:// or https:// address")
        if "@" in urlsplit(url).netloc:
            raise ConfigError(f"{where}.url: must not contain a user or password; addresses are logged and stored")
        hours = _positive(f"{where}.expire_after_hours", entry.get("expire_after_hours", default_hours))
        feeds.append(Feed(url, timedelta(hours=hours)))
    urls = [feed.url for feed in feeds]
    twice = sorted({url for url in urls if urls.count(url) > 1})
    if twice:
        raise ConfigError(f"feeds: {twice[0]} is listed more than once; keep one entry")
    return Config(feeds, _positive("timeout_seconds", data.get("timeout_seconds", 20)))


def _known_keys(where: str, data: Any, known: set[str]) -> None:
    """Raise ConfigError unless the data is an object with only these keys."""
    if not isinstance(data, dict):
        raise ConfigError(f"{where}: must be an object with the keys {', '.join(sorted(known))}")
    unknown = sorted(set(data) - known)
    if unknown:
        raise ConfigError(f"{where}: unknown key {unknown[0]!r}; the keys are {', '.join(sorted(known))}")


def _positive(where: str, value: Any) -> float:
    """Return a number above zero; raises ConfigError."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
        raise ConfigError(f"{where}: {value!r} must be a number above 0")
    return value


def database_url(environment: dict[str, str]) -> str:
    """Return DATABASE_URL in a form that libpq accepts.

    Airflow renders a connection as postgres://... and may add its own query parameter `__extra__`, which libpq does not
    know.

    Raises:
        ConfigError: The value is invalid; the text does not repeat it, because it contains a password.
    """
    value = environment.get("DATABASE_URL", "")
    wanted = "a URI such as postgresql://USER:PASSWORD@HOST:5432/DATABASE, special characters percent-encoded"
    if not value.startswith(("postgres://", "postgresql://")):
        state = "is not set" if not value else "is not a Postgres URI"
        raise ConfigError(f"environment: DATABASE_URL {state}; it must be {wanted}")
    try:
        parts = urlsplit(value)
        query = [(key, text) for key, text in parse_qsl(parts.query) if key != "__extra__"]
        url = urlunsplit(parts._replace(query=urlencode(query)))
        conninfo_to_dict(url)
    except (ValueError, psycopg.ProgrammingError):
        raise ConfigError(f"environment: DATABASE_URL cannot be parsed; it must be {wanted}") from None
    return url


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Raise TimeoutError in the block after this many seconds, whatever it waits for.

    A socket timeout limits only each single read; a server that sends a byte now and then would block us forever.
    """

    def stop(_signal: int, _frame: object) -> None:
        raise TimeoutError(f"no complete response within {seconds:g} s")

    previous = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def download(url: str, timeout_seconds: float) -> tuple[bytes, dict[str, str]]:
    """Return the body and the headers of the response; raises FeedError."""
    request = urllib.request.Request(url, headers={"User-Agent": "news_fetcher/1.0", "Accept": "*/*"})  # noqa: S310  # load_config allows http and https only
    try:
        with (
            deadline(timeout_seconds),
            urllib.request.urlopen(request, timeout=timeout_seconds) as response,  # noqa: S310  # as above
        ):
            body = response.read(MAX_FEED_BYTES + 1)
            headers = {key.lower(): value for key, value in response.headers.items()}
            headers["content-location"] = response.url
    except urllib.error.HTTPError as error:
        raise FeedError(f"HTTP {error.code} {error.reason}") from error
    except urllib.error.URLError as error:
        raise FeedError(str(error.reason)) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise FeedError(str(error) or type(error).__name__) from error
    if len(body) > MAX_FEED_BYTES:
        raise FeedError(f"larger than {MAX_FEED_BYTES} bytes")
    return body, headers


def parse_feed(body: bytes, headers: dict[str, str]) -> list[Link]:
    """Return the links of an RSS or Atom document, each once; raises FeedError."""
    parsed = feedparser.parse(body, response_headers=headers)
    # An empty document has no `version` at all.
    if not parsed.get("version") and not parsed.entries:
        raise FeedError("is neither RSS nor Atom")
    links: dict[str, Link] = {}
    for entry in parsed.entries:
        url = _text(entry.get("link"))
        if urlsplit(url).scheme in {"http", "https"}:
            # Feeds list the newest entries first.
            links.setdefault(url, Link(url, _text(entry.get("title"))[:MAX_TEXT], _published(entry)))
    if parsed.bozo and not links:
        raise FeedError(f"cannot be parsed: {parsed.bozo_exception}")
    return list(links.values())


def _text(value: Any) -> str:
    """Return one line of text without the NUL that Postgres refuses."""
    return " ".join(str(value or "").replace("\0", "").split())


def _published(entry: Any) -> datetime | None:
    """Return when the entry was published, else when it was updated; feedparser gives both in UTC."""
    moment = entry.get("published_parsed") or entry.get("updated_parsed")
    try:
        return datetime.fromtimestamp(calendar.timegm(moment), UTC) if moment else None
    except (OverflowError, ValueError, OSError):
        return None


def store(connection: psycopg.Connection, feed: Feed, links: Sequence[Link], now: datetime) -> int:
    """Write a feed's links in one transaction and return how many were new."""
    new = 0
    with connection.transaction(), connection.cursor() as cursor:
        for link in links:
            row = {
                "url": link.url,
                "feed_url": feed.url,
                "title": link.title,
                "published_at": link.published_at,
                "now": now,
                "expires_at": now + feed.expire_after,
            }
            inserted = cursor.execute(UPSERT, row).fetchone()
            new += bool(inserted and inserted[0])
    return new


def run(config: Config, connection: psycopg.Connection, now: datetime) -> dict[str, Any]:
    """Fetch and store all feeds, one after the other; a feed that fails does not stop the others.

    Returns:
        The summary: how many feeds were read, links seen and links new, and which feeds failed and why.
    """
    connection.execute(CREATE_TABLE)
    failed: list[dict[str, str]] = []
    seen = new = 0
    for feed in config.feeds:
        try:
            links = parse_feed(*download(feed.url, config.timeout_seconds))
        except FeedError as error:
            log.warning("%s: %s", feed.url, error)
            failed.append({"url": feed.url, "error": _text(error)[:200]})
            continue
        added = store(connection, feed, links, now)
        log.info("%s: %d links, %d new", feed.url, len(links), added)
        seen += len(links)
        new += added
    return {"feeds_ok": len(config.feeds) - len(failed), "links_seen": seen, "links_new": new, "failed": failed}


def summary_line(summary: dict[str, Any]) -> str:
    """Return the summary as one line of JSON that a pipe passes on in one piece.

    If too many feeds failed to list them all, `failed_not_listed` counts the rest.
    """
    listed = list(summary["failed"])
    while True:
        omitted = len(summary["failed"]) - len(listed)
        shown = {**summary, "failed": listed, **({"failed_not_listed": omitted} if omitted else {})}
        line = json.dumps(shown, separators=(", ", ": ")) + "\n"
        if len(line.encode()) <= MAX_SUMMARY_BYTES or not listed:
            return line
        listed.pop()


def main(arguments: Sequence[str]) -> int:
    """Run as a program.

    Returns:
        0, even if some feeds failed; 1 if all failed or the database cannot be used; 2 for a wrong configuration.
    """
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(levelname)s %(message)s")
    try:
        config = load_config(Path(arguments[0]) if arguments else DEFAULT_CONFIG)
        url = database_url(dict(os.environ))
    except ConfigError as error:
        log.error("%s", error)  # noqa: TRY400  # the error text is the message; a traceback would only hide it
        return 2
    try:
        with psycopg.connect(url, connect_timeout=10, autocommit=True) as connection:
            summary = run(config, connection, datetime.now(UTC))
    except psycopg.Error as error:
        log.error("database: %s", _text(error))  # noqa: TRY400  # as above
        return 1
    sys.stderr.flush()
    time.sleep(SETTLE_SECONDS)
    sys.stdout.write(summary_line(summary))
    sys.stdout.flush()
    return 0 if summary["feeds_ok"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
