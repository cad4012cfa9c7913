from __future__ import annotations

from typing import Any

import pytest

from tests.unit.route.events import ORDER, decided


def rule(consent: Any, categories: list[str], **fields: Any) -> str:
    event = {**ORDER, "context": {**ORDER["context"], "consent": consent}, **fields}
    return decided(event, consent=categories).rule


def preferences(**given: Any) -> dict[str, Any]:
    return {"categoryPreferences": given}


def test_without_a_consent_object_nothing_is_enforced() -> None:
    assert decided(ORDER, consent=["ads"]).rule == ""
    assert rule(None, ["ads"]) == ""
    assert decided({"type": "track"}, consent=["ads"]).rule == ""
    assert decided({"type": "track", "context": "x"}, consent=["ads"]).rule == ""


def test_every_category_of_a_connection_must_be_consented_to() -> None:
    assert rule(preferences(ads=True), ["ads"]) == ""
    assert rule(preferences(ads=True, more=True), ["ads", "more"]) == ""
    assert rule(preferences(ads=True, more=False), ["ads", "more"]) == "consent"
    assert rule(preferences(ads=True), ["ads", "more"]) == "consent"
    assert rule(preferences(ads=False), ["ads"]) == "consent"


@pytest.mark.parametrize(
    "consent", [{}, preferences(), {"categoryPreferences": None}, {"categoryPreferences": []}, 7]
)
def test_a_consent_object_without_preferences_consents_to_nothing(consent: Any) -> None:
    assert rule(consent, ["ads"]) == "consent"


@pytest.mark.parametrize("value", ["true", 1, {}, [True], None])
def test_only_true_is_consent(value: Any) -> None:
    assert rule(preferences(ads=value), ["ads"]) == "consent"


def test_a_connection_of_no_category_is_not_asked() -> None:
    assert rule(preferences(), []) == ""
    assert rule(preferences(ads=False), []) == ""


def test_consent_comes_before_the_integrations_object() -> None:
    refused = {"integrations": {"All": False}}
    assert rule(preferences(), ["ads"], **refused) == "consent"
    assert rule(preferences(ads=True), ["ads"], **refused) == "integrations_object"
    assert rule(preferences(), ["ads"], integrations={"Webhook": True}) == "consent"
