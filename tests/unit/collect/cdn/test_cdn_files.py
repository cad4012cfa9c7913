from __future__ import annotations

import gzip
from typing import Any

import msgspec
import pytest

from headgate.browser import BrowserFile, BrowserFiles, NotBuilt
from headgate.collect.answers import Answer, Response
from headgate.collect.cdn.files import CdnFiles, takes_gzip
from headgate.collect.cdn.plugins import Plugins
from headgate.collect.heads import Head, read_head
from headgate.collect.request import Request
from headgate.store.snapshot import Snapshot, Source

LIBRARY = "/analytics.js/v1/wk_site/analytics.min.js"
PART = "/analytics-next/bundles/part.bundle.0123.js"


class Files(BrowserFiles):
    """A library and one part, in memory."""

    def __init__(self) -> None:
        super().__init__({}, b'start("__WRITE_KEY__")')

    def file(self, path: str) -> BrowserFile | None:
        return BrowserFile(b"part", gzip.compress(b"part")) if path == PART else None


class Given:
    """The place of an answer."""

    def __init__(self) -> None:
        self.answer: Answer | Response | None = None

    def send(self, answer: Answer) -> None:
        self.answer = answer

    respond = send


def source(number: int, key: str, *, enabled: bool = True) -> Source:
    return Source(
        number=number,
        id=f"src{number}",
        workspace="w",
        slug=f"source-{number}",
        name="A source",
        enabled=enabled,
        answers="strict",
        write_keys=(key,),
    )


@pytest.fixture
def cdn() -> CdnFiles:
    made = CdnFiles(Plugins(), Files)
    sources = {1: source(1, "wk_site"), 2: source(2, "wk_off", enabled=False)}
    made.configure(Snapshot(1, sources, {}))
    return made


def ask(cdn: CdnFiles, path: str, *fields: str, method: str = "GET") -> Any:
    lines = [f"{method} {path} HTTP/1.1", "Host: cdn.example.org", *fields, "", ""]
    head = read_head("\r\n".join(lines).encode())
    assert isinstance(head, Head)
    given = Given()
    cdn.take(Request(head, b"", "203.0.113.7"), given)  # type: ignore[arg-type]
    assert given.answer is not None
    return given.answer


def field(response: Response, name: bytes) -> bytes | None:
    return dict(response.headers).get(name)


def code(answer: Answer) -> str:
    return str(msgspec.json.decode(answer.body)["code"])


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_library_is_that_of_the_source(cdn: CdnFiles, method: str) -> None:
    response = ask(cdn, LIBRARY, method=method)
    assert (response.status, response.body) == (200, b'start("wk_site")')


def test_the_older_path_of_the_library_leads_to_the_same(cdn: CdnFiles) -> None:
    older = ask(cdn, "/analytics.js/v1/wk_site/platform/analytics.min.js")
    assert older == ask(cdn, LIBRARY)


def test_every_file_says_that_it_is_a_script_for_every_page(cdn: CdnFiles) -> None:
    for path in (LIBRARY, PART):
        response = ask(cdn, path)
        assert field(response, b"Content-Type") == b"text/javascript; charset=utf-8"
        assert field(response, b"X-Content-Type-Options") == b"nosniff"
        assert field(response, b"Cross-Origin-Resource-Policy") == b"cross-origin"


def test_what_has_its_hash_in_its_name_is_kept_for_ever(cdn: CdnFiles) -> None:
    assert field(ask(cdn, PART), b"Cache-Control") == b"public, max-age=31536000, immutable"


def test_the_library_is_kept_for_minutes_and_then_asked_for_by_its_tag(cdn: CdnFiles) -> None:
    first = ask(cdn, LIBRARY)
    assert field(first, b"Cache-Control") == b"public, max-age=300"
    tag = field(first, b"ETag")
    assert tag is not None
    again = ask(cdn, LIBRARY, f"If-None-Match: {tag.decode()}")
    assert (again.status, again.body, field(again, b"ETag")) == (304, b"", tag)


@pytest.mark.parametrize("known", ['"other"', 'W/"other", "others"'])
def test_a_tag_of_something_else_brings_the_library(cdn: CdnFiles, known: str) -> None:
    assert ask(cdn, LIBRARY, f"If-None-Match: {known}").status == 200


def test_tags_in_a_list_and_the_star_are_understood(cdn: CdnFiles) -> None:
    tag = (field(ask(cdn, LIBRARY), b"ETag") or b"").decode()
    assert ask(cdn, LIBRARY, f'If-None-Match: "other", {tag}').status == 304
    assert ask(cdn, LIBRARY, f"If-None-Match: {tag.removeprefix('W/')}").status == 304
    assert ask(cdn, LIBRARY, "If-None-Match: *").status == 304


@pytest.mark.parametrize("path", [LIBRARY, PART])
def test_files_are_compressed_for_those_that_can_read_it(cdn: CdnFiles, path: str) -> None:
    plain, gzipped = ask(cdn, path), ask(cdn, path, "Accept-Encoding: gzip, deflate, br, zstd")
    assert field(plain, b"Content-Encoding") is None
    assert field(gzipped, b"Content-Encoding") == b"gzip"
    assert gzip.decompress(gzipped.body) == plain.body
    assert field(plain, b"Vary") == field(gzipped, b"Vary") == b"Accept-Encoding"


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        (b"gzip, deflate, br, zstd", True),
        (b"br;q=1.0, gzip;q=0.8", True),
        (b"GZIP", True),
        (b"*", True),
        (b"", False),
        (b"identity", False),
        (b"br", False),
        (b"gzip;q=0", False),
        (b"gzip; q=0.000, *", False),
        (b"*;q=0", False),
    ],
)
def test_gzip_is_used_where_it_is_accepted(accepted: bytes, *, expected: bool) -> None:
    assert takes_gzip(accepted) is expected


def test_an_unknown_write_key_has_no_library(cdn: CdnFiles) -> None:
    answer = ask(cdn, "/analytics.js/v1/wk_other/analytics.min.js")
    assert (answer.status, code(answer)) == (404, "unknown_source")


def test_a_source_that_is_disabled_has_no_library(cdn: CdnFiles) -> None:
    """Pages load nothing then, instead of a library whose every event would be refused."""
    answer = ask(cdn, "/analytics.js/v1/wk_off/analytics.min.js")
    assert (answer.status, code(answer)) == (403, "source_disabled")


def test_a_snapshot_is_in_force_from_the_next_request_on(cdn: CdnFiles) -> None:
    cdn.configure(Snapshot(2, {3: source(3, "wk_new")}, {}))
    assert ask(cdn, LIBRARY).status == 404
    assert ask(cdn, "/analytics.js/v1/wk_new/analytics.min.js").body == b'start("wk_new")'


@pytest.mark.parametrize(
    "path",
    [
        "/analytics.js/v1/wk_site/analytics.classic.js",
        "/analytics.js/v1/wk_site/analytics.min.js/",
        "/analytics.js/v1//analytics.min.js",
        "/analytics-next/bundles/part.bundle.0124.js",
        "/analytics-next/bundles/%70art.bundle.0123.js",
        "/analytics-next/bundles/../../catalogue.json",
        "/analytics-next/../../../../etc/passwd",
        "/next-integrations/actions/",
        "/next-integrations/integrations/vendor/1.0.0/vendor.dynamic.js.gz",
        "/analytics-next/bundles/\xff.js",
    ],
)
def test_any_other_path_leads_nowhere(cdn: CdnFiles, path: str) -> None:
    answer = ask(cdn, path)
    assert (answer.status, code(answer)) == (404, "not_found")


def test_files_are_not_for_sending(cdn: CdnFiles) -> None:
    assert ask(cdn, PART, method="POST").status == 405


def test_what_is_not_built_is_unavailable_until_it_is() -> None:
    built: list[Files] = []

    def load() -> BrowserFiles:
        if not built:
            raise NotBuilt("The files for browsers are not built: run it.")
        return built[0]

    cdn = CdnFiles(Plugins(), load)
    cdn.configure(Snapshot(1, {1: source(1, "wk_site")}, {}))
    for path in (LIBRARY, PART):
        answer = ask(cdn, path)
        assert (answer.status, code(answer), answer.retry_after) == (503, "unavailable", 60)
        assert "not built: run it" in answer.body.decode()
    built.append(Files())
    assert ask(cdn, LIBRARY).status == ask(cdn, PART).status == 200
