"""What the headers of an answer ask for: a wait, or another address."""

from __future__ import annotations

import pytest

from tests.unit.deliver.deciding import after, answered

HOUR = 3600


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ("5", 5, 10),
        ("1.5", 1, 2),
        ("1000000000", HOUR, HOUR),
        ("99999999999999999999", HOUR, HOUR),
        ("Fri, 21 Nov 2025 10:00:30 GMT", 30, 30),
        ("Fri, 21 Nov 2025 09:00:00 GMT", 1, 2),
        ("soon", 1, 2),
        ("-5", 1, 2),
        ("", 1, 2),
        ("120", 120, 120),
    ],
)
@pytest.mark.parametrize("skew", [-7200.0, 0.0, 7200.0])
def test_a_retry_after_is_obeyed_in_both_its_forms(
    status: int, header: str, least: float, most: float, skew: float
) -> None:
    """A date is read by the `Date` of the answer itself: our clock may differ from theirs."""
    headers = (("Date", "Fri, 21 Nov 2025 10:00:00 GMT"), ("Retry-After", header))
    at = 1_763_719_200.0 + skew
    for draw in (0.0, 0.999):
        assert least <= after(answered(status, headers, at), draw=draw)[1] <= most


def test_a_date_without_a_date_is_read_by_our_clock() -> None:
    headers = (("Retry-After", "Fri, 21 Nov 2025 10:00:30 GMT"),)
    assert after(answered(503, headers, 1_763_719_190.0))[1] == 40


def test_a_retry_after_of_a_success_is_ignored() -> None:
    assert after(answered(200, (("Retry-After", "60"),)))[0].step == "delivered"


def test_a_retry_after_never_shortens_the_schedule() -> None:
    assert after(answered(503)._replace(after=1.0), 5)[1] == 600 * 0.75


@pytest.mark.parametrize(
    ("location", "told"),
    [
        ("https://new.test:8443/secret?key=1", "It points to https://new.test:8443."),
        ("/elsewhere/secret", "It points to another path there."),
        ("http://receiver.test/", "It points to http://receiver.test."),
        ("https://ann:word@new.test/", "It points to https://new.test."),
    ],
)
def test_a_redirect_says_where_it_points_and_counts_as_its_status(location: str, told: str) -> None:
    outcome = answered(302, (("Location", location),))
    assert told in outcome.reason
    assert after(outcome)[0].reason == "http_302"
    for secret in ("secret", "key=1", "word"):
        assert secret not in outcome.reason


@pytest.mark.parametrize("location", ["javascript:alert(1)", "http://[", "https://x:y:z/", ""])
def test_a_redirect_that_cannot_be_read_is_a_redirect(location: str) -> None:
    step, _ = after(answered(302, (("Location", location),)))
    assert (step.step, step.reason) == ("dead_lettered", "http_302")


def test_a_redirect_of_a_long_name_is_told_in_short() -> None:
    long = answered(302, (("Location", f"https://{'a' * 30_000}/"),))
    assert len(long.reason) < 500
