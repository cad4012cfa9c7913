"""Destinations with OAuth, under the same rules."""

from __future__ import annotations

from pathlib import Path

from headgate.kit.testing.recordings import Recording
from headgate.kit.testing.rule import judge
from headgate.kit.testing.rules import RULES
from headgate.kit.testing.subject import Subject
from tests.unit.kit.testing import acme

CODE = "__init__.py"
SETTING = """class Account(Settings):
    api_key: str = field("API key", "From the settings of Acme.", secret=True, key="apiKey")
"""
KEYED = 'headers=lambda account: {"api-key": account.api_key},'
OAUTH: dict[str, str] = {
    CODE: acme.CODE.replace(SETTING, "class Account(Settings):\n    pass\n")
    .replace(KEYED, 'auth=OAuth2(authorize="https://a.example/a", token="https://a.example/t"),')
    .replace("    Payload,\n", "    OAuth2,\n    Payload,\n"),
    **{
        name: text.replace("settings: {apiKey: redacted}", "").replace(
            "api-key: redacted", "Authorization: Bearer redacted-access"
        )
        for name, text in acme.FILES.items()
        if name.startswith("recordings/")
    },
}


def broken(subject: Subject) -> dict[str, str]:
    verdicts = (judge(subject, rule) for rule in RULES)
    return {verdict.rule.name: str(verdict) for verdict in verdicts if not verdict.is_kept}


def test_an_access_that_ran_out_is_renewed_once_in_every_place(tmp_path: Path) -> None:
    subject = acme.subject(tmp_path, OAUTH)
    assert subject.destination.auth is not None
    assert isinstance(subject.recordings[0], Recording)
    found = broken(subject)
    assert found.keys() == {"keeps_its_names"}, "\n".join(found.values())
    assert "settings/apiKey" in found["keeps_its_names"]


def test_tokens_that_show_are_found(tmp_path: Path) -> None:
    sends = 'return await http.post(f"{URL}/events", json=activity.model_dump())'
    telling = f"""try:
        {sends}
    except Discard as error:
        said = error.response.text if error.response else ""
        raise Discard(said or str(error), status=error.status) from None"""
    code = OAUTH[CODE].replace(sends, telling)
    found = broken(acme.subject(tmp_path, {**OAUTH, CODE: code}))
    assert found.keys() == {"keeps_its_names", "hides_secrets"}
    assert (
        "track/400: a secret that the server repeated shows in an error" in found["hides_secrets"]
    )
