"""What became of events, as people search for it: attempts, dead letters, the overview."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from tests.harness.checks import check
from tests.harness.declarations import connection, declaration
from tests.harness.receiver import failing, until
from tests.harness.sending import fresh, send
from tests.harness.system import CommandFailed, Headgate

if TYPE_CHECKING:
    from tests.harness.fixtures import Start
    from tests.harness.receiver import Receiver


def found(headgate: Headgate, *words: str) -> Any:
    return msgspec.json.decode(headgate.run(*words, "--json"))


def attempts(headgate: Headgate, *options: str) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = found(headgate, "attempts", *options)["attempts"]
    return listed


def test_attempts_and_dead_letters_are_found_and_the_overview_adds_up(
    start: Start, receiver: Receiver
) -> None:
    headgate = start()
    receiver.script("/refusing", failing(400))
    hook = connection("hook", receiver.url("/hook"))
    refusing = connection("refusing", receiver.url("/refusing"))
    headgate.apply(declaration(hook, refusing))
    ids = send(headgate.ready.collect, fresh(6))
    receiver.wait(6, "/hook")
    until(lambda: headgate.row("refusing").dead_lettered == 6, 10, "6 dead letters")

    assert {each["messageId"] for each in attempts(headgate, "--status", "200")} == set(ids)
    refused = attempts(headgate, "--connection", "refusing", "--status", "4xx")
    assert {each["messageId"] for each in refused} == set(ids)
    assert {(each["status"], each["outcome"]) for each in refused} == {(400, "discard")}
    assert "/refusing" in refused[0]["request"]
    mine = attempts(headgate, "--message", ids[3])
    assert {each["connection"] for each in mine} == {"hook", "refusing"}
    assert {each["messageId"] for each in mine} == {ids[3]}
    assert attempts(headgate, "--message", "nobody") == []
    assert attempts(headgate, "--until", "1d") == []
    assert len(attempts(headgate, "--since", "1d", "--outcome", "delivered")) == 6

    pages, more = [], ["--limit", "5"]
    while more:
        page = found(headgate, "attempts", *more)
        pages.append([(each["at"], each["connection"]) for each in page["attempts"]])
        more = ["--limit", "5", "--after", page["more"]] if page["more"] else []
    assert [len(page) for page in pages] == [5, 5, 2]
    assert sum(pages, []) == sorted(sum(pages, []), reverse=True, key=lambda each: each[0])  # noqa: RUF017 - three short lists

    letters = found(headgate, "dead-letters", "--connection", "refusing")
    assert {each["messageId"] for each in letters} == set(ids)
    assert {(each["closed"], each["redriven_at"]) for each in letters} == {("dead_lettered", None)}
    assert found(headgate, "dead-letters", "--connection", "hook") == []
    assert found(headgate, "dead-letters", "--redriven") == []
    assert len(found(headgate, "dead-letters", "--reason", letters[0]["reason"])) == 6

    ((of_hook), (of_refusing)) = found(headgate, "overview", "--granularity", "minute")
    totals = {step["name"]: step["total"] for step in of_hook["steps"]}
    assert (totals["received"], totals["successful_delivery"]) == (6, 6)
    assert of_hook["latency"]["p95"] is not None
    totals = {step["name"]: step["total"] for step in of_refusing["steps"]}
    assert (totals["received"], totals["failed_delivery"]) == (6, 6)
    (reason,) = of_refusing["reasons"]
    assert (reason["reason"], reason["total"], len(reason["samples"])) == (
        letters[0]["reason"],
        6,
        6,
    )
    assert "/refusing" in reason["samples"][0]["request"]
    check(headgate, acknowledged=ids)

    headgate.stop()
    shown = headgate.run("attempts", "--connection", "refusing", "--limit", "1").decode()
    assert "refusing > Everything" in shown
    assert "more with --after" in shown
    assert "dead letters" in headgate.run("dead-letters", "--connection", "hook").decode()
    assert "successful delivery" in headgate.run("overview").decode()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["attempts", "--status", "6xx"], 2, "503, or 5xx"),
        (["attempts", "--outcome", "eaten"], 2, "none of delivered, retry"),
        (["attempts", "--after", "here"], 2, "is not where a list goes on"),
        (["attempts", "--since", "soon"], 2, "is no time"),
        (["overview", "--granularity", "week"], 2, "none of minute, hour, day"),
        (["overview", "--since", "30d", "--granularity", "minute"], 1, "points are too many"),
        (["dead-letters", "--connection", "nobody"], 1, "there is no connection 'nobody'"),
    ],
)
def test_what_cannot_be_searched_for_is_told(
    configured: Headgate, words: list[str], code: int, said: str
) -> None:
    with pytest.raises(CommandFailed) as failed:
        configured.run(*words)
    assert failed.value.code == code
    assert said in " ".join(str(failed.value).split())


@pytest.fixture(scope="module")
def configured(tmp_path_factory: pytest.TempPathFactory) -> Headgate:
    headgate = Headgate(tmp_path_factory.mktemp("searching") / "headgate")
    headgate.apply(declaration(connection("hook", "http://127.0.0.1:9/")))
    return headgate
