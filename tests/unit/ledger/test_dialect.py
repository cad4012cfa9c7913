"""Queries that are written once, as PostgreSQL is asked them."""

from __future__ import annotations

import pytest

from headgate.ledger.postgresql.dialect import translated, values_of


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("select a from b where c = ? and d < ?", "select a from b where c = %s and d < %s"),
        ("where a = :first_one and b = :b", "where a = %(first_one)s and b = %(b)s"),
        ("where a::text = :a", "where a::text = %(a)s"),
        ("where a % 2 = ?", "where a %% 2 = %s"),
        ("lane in (select value from json_each(:lanes))", "lane = any(%(lanes)s)"),
        ("id in (select value from json_each(?))", "id = any(%s)"),
        ("from a indexed by a_at where b", "from a where b"),
        ("from a cross join b on b.c = a.c", "from a join b on b.c = a.c"),
        (
            "(a, b) in (select value ->> 0, value ->> 1 from json_each(:places))",
            (
                "(a, b) in (select (value ->> 0)::integer, (value ->> 1)::bigint"
                " from json_array_elements(%(places)s::json))"
            ),
        ),
    ],
)
def test_a_query_is_spelled_as_postgresql_has_it(query: str, expected: str) -> None:
    assert translated(query) == expected.encode()


@pytest.mark.parametrize(
    ("query", "values", "expected"),
    [
        ("a = ?", (7,), (7,)),
        ("a = :a", {"a": "[1]"}, {"a": "[1]"}),
        (
            "lane in (select value from json_each(:lanes)) and b = :b",
            {"lanes": "[1, 2]", "b": "[]"},
            {"lanes": [1, 2], "b": "[]"},
        ),
        ("id in (select value from json_each(?))", ('["a\\u0000"]',), (["a\0"],)),
    ],
)
def test_lists_are_given_as_lists(query: str, values: object, expected: object) -> None:
    assert values_of(query, values) == expected
