from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from headgate.cli.destination import recording, report, trying
from headgate.cli.destination.customer import customer
from headgate.cli.destination.given import mapping_of
from headgate.cli.destination.loading import load
from headgate.cli.destination.recording import imagined, performed
from headgate.cli.failures import Failed
from headgate.kit import Destination, Http, OAuth2, Payload, Response, Settings, field
from headgate.kit.errors import TransportError
from headgate.kit.testing.recordings import read
from tests.unit.kit.engine import Answers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from headgate.cli.destination.report import Report
    from headgate.cli.destination.trying import Task
    from headgate.kit import Transport

KEY, PIN = "key-7f3a/9c", "pin-51d0"


class Nothing(Payload):
    it: str | None = field("It")


def event(**properties: str) -> dict[str, Any]:
    return {"type": "track", "userId": "u-1", "properties": {"pin": PIN, **properties}}


def task(acme: Path, *events: dict[str, Any], mapping: dict[str, Any] | None = None) -> Task:
    destination = load(str(acme))
    action = destination.actions["sendHit"]
    made = customer(destination, {"apiKey": KEY, "region": "eu"}, {})
    stored = mapping_of(action, None) | (mapping or {})
    return trying.task(destination, action, list(events), stored, made)


async def told(given: Task, *answers: Response | TransportError) -> Report:
    done = await trying.run(given, Answers(*answers))
    return report.Report(
        destination="Acme",
        action="sendHit",
        sent=True,
        results=done.results,
        exchanges=done.exchanges,
    )


def shown(of: Report) -> str:
    """All that a person or a program may see of it."""
    return "\n".join(report.lines(of)) + msgspec.json.encode(of).decode()


async def test_payload_request_and_answer_are_shown_without_secrets(acme: Path) -> None:
    answer = Response(201, (("Set-Cookie", "x=1"), ("X-It", PIN)), b'{"echo": "key-7f3a/9c"}')
    of = await told(task(acme, event()), answer)
    assert of.is_delivered
    assert of.results[0].payload == {"user": "u-1", "pin": "***"}
    (passed,) = of.exchanges
    assert (passed.request.method, passed.request.url) == (
        "POST",
        "https://api.example.com/hits?key=***",
    )
    assert passed.request.body == {"user": "u-1", "pin": "***"}
    assert passed.response is not None
    assert passed.response.headers == {"Set-Cookie": "***", "X-It": "***"}
    assert passed.response.body == {"echo": "***"}
    text = shown(of)
    assert "POST https://api.example.com/hits?key=***" in text
    assert "answer 201" in text
    assert text.count("delivered") == 2
    for form in (KEY, PIN, "key-7f3a%2F9c"):
        assert form not in text


@pytest.mark.parametrize(
    ("kind", "outcome", "reason"),
    [
        ("odd", "discard", "*** is odd"),
        ("crash", "error", "KeyError: 'no ***' ("),
    ],
)
async def test_how_it_failed_is_told_without_secrets(
    kind: str, outcome: str, reason: str, acme: Path
) -> None:
    of = await told(task(acme, event(kind=kind)))
    assert not of.is_delivered
    assert of.results[0].outcome == outcome
    assert of.results[0].reason.startswith(reason)
    assert of.results[0].payload["kind"] == kind
    assert KEY not in shown(of)


async def test_a_fault_of_the_author_is_told_with_its_place(acme: Path) -> None:
    of = await told(task(acme, event(kind="crash")))
    line = (
        (acme / "__init__.py")
        .read_text()
        .splitlines()
        .index('        raise KeyError(f"no {account.api_key}")')
    )
    assert f"acme/__init__.py:{line + 1})" in of.results[0].reason


async def test_refusals_and_silence_are_told(acme: Path) -> None:
    refused = await told(task(acme, event()), Response(403, (), b"no"))
    assert refused.results[0].outcome == "disconnect"
    assert refused.exchanges[0].response is not None
    assert refused.exchanges[0].response.body == "no"
    silent = await told(task(acme, event()), TransportError(f"lost {KEY}", kind="reset"))
    assert silent.results[0].outcome == "retry"
    assert silent.exchanges[0].error == "reset: lost ***"
    assert "answer reset: lost ***" in shown(silent)


async def test_a_mapping_that_cannot_be_read_is_refused_before_anything_runs(acme: Path) -> None:
    with pytest.raises(Failed, match="the mapping of sendHit cannot be read"):
        task(acme, event(), mapping={"user": {"@nope": 1}})


async def test_a_mapping_may_be_one_of_segments(acme: Path) -> None:
    given = task(acme, event())
    stored = {**given.mapping, "user": {"@template": "{{{userId}}}"}}
    sly = {**event(), "userId": "{{messageId}}", "messageId": "m-7"}
    for fql, user in (("strict", "{{messageId}}"), ("compatible", "m-7")):
        made = trying.task(given.destination, given.action, [sly], stored, given.customer, fql)  # type: ignore[arg-type]
        assert user in shown(await told(made))


async def test_several_events_go_out_as_a_batch(acme: Path) -> None:
    of = await told(task(acme, event(), event()))
    assert [each.outcome for each in of.results] == ["delivered", "delivered"]
    (passed,) = of.exchanges
    assert passed.request.url.startswith("https://api.example.com/all")
    assert passed.request.body == ["u-1", "u-1"]


async def test_without_sending_nobody_is_asked(acme: Path) -> None:
    of = await trying.tried(task(acme, event()), sends=False)
    assert of.is_delivered
    assert not of.sent
    assert "nothing was sent" in shown(of)
    assert json.loads(msgspec.json.encode(of))["exchanges"][0]["response"]["body"] == {}


async def test_what_is_sent_passes_the_guard(acme: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = acme / "__init__.py"
    file.write_text(file.read_text().replace("https://api.example.com", "https://127.0.0.1"))
    monkeypatch.delenv("HEADGATE_EGRESS_ALLOW", raising=False)
    monkeypatch.chdir(acme.parent)
    of = await trying.tried(task(acme, event()), sends=True)
    assert of.results[0].outcome == "retry"
    assert of.exchanges[0].error.startswith("blocked: blocked: 127.0.0.1 is")
    with pytest.raises(Failed, match="nothing was recorded: blocked"):
        await performed(task(acme, event()), acme)
    assert not (acme / "recordings").exists()


async def test_a_recording_holds_stand_ins_for_secrets(acme: Path) -> None:
    kept = await imagined(task(acme, event()), acme, "own")
    assert kept.ended == ("delivered",)
    assert kept.file == acme / "recordings" / "sendHit-own.yaml"
    text = kept.file.read_text()
    assert KEY not in text
    assert PIN not in text
    written = read(kept.file, ["sendHit"])
    assert written.settings == {"apiKey": "redacted", "region": "eu"}
    assert written.mapping == {}
    assert [each.request.url for each in written.exchanges] == [
        "https://api.example.com/hits?key=redacted"
    ]


async def test_what_sends_nothing_is_not_recorded(acme: Path) -> None:
    with pytest.raises(Failed, match=r"sendHit sent no request: \*\*\* is odd"):
        await imagined(task(acme, event(kind="odd")), acme)


async def test_an_action_without_batches_takes_one_event() -> None:
    plain = Destination("Plain", settings=Settings, docs="https://example.com")

    @plain.action("Do")
    async def do(http: Http, payload: Nothing, _: Settings) -> Response:
        return await http.post("https://example.com", json=payload.it)

    with pytest.raises(Failed, match="do takes one event at a time, and 2 were given"):
        trying.task(plain, do, [event(), event()], {}, customer(plain, {}, {}))


async def test_a_refused_token_is_renewed_only_where_it_can_be() -> None:
    oauth = OAuth2(authorize="https://example.com/a", token="https://example.com/t")  # noqa: S106
    guarded = Destination("Guarded", settings=Settings, docs="https://example.com", auth=oauth)

    @guarded.action("Do")
    async def do(http: Http, payload: Nothing, _: Settings) -> Response:
        return await http.post("https://example.com", json=payload.it)

    given = {"access_token": "access-1", "refresh_token": "refresh-1"}
    client = {"client_id": "client-1", "client_secret": "secret-1"}
    refused, fresh = Response(401), Response(200, (), b'{"access_token": "access-2"}')
    alone = trying.task(guarded, do, [event()], {}, customer(guarded, given, {}))
    done = await trying.run(alone, Answers(refused, fresh))
    assert done.results[0].outcome == "disconnect"
    assert "HEADGATE_SETTING_REFRESH_TOKEN" in done.results[0].reason
    whole = trying.task(guarded, do, [event()], {}, customer(guarded, given | client, {}))
    done = await trying.run(whole, Answers(refused, fresh, Response(204)))
    assert [each.outcome for each in done.results] == ["delivered"]
    assert [each.response and each.response.status for each in done.exchanges] == [401, 204]
    assert whole.customer.access is not None
    assert {"access-1", "access-2", "secret-1"} <= set(whole.customer.access.secrets)
    said = msgspec.json.encode(done.exchanges).decode()
    for secret in ("access-1", "access-2", "refresh-1", "secret-1"):
        assert secret not in said


async def test_a_recording_begins_where_the_fresh_token_was_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    oauth = OAuth2(authorize="https://example.com/a", token="https://example.com/t")  # noqa: S106
    guarded = Destination("Guarded", settings=Settings, docs="https://example.com", auth=oauth)

    @guarded.action("Do")
    async def do(http: Http, payload: Nothing, _: Settings) -> Response:
        return await http.post("https://example.com", json=payload.it)

    given = {
        "access_token": "access-1",
        "refresh_token": "refresh-1",
        "client_id": "client-1",
        "client_secret": "secret-1",
    }
    api = Answers(Response(401), Response(200, (), b'{"access_token": "access-2"}'), Response(204))

    @asynccontextmanager
    async def transport(*, sends: bool) -> AsyncIterator[Transport]:
        assert sends
        yield api

    monkeypatch.setattr(recording, "transport", transport)
    one = trying.task(guarded, do, [event()], {}, customer(guarded, given, {}))
    kept = await performed(one, tmp_path)
    assert len(api.requests) == 3
    (exchange,) = read(kept.file, ["do"]).exchanges
    assert exchange.response is not None
    assert (exchange.response.status, kept.ended) == (204, ("delivered",))
    assert "access-" not in kept.file.read_text().replace("redacted-access", "")
