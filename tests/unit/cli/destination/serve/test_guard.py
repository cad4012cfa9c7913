from __future__ import annotations

import pytest

from headgate.cli.destination.serve.guard import refusal

PORT = 3000
OWN = {"host": f"127.0.0.1:{PORT}", "content-type": "application/json"}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"host": f"localhost:{PORT}"},
        {"origin": f"http://127.0.0.1:{PORT}", "sec-fetch-site": "same-origin"},
        {"content-type": "application/json; charset=utf-8"},
    ],
)
def test_the_page_and_programs_of_this_machine_may_post(headers: dict[str, str]) -> None:
    assert refusal("POST", {**OWN, **headers}, PORT) is None


@pytest.mark.parametrize(
    "host",
    ["", "evil.example", f"evil.example:{PORT}", "127.0.0.1:3001", "127.0.0.1", "[::1]:3000"],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_name_that_was_bound_to_this_machine_is_refused(method: str, host: str) -> None:
    assert "Host" in (refusal(method, {**OWN, "host": host}, PORT) or "")


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:3001"},
        {"origin": f"https://127.0.0.1:{PORT}"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": ""},
    ],
)
def test_other_sites_and_their_forms_may_not_post(headers: dict[str, str]) -> None:
    assert refusal("POST", {**OWN, **headers}, PORT) is not None


def test_reading_needs_no_content_type_but_the_same_origin() -> None:
    assert refusal("GET", {"host": f"localhost:{PORT}"}, PORT) is None
    other = {"host": f"localhost:{PORT}", "origin": "https://evil.example"}
    assert refusal("GET", other, PORT) is not None


def test_browsers_leave_the_standard_port_out() -> None:
    assert refusal("GET", {"host": "localhost"}, 80) is None
