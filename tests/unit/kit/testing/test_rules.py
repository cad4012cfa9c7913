"""For each rule there is a destination that breaks it, and no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from headgate.kit.testing.maturity import maturity
from headgate.kit.testing.rules import RULES
from tests.unit.kit.testing.acme import FILES, TRACK, Changes, subject

CODE = "__init__.py"


def test_a_good_destination_is_stable(tmp_path: Path) -> None:
    reached = maturity(subject(tmp_path))
    assert [str(verdict) for verdict in reached.verdicts if not verdict.is_kept] == []
    assert str(reached) == "stable"


SENDS_CONTACT = 'return await http.post(f"{URL}/contacts", json=contact'
SENDS_EVENT = 'return await http.post(f"{URL}/events", json=activity.model_dump())'

ALSO: dict[str, set[str]] = {
    "an action has only a batch": {"is_recorded_widely"},
    "a batch has none": {"names_rejected_events", "is_recorded_widely"},
}
"""What cannot be broken without breaking more."""

BREAKING_CHOICES = FILES[CODE].replace(
    "class Contact(Payload):",
    """async def names(http: Http, _: Account) -> Choices:
    try:
        await http.get(f"{URL}/names")
    except Exception as error:
        raise KeyError("names") from error
    return Choices([])


class Contact(Payload):""",
)
BREAKING_CHOICES = BREAKING_CHOICES.replace('"How to call them.",', '"How to.", choices=names,')
FOR_ALL_EVENTS = (
    FILES[CODE]
    .replace(", trigger='type = \"track\"'", "")
    .replace('mapping=path("$.event")', 'mapping=path("$.what")')
    .replace('everything", track', 'everything", track, trigger="all", mapping={"event": "x"}')
)
MAPPED: dict[str, tuple[str, str]] = {
    name: ("settings:", 'mapping: {event: {"@path": $.event}}\nsettings:')
    for name in FILES
    if name.startswith("recordings/track")
}
NOBODYS = """
settings: {apiKey: redacted}
event: {type: track, event: Went}
result: retry
"""

BAD: list[tuple[str, str, Changes]] = [
    ("is_declared_well", "a docstring is missing", {CODE: ('"""Note what a contact did."""', "")}),
    ("is_declared_well", "a field says nothing", {CODE: ('"Who did it."', '""')}),
    (
        "is_declared_well",
        "a trigger cannot be read",
        {CODE: ("trigger='type = \"track\"')", "trigger='type ==')")},
    ),
    ("is_found_by_its_slug", "it calls itself otherwise", {CODE: ('"Acme",', '"Acme Two",')}),
    ("is_recorded", "a recording cannot be read", {"recordings/track-x.yaml": "event: 5"}),
    ("is_recorded", "a deletion has no recording", {"recordings/forget.yaml": None}),
    ("is_recorded", "a recording of no action", {"recordings/x.yaml": TRACK}),
    (
        "is_recorded",
        "an action has only a batch",
        {"recordings/track.yaml": None, "recordings/track-again.yaml": None},
    ),
    (
        "is_recorded",
        "a batch has none",
        {"recordings/track-batch.yaml": None, "recordings/track-partial.yaml": None},
    ),
    (
        "sends_what_was_recorded",
        "another address",
        {"recordings/track-again.yaml": ("/events", "/event")},
    ),
    (
        "sends_what_was_recorded",
        "another header",
        {"recordings/saveContact.yaml": ("{api-key: redacted}", "{api-key: other}")},
    ),
    (
        "sends_what_was_recorded",
        "another body",
        {"recordings/track-again.yaml": ("user: u-1", "user: u-2")},
    ),
    (
        "sends_what_was_recorded",
        "another end of an event",
        {
            "recordings/track-odd.yaml": NOBODYS,
        },
    ),
    (
        "is_deterministic",
        "a random header",
        {
            CODE: (
                SENDS_EVENT,
                f"""import uuid
    http = http.carrying(headers={{"X-Id": uuid.uuid4().hex}})
    {SENDS_EVENT}""",
            )
        },
    ),
    (
        "sorts_answers",
        "refused credentials are tried again",
        {
            CODE: (
                SENDS_EVENT,
                f"""try:
        {SENDS_EVENT}
    except Disconnect as error:
        raise Retry(str(error), status=error.status) from None""",
            )
        },
    ),
    (
        "sorts_answers",
        "the wait is forgotten",
        {
            CODE: (
                SENDS_EVENT,
                f"""try:
        {SENDS_EVENT}
    except Retry as error:
        raise Retry(str(error), status=error.status) from None""",
            )
        },
    ),
    (
        "hides_secrets",
        "a reason repeats the answer",
        {
            CODE: (
                SENDS_EVENT,
                f"""try:
        {SENDS_EVENT}
    except Discard as error:
        said = error.response.text if error.response else ""
        raise Discard(said or str(error), status=error.status) from None""",
            )
        },
    ),
    (
        "hides_secrets",
        "a key is printed",
        {CODE: (SENDS_EVENT, f"print(_.api_key)\n    {SENDS_EVENT}")},
    ),
    (
        "hides_secrets",
        "a key is logged",
        {
            CODE: (
                SENDS_EVENT,
                f"import logging\n    logging.debug('as %s', _.api_key)\n    {SENDS_EVENT}",
            )
        },
    ),
    (
        "loses_nothing",
        "what was tried once counts as sent",
        {
            CODE: (
                SENDS_EVENT,
                f"""if http.idempotency_key in SEEN and "-" in http.idempotency_key[11:]:
        return Response(200)
    SEEN.add(http.idempotency_key)
    {SENDS_EVENT}


SEEN: set[str] = set()""",
            )
        },
    ),
    (
        "refuses_bad_credentials",
        "the check breaks on what it did not expect",
        {
            CODE: (
                'return await http.get(f"{URL}/account")',
                """try:
        return await http.get(f"{URL}/account")
    except Exception as error:
        raise KeyError("account") from error""",
            )
        },
    ),
    (
        "waives_with_reasons",
        "a rule that is none",
        {"recordings/waivers.yaml": "is_nice: {}"},
    ),
    (
        "waives_with_reasons",
        "no reason",
        {
            "recordings/waivers.yaml": "has_no_warnings: {listing/categories: ''}",
            CODE: ('categories=("CRM",)', ""),
        },
    ),
    (
        "waives_with_reasons",
        "no reasons at all",
        {"recordings/waivers.yaml": "[has_no_warnings]"},
    ),
    (
        "suggests_what_works",
        "a trigger that wants nothing",
        {CODE: ("'type = \"identify\"'", '\'type = "identify" and userId = "x"\'')},
    ),
    (
        "suggests_what_works",
        "a mapping from nowhere",
        {
            CODE: ('mapping=path("$.traits.email")', 'mapping=path("$.email")'),
            "recordings/saveContact.yaml": (
                "event:",
                'mapping: {email: {"@path": $.traits.email}}\nevent:',
            ),
            "recordings/saveContact-nameless.yaml": (
                "event:",
                'mapping: {email: {"@path": $.traits.email}}\nevent:',
            ),
        },
    ),
    (
        "suggests_what_works",
        "a mapping from nowhere, for all events",
        {CODE: FOR_ALL_EVENTS, **MAPPED},
    ),
    (
        "presets_work",
        "a preset for other events",
        {CODE: ('"Track everything", track', '"Track everything", track, trigger="userId = 5"')},
    ),
    (
        "batches_say_the_same",
        "a batch leaves out who it was",
        {
            CODE: ("[activity.model_dump() for", "[{'event': activity.event} for"),
            "recordings/track-batch.yaml": (
                "[{event: Went, user: u-1}, {event: Came, user: u-2}]",
                "[{event: Went}, {event: Came}]",
            ),
            "recordings/track-partial.yaml": (
                "[{event: Went, user: u-1}, {event: Came, user: u-2}]",
                "[{event: Went}, {event: Came}]",
            ),
        },
    ),
    (
        "names_rejected_events",
        "what an answer leaves out counts as delivered",
        {
            CODE: (
                'return [result(response, each) for each in answer["results"]]',
                """known = [result(response, each) for each in answer["results"]]
    return [*known, *[response] * (len(activities) - len(known))]""",
            )
        },
    ),
    (
        "names_rejected_events",
        "a rejection without a reason",
        {"recordings/track-partial.yaml": ("code: old", "code: ''")},
    ),
    (
        "forgets",
        "a deletion that breaks where nobody is",
        {
            CODE: (
                'return await http.delete(f"{URL}/contacts/{user.user_id}")',
                """try:
        return await http.delete(f"{URL}/contacts/{user.user_id}")
    except Discard as error:
        raise ValueError("nobody") from error""",
            )
        },
    ),
    (
        "offers_choices",
        "a field whose choices break",
        {CODE: BREAKING_CHOICES},
    ),
    ("has_a_guide", "there is none", {"guide.md": None}),
    ("has_a_guide", "a heading is missing", {"guide.md": ("## Limits", "## Bounds")}),
    ("has_a_guide", "an action is not named", {"guide.md": ("and `track`", "")}),
    (
        "keeps_its_names",
        "a preset is gone",
        {CODE: ('acme.preset("Track everything", track)', "")},
    ),
    ("has_no_warnings", "no category", {CODE: ('categories=("CRM",)', "")}),
    ("is_recorded_widely", "one recording", {"recordings/track-again.yaml": None}),
    (
        "has_been_released",
        "a new preset",
        {
            CODE: (
                '"Track everything", track)',
                '"Track everything", track)\nacme.preset("2", track)',
            )
        },
    ),
    (
        "needs_no_waiver",
        "a rule is waived",
        {
            "recordings/waivers.yaml": "has_no_warnings: {listing/categories: There is none.}",
            CODE: ('categories=("CRM",)', ""),
        },
    ),
]


@pytest.mark.parametrize(("rule", "why", "changes"), BAD, ids=[f"{b[0]}: {b[1]}" for b in BAD])
def test_a_bad_destination_breaks_exactly_its_rule(
    rule: str, why: str, changes: Changes, tmp_path: Path
) -> None:
    reached = maturity(subject(tmp_path, changes))
    broken = {
        verdict.rule.name: str(verdict) for verdict in reached.verdicts if not verdict.is_kept
    }
    assert broken.keys() == {rule} | ALSO.get(why, set()), "\n".join(broken.values())


def test_every_rule_has_a_bad_destination() -> None:
    assert {rule for rule, _, _ in BAD} == {rule.name for rule in RULES}
