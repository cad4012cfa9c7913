"""Attempts and dead letters are found by every part of a question, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from headgate.api.cursors import sealed
from headgate.clock import iso
from tests.unit.api.asking import NOW
from tests.unit.api.console.flowing import EMAIL, Flowed, Flowing

if TYPE_CHECKING:
    from tests.unit.api.asking import Answer


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Flowed:
    """With eight letters, of which some were given up at one moment, and not in their order."""
    made = Flowing(tmp_path_factory.mktemp("letters")).home
    made.bury(made.ids["subscriptionId"], [NOW, NOW, NOW, NOW + 3, NOW + 1, NOW + 2, NOW + 9])
    return made


def found(home: Flowed, noun: str, **query: str) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = home.ask("GET", f"/{noun}", **query).data[noun]
    return told


def paged(home: Flowed, noun: str, size: int) -> list[dict[str, Any]]:
    got: list[dict[str, Any]] = []
    query = {"pagination[count]": str(size)}
    while True:
        data = home.ask("GET", f"/{noun}", **query).data
        assert len(data[noun]) <= size
        got += data[noun]
        if "next" not in data["pagination"]:
            return got
        query["pagination[cursor]"] = data["pagination"]["next"]


@pytest.mark.parametrize(
    ("query", "statuses"),
    [
        ({}, [401, 400]),
        ({"status": "400"}, [400]),
        ({"status": "4xx"}, [401, 400]),
        ({"status": "5xx"}, []),
        ({"outcome": "discard"}, [401, 400]),
        ({"outcome": "delivered"}, []),
        ({"since": iso(NOW + 1)}, [401]),
        ({"until": iso(NOW + 1)}, [400]),
        ({"message_id": "message-home"}, [400]),
        ({"message_id": "nobody's"}, []),
        ({"subscription": "sub_none"}, []),
    ],
)
def test_attempts_are_found_by_every_part_of_a_question(
    home: Flowed, query: dict[str, str], statuses: list[int]
) -> None:
    assert [each["status"] for each in found(home, "attempts", **query)] == statuses


def test_attempts_come_page_by_page(home: Flowed) -> None:
    assert paged(home, "attempts", 1) == found(home, "attempts")


@pytest.mark.parametrize(
    ("query", "n"),
    [
        ({}, 8),
        ({"status": "400"}, 8),
        ({"status": "404"}, 0),
        ({"reason": "http_400"}, 8),
        ({"reason": "http_404"}, 0),
        ({"message_id": "message-home"}, 1),
        ({"redriven": "false"}, 8),
        ({"redriven": "true"}, 0),
        ({"since": iso(NOW + 1)}, 4),
        ({"until": iso(NOW + 1)}, 4),
        ({"subscription": "sub_none"}, 0),
    ],
)
def test_letters_are_found_by_every_part_of_a_question(
    home: Flowed, query: dict[str, str], n: int
) -> None:
    assert len(found(home, "letters", **query)) == n


@pytest.mark.parametrize("size", [1, 3, 8])
def test_letters_come_page_by_page_also_of_one_moment(home: Flowed, size: int) -> None:
    whole = found(home, "letters")
    times = [each["letter"]["at"] for each in whole]
    assert times == sorted(times, reverse=True)
    assert len({each["id"] for each in whole}) == 8
    assert paged(home, "letters", size) == whole


GOOD: dict[str, list[Any]] = {"attempts": [0, 0, 0, 0, "", 0], "letters": [0, 0, 0]}


def made_up(good: list[Any]) -> list[Any]:
    """What is nearly the key of a page."""
    return ["x", 1, [], {}, good[:-1], [*good[:-1], "x"], [*good[:-1], 1 << 63]]


MADE_UP = [(noun, key) for noun, good in GOOD.items() for key in made_up(good)]


@pytest.mark.parametrize(("noun", "key"), MADE_UP)
def test_a_cursor_that_somebody_made_up_is_refused(home: Flowed, noun: str, key: Any) -> None:
    def asked(of: Any) -> Answer:
        cursor = sealed(of, f"{home.workspace}/list_{noun}/[]")
        return home.ask("GET", f"/{noun}", **{"pagination[cursor]": cursor})

    answer = asked(key)
    assert (answer.status, answer.fields) == (422, ["pagination.cursor"])
    assert asked(GOOD[noun]).status == 200, "the control"


def test_a_letter_shows_what_was_sent_and_answered(home: Flowed) -> None:
    told = home.ask("GET", f"/letters/{home.ids['letterId']}").data["letter"]
    assert (told["letter"]["messageId"], told["letter"]["reason"]) == (home.message, "http_400")
    (attempt,) = told["attempts"]
    assert (attempt["request"], attempt["response"]) == (f"POST / {EMAIL}", "400")
    assert not told["is_veiled"]


def test_whoever_may_not_see_people_sees_no_samples(home: Flowed) -> None:
    member = home.person("member")
    told = member.call("GET", f"/app/api/letters/{home.ids['letterId']}").data["letter"]
    (attempt,) = told["attempts"]
    assert (attempt["request"], attempt["response"], attempt["status"]) == (None, None, 400)
    assert attempt["reason"].startswith("withheld")
    assert told["is_veiled"]
    listed = member.call("GET", "/app/api/attempts").data["attempts"]
    assert {each["request"] for each in listed} == {None}


@pytest.mark.parametrize("id_", ["none", "con_none.1", "{con}.0", "{con}.x", "{con}.99", "{con}"])
def test_a_letter_that_is_not_there_is_told_so(home: Flowed, id_: str) -> None:
    named = id_.replace("{con}", home.connection.id)
    assert home.ask("GET", f"/letters/{named}").status == 404


def test_a_trace_tells_the_whole_way_of_a_message(home: Flowed) -> None:
    told = home.ask("GET", f"/trace/{home.message}").data["trace"]
    assert [each["source"] for each in told["copies"]] == [home.source.slug]
    (way,) = told["deliveries"]
    assert (way["state"], way["reason"]) == ("dead_lettered", "http_400")
    assert [each["status"] for each in way["attempts"]] == [400]
    assert way["payload"]["data"]["userId"] == EMAIL
    member = home.person("member").call("GET", f"/app/api/trace/{home.message}")
    (veiled,) = member.data["trace"]["deliveries"]
    assert veiled["payload"]["data"]["userId"] == f"text of {len(EMAIL)}"
    assert (veiled["state"], veiled["reason"]) == ("dead_lettered", "http_400")


def test_a_message_whose_name_has_a_slash_is_traced(home: Flowed) -> None:
    home.receive({"messageId": "a/b c"})
    told = home.ask("GET", "/trace/a%2Fb%20c").data["trace"]
    assert (told["messageId"], len(told["copies"])) == ("a/b c", 1)
