"""The program of the example's image, run as in a container: real HTTP answers, a real Postgres if one is installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = ROOT / "examples" / "news_fetcher" / "news_fetcher.py"
FEEDS = Path(__file__).parent / "feeds"
PASSWORD = "p@ss/w:rd %41#?"

sys.path.insert(0, str(PROGRAM.parent))
import news_fetcher as nf  # noqa: E402  # the path above leads to it


class Handler(BaseHTTPRequestHandler):
    """Serve the feed files, and simulate the ways in which a server can fail."""

    def do_GET(self) -> None:  # http.server requires this name
        feed = FEEDS / self.path.lstrip("/")
        if self.path == "/slow":
            self._trickle()
        elif self.path == "/page.html":
            self._answer(200, b"<html><body>Not a feed</body></html>", "text/html")
        elif self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/rss20.xml")
            self.end_headers()
        elif feed.is_file():
            self._answer(200, feed.read_bytes(), "application/xml")
        else:
            self._answer(404, b"", "text/plain")

    def _answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _trickle(self) -> None:
        """Send a byte every tenth of a second, so that no single read times out."""
        self.send_response(200)
        self.end_headers()
        try:
            for _ in range(300):
                self.wfile.write(b" ")
                time.sleep(0.1)
        except OSError:
            pass

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture(scope="module")
def feeds() -> Iterator[str]:
    """Base URL of a feed server on loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def postgres_programs() -> Path | None:
    """Directory of the newest installed Postgres programs, which Debian does not put on PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[4]))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


@contextmanager
def running_postgres(directory: Path) -> Iterator[str]:
    """Run a temporary Postgres with a socket in its directory; yield its URI in the form that Airflow renders."""
    programs = postgres_programs()
    if programs is None:
        pytest.skip("no Postgres is installed here; molecule/default writes into a real one")
    user: dict[str, Any] = {}
    if os.geteuid() == 0:
        # Postgres refuses to run as root. Debian's package creates this user; it needs access to the directory.
        shutil.chown(directory, "postgres")
        user = {"user": "postgres", "group": "postgres", "extra_groups": []}
    secret = directory / "password"
    secret.write_text(PASSWORD, encoding="utf-8")
    data = directory / "data"
    options = ["--auth=scram-sha-256", "--username=news", f"--pwfile={secret}", "--encoding=UTF8", "--no-sync"]
    subprocess.run([programs / "initdb", "-D", data, *options], check=True, capture_output=True, cwd=directory, **user)
    settings = ["-c", "listen_addresses=", "-c", "fsync=off", "-k", str(directory)]
    server = subprocess.Popen([programs / "postgres", "-D", data, *settings], stderr=subprocess.DEVNULL, **user)
    url = f"postgres://news:{quote(PASSWORD, safe='')}@{quote(str(directory), safe='')}/postgres"
    try:
        for _ in range(100):
            try:
                psycopg.connect(url).close()
                break
            except psycopg.OperationalError:
                time.sleep(0.1)
        yield url
    finally:
        server.terminate()
        server.wait()


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    # Not below pytest's directory, which each pytest that starts closes to other users.
    with tempfile.TemporaryDirectory(prefix="postgres-") as directory, running_postgres(Path(directory)) as url:
        yield url


@pytest.fixture
def empty(database: str) -> str:
    with psycopg.connect(database) as connection:
        connection.execute("DROP TABLE IF EXISTS links")
    return database


def call(config: dict[str, Any] | str, tmp_path: Path, url: str | None) -> subprocess.CompletedProcess[str]:
    """Run the program as its image does."""
    path = tmp_path / "config.json"
    path.write_text(config if isinstance(config, str) else json.dumps(config), encoding="utf-8")
    environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    if url is not None:
        environment["DATABASE_URL"] = url
    argv = [sys.executable, str(PROGRAM), str(path)]
    return subprocess.run(argv, check=False, capture_output=True, text=True, env=environment, timeout=60)


def rows(url: str) -> dict[str, dict[str, Any]]:
    with psycopg.connect(url, row_factory=psycopg.rows.dict_row) as connection:
        return {row["url"]: row for row in connection.execute("SELECT * FROM links")}


class TestConfig:
    @pytest.mark.parametrize(
        ("data", "message"),
        [
            ([], "the file: must be an object"),
            ({}, "feeds: must be a list"),
            ({"feeds": []}, "feeds: must be a list with at least one entry"),
            ({"feeds": [{"url": "http://a"}], "expire": 1}, "unknown key 'expire'; the keys are expire_after_hours"),
            ({"feeds": ["http://a"]}, "feeds[0]: must be an object"),
            ({"feeds": [{"url": "file:///etc/passwd"}]}, "feeds[0].url: 'file:///etc/passwd' must be an http://"),
            ({"feeds": [{"link": "http://a"}]}, "feeds[0]: unknown key 'link'"),
            ({"feeds": [{}]}, "feeds[0].url: None must be an http:// or https:// address"),
            ({"feeds": [{"url": "https://me:pw@a/"}]}, "feeds[0].url: must not contain a user or password"),
            ({"feeds": [{"url": "http://a"}, {"url": "http://a"}]}, "http://a is listed more than once"),
            ({"feeds": [{"url": "http://a", "expire_after_hours": 0}]}, "feeds[0].expire_after_hours: 0 must be"),
            ({"feeds": [{"url": "http://a"}], "expire_after_hours": "72"}, "expire_after_hours: '72' must be a number"),
            ({"feeds": [{"url": "http://a"}], "timeout_seconds": True}, "timeout_seconds: True must be a number"),
        ],
    )
    def test_wrong_content_is_refused(self, data: Any, message: str) -> None:
        with pytest.raises(nf.ConfigError) as error:
            nf.parse_config(data)
        assert message in str(error.value)

    def test_a_feed_has_its_own_expiry_or_the_common_one(self) -> None:
        data = {"feeds": [{"url": "http://a", "expire_after_hours": 1.5}, {"url": "http://b"}], "expire_after_hours": 2}
        assert [feed.expire_after for feed in nf.parse_config(data).feeds] == [timedelta(hours=1.5), timedelta(hours=2)]

    def test_the_sample_is_valid(self) -> None:
        assert nf.load_config(PROGRAM.parent / "config.json").feeds

    def test_a_missing_file_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(nf.ConfigError, match=r"nowhere\.json: cannot be read"):
            nf.load_config(tmp_path / "nowhere.json")


class TestDatabaseUrl:
    @pytest.mark.parametrize(
        ("value", "wanted"),
        [
            ("postgres://u:p%40@h:5432/d", "postgres://u:p%40@h:5432/d"),
            ("postgresql://u:p@h/d?sslmode=require", "postgresql://u:p@h/d?sslmode=require"),
            ("postgres://u:p@h/d?__extra__=%7B%22a%22%3A+%7B%7D%7D", "postgres://u:p@h/d"),
        ],
    )
    def test_uris_rendered_by_airflow_are_accepted(self, value: str, wanted: str) -> None:
        assert nf.database_url({"DATABASE_URL": value}) == wanted

    @pytest.mark.parametrize(
        "value", ["", "mysql://u:hidden@h/d", "postgres://u:hidden%zz@h/d", "postgres://h/d?hidden=1"]
    )
    def test_other_uris_are_refused_and_not_printed(self, value: str) -> None:
        with pytest.raises(nf.ConfigError) as error:
            nf.database_url({"DATABASE_URL": value})
        assert "hidden" not in str(error.value)
        assert "postgresql://USER:PASSWORD@HOST" in str(error.value)


class TestFeeds:
    def test_rss(self) -> None:
        links = nf.parse_feed((FEEDS / "rss20.xml").read_bytes(), {"content-type": "application/rss+xml"})
        assert [link.url for link in links] == ["https://example.org/ramp", "https://example.org/night"]
        assert links[1] == nf.Link("https://example.org/night", "Tram 7 & 8: <night service>", None)

    def test_atom_with_a_relative_link(self) -> None:
        headers = {"content-type": "application/atom+xml", "content-location": "https://example.org/feeds/atom.xml"}
        links = nf.parse_feed((FEEDS / "atom10.xml").read_bytes(), headers)
        published = datetime(2025, 3, 5, 12, tzinfo=UTC)
        assert links == [nf.Link("https://example.org/bahn", "Straßenbahn fährt wieder", published)]

    @pytest.mark.parametrize("body", [b"", b"plain text", b"<html><body><p>hello</p></body></html>"])
    def test_a_document_that_is_not_a_feed_is_refused(self, body: bytes) -> None:
        with pytest.raises(nf.FeedError):
            nf.parse_feed(body, {"content-type": "text/html"})

    def test_a_feed_that_is_too_large_is_refused(self, feeds: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(nf, "MAX_FEED_BYTES", 10)
        with pytest.raises(nf.FeedError, match="larger than 10 bytes"):
            nf.download(f"{feeds}/rss20.xml", 5)

    def test_a_response_that_never_ends_times_out(self, feeds: str) -> None:
        started = time.monotonic()
        with pytest.raises(nf.FeedError, match=r"no complete response within 0\.5 s"):
            nf.download(f"{feeds}/slow", 0.5)
        assert time.monotonic() - started < 2

    def test_a_closed_port_is_a_feed_error(self) -> None:
        with pytest.raises(nf.FeedError, match="refused"):
            nf.download("http://127.0.0.1:1/", 5)


class TestSummary:
    def test_is_one_line_of_json(self) -> None:
        summary = {"feeds_ok": 1, "links_seen": 2, "links_new": 1, "failed": [{"url": "http://a", "error": "x"}]}
        assert json.loads(nf.summary_line(summary)) == summary

    def test_stays_complete_however_many_feeds_fail(self) -> None:
        failed = [{"url": f"http://example.org/{number}", "error": "e" * 200} for number in range(500)]
        line = nf.summary_line({"feeds_ok": 0, "links_seen": 0, "links_new": 0, "failed": failed})
        assert len(line.encode()) <= nf.MAX_SUMMARY_BYTES
        assert len(json.loads(line)["failed"]) + json.loads(line)["failed_not_listed"] == 500


class TestProgram:
    def test_writes_links_and_ends_with_the_summary(self, feeds: str, empty: str, tmp_path: Path) -> None:
        config = {"feeds": [{"url": f"{feeds}/rss20.xml", "expire_after_hours": 1}, {"url": f"{feeds}/atom10.xml"}]}
        done = call(config, tmp_path, empty)
        assert done.returncode == 0, done.stderr
        assert done.stdout.count("\n") == 1
        assert json.loads(done.stdout) == {"feeds_ok": 2, "links_seen": 3, "links_new": 3, "failed": []}
        found = rows(empty)
        ramp = found["https://example.org/ramp"]
        assert ramp["title"] == "New ramp opened"
        assert ramp["feed_url"] == f"{feeds}/rss20.xml"
        assert ramp["published_at"] == datetime(2025, 3, 4, 8, 30, tzinfo=UTC)
        assert ramp["expires_at"] - ramp["fetched_at"] == timedelta(hours=1)
        assert found[f"{feeds}/bahn"]["expires_at"] - found[f"{feeds}/bahn"]["fetched_at"] == timedelta(hours=168)

    def test_a_second_run_keeps_the_first_seen_time_of_a_link(self, feeds: str, empty: str, tmp_path: Path) -> None:
        config = {"feeds": [{"url": f"{feeds}/rss20.xml"}]}
        call(config, tmp_path, empty)
        before = rows(empty)
        with psycopg.connect(empty) as connection:
            connection.execute("UPDATE links SET title = 'old'")
        done = call(config, tmp_path, empty)
        after = rows(empty)
        assert json.loads(done.stdout) == {"feeds_ok": 1, "links_seen": 2, "links_new": 0, "failed": []}
        for url, row in after.items():
            assert (row["title"], row["fetched_at"]) == (before[url]["title"], before[url]["fetched_at"])
            assert row["expires_at"] > before[url]["expires_at"]

    def test_some_failed_feeds_are_listed(self, feeds: str, empty: str, tmp_path: Path) -> None:
        config = {
            "feeds": [{"url": f"{feeds}/{name}"} for name in ("moved", "none", "page.html")],
            "timeout_seconds": 5,
        }
        done = call(config, tmp_path, empty)
        summary = json.loads(done.stdout)
        assert done.returncode == 0
        assert (summary["feeds_ok"], summary["links_new"]) == (1, 2)
        assert [entry["error"] for entry in summary["failed"]] == ["HTTP 404 Not Found", "is neither RSS nor Atom"]

    def test_fails_when_every_feed_failed(self, feeds: str, empty: str, tmp_path: Path) -> None:
        done = call({"feeds": [{"url": f"{feeds}/none"}]}, tmp_path, empty)
        assert done.returncode == 1
        assert json.loads(done.stdout)["feeds_ok"] == 0

    def test_no_password_is_printed_when_the_database_refuses(self, empty: str, tmp_path: Path) -> None:
        url = empty.replace(quote(PASSWORD, safe=""), "wr%2Fng")
        done = call({"feeds": [{"url": "http://127.0.0.1:1/"}]}, tmp_path, url)
        assert done.returncode == 1
        assert "database: " in done.stderr
        assert not {text for text in ("wr%2Fng", "wr/ng") if text in done.stdout + done.stderr}

    @pytest.mark.parametrize(
        ("config", "url", "message"),
        [
            ("{", "postgres://h/d", "config.json: is not JSON"),
            ({"feeds": [{"url": "http://a"}]}, None, "DATABASE_URL is not set"),
        ],
    )
    def test_wrong_configuration_ends_with_2(self, config: Any, url: str | None, message: str, tmp_path: Path) -> None:
        done = call(config, tmp_path, url)
        assert (done.returncode, done.stdout) == (2, "")
        assert message in done.stderr
        assert "Traceback" not in done.stderr
