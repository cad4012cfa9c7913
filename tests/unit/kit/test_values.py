from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta, timezone

import pytest

from headgate.kit.values import (
    epoch_milliseconds,
    epoch_seconds,
    hashed,
    is_email,
    is_hashed,
    iso,
    present,
)

DIGEST = hashlib.sha256(b"ada@example.com").hexdigest()


@pytest.mark.parametrize(
    ("moment", "milliseconds"),
    [
        ("2026-01-02T03:04:05.678Z", 1_767_323_045_678),
        ("2026-01-02", 1_767_312_000_000),
        ("2026-01-02T03:04", 1_767_323_040_000),
        ("Jan 2 2026", 1_767_312_000_000),
        ("1969-12-31T23:59:59.500Z", -500),
        (datetime(2026, 1, 2, 3, 4, 5, 678_999, UTC), 1_767_323_045_678),
        (datetime(2026, 1, 2, 3, 4, 5), 1_767_323_045_000),  # noqa: DTZ001 - the point
        (datetime(2026, 1, 2, tzinfo=timezone(timedelta(hours=1))), 1_767_308_400_000),
    ],
)
def test_moments_are_milliseconds_since_1970(moment: str | datetime, milliseconds: int) -> None:
    assert epoch_milliseconds(moment) == milliseconds
    assert epoch_seconds(moment) == milliseconds // 1000


def test_what_is_no_date_gives_none() -> None:
    assert epoch_milliseconds("never") is None
    assert epoch_seconds("never") is None


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        (datetime(2026, 1, 2, 3, 4, 5, 678_999, UTC), "2026-01-02T03:04:05.678Z"),
        (datetime(2026, 1, 2, tzinfo=timezone(timedelta(hours=1))), "2026-01-01T23:00:00.000Z"),
        (datetime(2026, 1, 2), "2026-01-02T00:00:00.000Z"),  # noqa: DTZ001 - the point
    ],
)
def test_moments_are_written_as_javascript_does(moment: datetime, written: str) -> None:
    assert iso(moment) == written


def test_absent_members_are_left_out_and_empty_ones_stay() -> None:
    assert present({"a": None, "b": "", "c": 0, "d": False}) == {"b": "", "c": 0, "d": False}


def test_an_address_is_told_from_an_id() -> None:
    assert is_email("ada@example.com")
    assert not is_email("ada@")


def test_a_text_is_hashed() -> None:
    assert hashed("ada@example.com") == DIGEST
    assert hashed("a", "sha1", "base64") == "hvfkN/qlp/zhXR3cuerq6jd2Z7g="
    assert hashed("a", "md5") == "0cc175b9c0f1b6a831c399e269772661"


def test_a_text_is_cleaned_before_it_is_hashed() -> None:
    assert hashed(" ADA@example.com ", clean=lambda text: text.strip().lower()) == DIGEST
    assert hashed(" ada@example.com") != DIGEST


@pytest.mark.parametrize(
    "digest",
    [DIGEST, DIGEST.upper()],
)
def test_a_hash_is_not_hashed_again(digest: str) -> None:
    assert hashed(digest) == digest
    assert hashed(digest, "sha1") != digest


def test_a_hash_in_base64_is_not_hashed_again() -> None:
    digest = base64.b64encode(bytes.fromhex(DIGEST)).decode()
    assert is_hashed(digest, "sha256", "base64")
    assert hashed(digest, "sha256", "base64") == digest
    assert not is_hashed(digest, "md5", "base64")


@pytest.mark.parametrize("almost", [DIGEST[:-1], DIGEST + " ", "g" * 64])
def test_what_only_looks_like_a_hash_is_hashed(almost: str) -> None:
    assert hashed(almost) == hashlib.sha256(almost.encode()).hexdigest()


@pytest.mark.parametrize("blank", ["", "  ", "\t"])
def test_a_blank_text_is_no_identity(blank: str) -> None:
    assert hashed(blank) == ""
