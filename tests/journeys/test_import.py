"""From a workspace at Segment to events that flow here: import, dry run, apply, deliver."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from tests.harness.checks import check
from tests.harness.commands import Said, commands
from tests.harness.receiver import SECRET
from tests.harness.segment import (
    TOKEN,
    Answer,
    Segment,
    destination,
    filter_of,
    refusal,
    segment,
    source,
    subscription,
    workspace,
)
from tests.harness.sending import fresh, post, send, track
from tests.harness.system import CommandFailed

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness.fixtures import Start
    from tests.harness.receiver import Receiver

VARIABLE = "HEADGATE_SECRET_WEBSITE_WEBHOOK_SHAREDSECRET"


def imports(folder: Path, of: Segment, *options: str, token: str = TOKEN) -> Said:
    environ = {"SEGMENT_TOKEN": token, "HEADGATE_EGRESS_ALLOW": "127.0.0.0/8"}
    words = ["import", "segment", "--url", of.url, "--output", "segment.yaml", *options]
    return commands(words, folder, environ)


def says(url: str) -> dict[str, Any]:
    """Three sources on two pages; one webhook with a filter, and what cannot come along."""
    keys = {"writeKeys": ["wk_website"]}
    mapping = {"url": url, "data": {"@path": "$."}, "enable_batching": False}
    return {
        **workspace(
            sources=[source("s1", "website", **keys), *(source(f"s{n}", f"app-{n}") for n in "23")],
            destinations=[
                destination("d1"),
                destination("d2", metadata={"id": "x", "name": "Facebook Pixel", "slug": "pixel"}),
                destination("d3", "s2", enabled=False),
            ],
            trackingPlans=[{"id": "tp_1", "name": "Main"}],
        ),
        "/destinations/d1/subscriptions": [
            subscription("a", settings=mapping),
            subscription("b", name="Unreadable", settings={"url": {"@nope": 1}}),
        ],
        "/destination/d1/filters": [filter_of("f1")],
    }


def test_what_is_imported_delivers(start: Start, receiver: Receiver, tmp_path: Path) -> None:
    headgate = start()
    with segment(says(receiver.url("/hook"))) as there:
        slow = Answer(429, {"errors": [{"type": "rate"}]}, (("Retry-After", "1"),))
        there.first["/destinations"] = [slow]
        said = imports(tmp_path, there)
        assert (said.code, said.err.count("429")) == (0, 1), said
        assert [each.cursor for each in there.asked if each.path == "/sources"] == ["", "at-2"]
        assert {each.authorization for each in there.asked} == {f"Bearer {TOKEN}"}
    report, file = said.out.decode(), tmp_path / "segment.yaml"
    for line in (VARIABLE, "'Facebook Pixel'", "'Unreadable'", "'Main'", "sources 3"):
        assert line in report
    assert TOKEN not in report + said.err + file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600

    with pytest.raises(CommandFailed, match=VARIABLE):
        headgate.apply(file.read_text(), "--dry-run")
    secrets = {VARIABLE: SECRET, "HEADGATE_SECRET_APP_2_WEBHOOK_SHAREDSECRET": "another"}
    planned = headgate.apply(file.read_text(), "--dry-run", environ=secrets)
    assert "website-webhook" in planned
    assert "dry run" in planned
    assert "In force" in headgate.apply(file.read_text(), environ=secrets)
    assert headgate.apply(file.read_text()) == "Nothing to change.\n"

    url, sent, kept_back = headgate.ready.collect, fresh(20), fresh(5)
    secret = [track(message_id, event="Secret") for message_id in kept_back]
    assert post(url, "/v1/batch", {"batch": secret}, "wk_website").status == 200
    send(url, sent, "wk_website")
    taken = receiver.wait(20, "/hook")
    assert {each.message_id for each in taken} == set(sent)
    assert {each.signed for each in taken} == {"valid"}
    webhook = {"website-webhook": taken}
    checked = check(headgate, acknowledged=[*sent, *kept_back], taken=webhook)
    row = checked.rows["website-webhook"]
    assert (row.delivered, row.filtered) == (20, 5)
    assert (row.reasons or {})["filtered"] == {"filter: Filter f1": 5}


def test_a_report_for_programs_says_the_same(tmp_path: Path) -> None:
    with segment(says("https://example.com/")) as there:
        said = imports(tmp_path, there, "--json")
    report = msgspec.json.decode(said.out)
    assert report["carried"] == {
        "sources": 3,
        "connections": 2,
        "subscriptions": 1,
        "filters": 1,
    }
    assert report["secrets"][0]["variable"] == VARIABLE
    assert [(each["what"], each["name"]) for each in report["left_out"]] == [
        ("destination", "Facebook Pixel"),
        ("tracking plan", "Main"),
        ("subscription", "Unreadable"),
    ]


@pytest.mark.parametrize(
    ("path", "answer", "expected"),
    [
        ("/", Answer(200, "<html>Not Segment</html>"), "is --url right?"),
        ("/sources", Answer(200, {"data": {"sources": [{"id": 1}]}}), "is --url right?"),
        ("/destinations", refusal(401, TOKEN), "--token-env"),
        ("/destinations", Answer(302, {}, (("Location", "http://127.0.0.1:1/"),)), "302"),
        ("/sources", Answer(429, {}, (("Retry-After", "3600"),)), "import again then"),
    ],
)
def test_control_what_is_no_answer_of_segment_writes_no_file(
    tmp_path: Path, path: str, answer: Answer, expected: str
) -> None:
    with segment(says("https://example.com/")) as there:
        there.first[path] = [answer]
        said = imports(tmp_path, there)
    assert (said.code, said.out) == (1, b"")
    assert expected in said.err
    assert (said.err.count("\n"), "Traceback" in said.err, TOKEN in said.err) == (1, False, False)
    assert list(tmp_path.iterdir()) == []


def test_a_token_is_never_said_even_where_it_is_given_for_its_name(tmp_path: Path) -> None:
    with segment(says("https://example.com/")) as there:
        for options in (("--token-env", TOKEN), ("--token-env", "NOT_SET")):
            said = imports(tmp_path, there, *options)
            assert (said.code, TOKEN in said.out.decode() + said.err) == (2, False)
        assert there.asked == []
        (tmp_path / "segment.yaml").write_text("mine")
        said = imports(tmp_path, there)
        assert (said.code, "there already" in said.err, there.asked) == (1, True, [])
        said = imports(tmp_path, there, "--output", "not/there.yaml")
        assert (said.code, "is no folder" in said.err, there.asked) == (1, True, [])
    assert (tmp_path / "segment.yaml").read_text() == "mine"
