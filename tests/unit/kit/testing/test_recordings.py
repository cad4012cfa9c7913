from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from headgate.kit import Request, Response, Tokens
from headgate.kit.errors import TransportError
from headgate.kit.http.request import Exchange
from headgate.kit.testing.recordings import (
    MemoryTokens,
    Player,
    RecordedExchange,
    RecordedRequest,
    RecordedResponse,
    Recording,
    UnreadableRecording,
    Unrecorded,
    Unredactable,
    differences,
    dump,
    each,
    read,
    recorded,
    replay,
    write,
)
from tests.unit.kit.testing import acme

URL = "https://api.acme.example/v1/contacts"


def asked(**options: Any) -> Request:
    given = {"method": "POST", "url": URL, **options}
    return Request(given.pop("method"), given.pop("url"), **given)


def exchange(**request: Any) -> RecordedExchange:
    given = {"method": "POST", "url": URL, **request}
    return RecordedExchange(request=RecordedRequest(**given), response=RecordedResponse(status=200))


def saved(folder: Path, text: str, name: str = "save.yaml") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


class TestReading:
    def test_times_and_words_stay_text(self, tmp_path: Path) -> None:
        text = "event: {type: track, timestamp: 2026-01-02T03:04:05Z, on: 2026-01-02}"
        event = read(saved(tmp_path, text), ["save"]).event
        assert event == {"type": "track", "timestamp": "2026-01-02T03:04:05Z", "on": "2026-01-02"}

    @pytest.mark.parametrize(
        ("name", "action"),
        [
            ("save", "save"),
            ("save-well", "save"),
            ("save-all", "save-all"),
            ("save-all-2", "save-all"),
        ],
    )
    def test_a_name_says_the_action(self, name: str, action: str, tmp_path: Path) -> None:
        path = saved(tmp_path, "event: {}", f"{name}.yaml")
        assert read(path, ["save", "save-all"]).action == action

    @pytest.mark.parametrize(
        ("text", "complaint"),
        [
            ("event: {", "^save.yaml is no YAML"),
            ("- 1", "is no recording: Expected `object`"),
            ("event: 5", r"Expected `object \| null`, got `int` - at `\$.event`"),
            ("settings: {}", "needs one of event, events, forget and check: true"),
            ("{event: {}, check: true}", "needs one of event, events, forget and check: true"),
            ("{event: {}, exchange: []}", "unknown field `exchange`"),
            ("{event: {}, result: fine}", "Invalid enum value 'fine'"),
            ("{events: [{}, {}], results: [retry]}", "results must name the end of each"),
            ("{event: {}, delivery: {at: soon}}", "Invalid isoformat string: 'soon'"),
            (
                "{event: {}, exchanges: [{request: {method: GET, url: u}}]}",
                "needs a response or no_answer",
            ),
        ],
    )
    def test_what_is_no_recording_is_refused(
        self, text: str, complaint: str, tmp_path: Path
    ) -> None:
        with pytest.raises(UnreadableRecording, match=complaint) as caught:
            read(saved(tmp_path, text), ["save"])
        assert str(caught.value).startswith("save.yaml ")

    def test_a_recording_of_no_action_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(UnreadableRecording, match="must begin with an action's slug, of: keep"):
            read(saved(tmp_path, "event: {}"), ["keep"])

    def test_what_is_written_reads_the_same(self, tmp_path: Path) -> None:
        written = [
            Recording(
                name="save-all",
                action="save",
                settings={"apiKey": "redacted"},
                events=[{"timestamp": "2026-01-02"}, {"n": 1.5}],
                exchanges=[exchange(json={"a": [None]}), exchange(form={"a": ["1", "2"]})],
                results=["delivered", "discard"],
            ),
            Recording(name="save-slow", action="save", event={}, result="retry"),
            Recording(name="check", check=True, exchanges=[exchange(text="ü")]),
        ]
        paths = [write(recording, tmp_path) for recording in written]
        assert [path.name for path in paths] == ["save-all.yaml", "save-slow.yaml", "check.yaml"]
        found = {it.name: it for it in each(tmp_path, ["save"]) if isinstance(it, Recording)}
        assert found == {recording.name: recording for recording in written}
        assert "null" not in dump(written[2])


class TestMatching:
    @pytest.mark.parametrize(
        ("sent", "recording"),
        [
            (asked(body=b'{"b":1.0,"a":[1]}'), exchange(json={"a": [1.0], "b": 1})),
            (asked(body=b'{"a":1}\n{"b":2}\n'), exchange(lines=[{"a": 1}, {"b": 2}])),
            (asked(body=b"b=2&a=1&a=3"), exchange(form={"a": ["1", "3"], "b": "2"})),
            (asked(body=b"plain"), exchange(text="plain")),
            (asked(body=b"\xff"), exchange(base64="/w==")),
            (asked(), exchange()),
            (asked(headers=(("X-A", "1"), ("X-B", "2"))), exchange(headers={"x-a": "1"})),
        ],
    )
    def test_the_same_request(self, sent: Request, recording: RecordedExchange) -> None:
        assert [*differences([sent], [recording])] == []

    @pytest.mark.parametrize(
        ("sent", "recording", "difference"),
        [
            (asked(method="PUT"), exchange(), "the method is PUT, recorded is POST"),
            (asked(url=f"{URL}?a=1"), exchange(), f"the url is {URL}?a=1, recorded is {URL}"),
            (asked(), exchange(headers={"X-A": "1"}), "the header X-A is None, recorded is '1'"),
            (asked(body=b"{}"), exchange(), "the body is {}, recorded is "),
            (asked(body=b'{"a":true}'), exchange(json={"a": 1}), 'the body is {"a":true}'),
            (asked(body=b'{"a":"1"}'), exchange(json={"a": 1}), 'the body is {"a":"1"}'),
            (asked(body=b"no json"), exchange(json={}), "the body cannot be read"),
            (asked(body=b"a=1"), exchange(form={"a": "2"}), "the body is a=1, recorded is a=2"),
        ],
    )
    def test_another_request(
        self, sent: Request, recording: RecordedExchange, difference: str
    ) -> None:
        (found,) = differences([sent], [recording])
        assert found.startswith(f"request 1: {difference}")

    def test_another_number_of_requests(self) -> None:
        assert [*differences([asked()], [])] == ["1 requests were sent, and 0 are recorded"]


class TestPlaying:
    async def test_answers_come_in_their_order(self) -> None:
        player = Player([Response(201), TransportError("gone", kind="reset")])
        assert await player.send(asked()) == Response(201)
        with pytest.raises(TransportError, match="gone"):
            await player.send(asked(method="PUT"))
        assert [request.method for request in player.requests] == ["POST", "PUT"]
        with pytest.raises(Unrecorded, match=f"request 3, POST {URL}, is one more than recorded"):
            await player.send(asked())
        player.rewind()
        assert await player.send(asked()) == Response(201)

    async def test_an_answer_may_depend_on_the_request(self) -> None:
        player = Player([lambda request: Response(200, body=request.method.encode())])
        assert (await player.send(asked())).body == b"POST"

    async def test_tokens_are_replaced_while_they_are_the_stale_ones(self) -> None:
        tokens = MemoryTokens(Tokens("a"))
        assert await tokens.replace(Tokens("a"), Tokens("b")) == Tokens("b")
        assert await tokens.replace(Tokens("a"), Tokens("c")) == Tokens("b")
        assert await tokens.read() == Tokens("b")


SECRET = "sk_live_8Fh2Kd93"  # noqa: S105 - one to look for
EVENT = {"type": "identify", "userId": SECRET, "traits": {"email": "ada@example.com"}}


async def really(folder: Path, answer: Response, **given: Any) -> tuple[Recording, list[Exchange]]:
    """Perform with a real secret, as `headgate destination record` does."""
    destination = acme.imported(acme.written(folder))
    recording = Recording(
        name="saveContact", action="saveContact", settings={"apiKey": SECRET}, event=EVENT, **given
    )
    run = await replay(destination, recording, [answer])
    return await recorded(destination, recording, run.exchanges), [*run.exchanges]


class TestMaking:
    async def test_no_secret_is_written(self, tmp_path: Path) -> None:
        body = json.dumps({"id": 7, "echo": f"key {SECRET}"}).encode()
        headers = (("Content-Type", "application/json"), ("Set-Cookie", SECRET))
        made, exchanges = await really(tmp_path, Response(201, headers, body))
        assert dict(exchanges[0].request.headers)["api-key"] == SECRET
        text = dump(made)
        assert SECRET not in text
        assert made.settings == {"apiKey": "redacted"}
        assert made.exchanges[0].request.headers["api-key"] == "redacted"
        assert made.exchanges[0].response == RecordedResponse(
            status=201, json={"id": 7, "echo": "key redacted"}
        )

    async def test_what_is_made_keeps_the_contract(self, tmp_path: Path) -> None:
        made, _ = await really(tmp_path, Response(201))
        write(made, tmp_path)
        again = read(tmp_path / "recordings" / "saveContact.yaml", ["saveContact"])
        run = await replay(acme.imported(tmp_path), again)
        assert [*differences(run.requests, again.exchanges)] == []
        assert run.endings == again.endings() == ("delivered",)

    async def test_a_refusal_is_recorded_as_one(self, tmp_path: Path) -> None:
        made, _ = await really(tmp_path, Response(422))
        assert made.result == "discard"

    async def test_what_secrets_decide_cannot_be_recorded(self, tmp_path: Path) -> None:
        recording = Recording(
            name="saveContact", action="saveContact", settings={"apiKey": SECRET}, event={}
        )
        destination = acme.imported(acme.written(tmp_path))
        with pytest.raises(Unredactable, match="sent 0 requests instead of 1: discard"):
            await recorded(destination, recording, [Exchange(asked(), Response(200))])


async def test_a_run_that_breaks_says_so(tmp_path: Path) -> None:
    code = acme.FILES["__init__.py"]
    broken = code.replace('return await http.post(f"{URL}/events", json', "return {}[str].x(json")
    destination = acme.imported(acme.written(tmp_path, {"__init__.py": broken}))
    recording = read(tmp_path / "recordings" / "track.yaml", ["track"])
    run = await replay(destination, recording)
    assert run.endings == ("broken by KeyError: <class 'str'>",)
