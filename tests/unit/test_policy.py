"""The numbers of delivery: their bounds, and how an operator writes them."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from headgate.policy import DeliveryPolicy
from headgate.settings import SettingsUnusable, load


def test_every_number_has_bounds_and_a_meaning() -> None:
    for name, field in DeliveryPolicy.model_fields.items():
        assert field.description, name
        assert len(field.metadata) >= 2, f"{name} has no bounds"


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("slots", 0),
        ("slots", 65),
        ("breaker_share", 0),
        ("breaker_share", 1.01),
        ("retry_window_hours", 0.5),
        ("retry_window_hours", 169),
        ("retry_schedule", ()),
        ("retry_schedule", (1, 0)),
        ("retry_schedule", (1, 604_801)),
        ("retry_schedule", (1,) * 65),
        ("slots_factor", 1),
        ("request_seconds", 61),
        ("silent_days", float("inf")),
        ("breaker_open_seconds", float("nan")),
    ],
)
def test_a_number_that_could_stop_delivery_is_refused(name: str, wrong: object) -> None:
    with pytest.raises(ValidationError, match=name):
        DeliveryPolicy.model_validate({name: wrong})


def test_a_schedule_is_written_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADGATE_RETRY_SCHEDULE", "1, 2.5,30")
    assert load().retry_schedule == (1, 2.5, 30)


def test_a_schedule_that_is_none_is_told_in_plain_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADGATE_RETRY_SCHEDULE", "soon,later")
    with pytest.raises(SettingsUnusable, match="retry_schedule"):
        load()


def test_the_settings_are_a_policy() -> None:
    assert isinstance(load(slots=3), DeliveryPolicy)
    assert load(slots=3).slots == 3
