"""What analytics-node 3.1.0 and analytics-python 2.4.0 sent to /token, byte for byte."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from headgate.collect.oauth.assertions import check_claims, read_assertion
from headgate.collect.oauth.issuing import audiences
from headgate.collect.oauth.token_request import read_token_request

RECORDS = Path(__file__).parents[3] / "journeys" / "records"


@pytest.mark.parametrize("client", ["node-3.1", "python-2.4"])
def test_the_form_of_a_real_client_is_read(client: str) -> None:
    first, *_ = (RECORDS / f"oauth-analytics-{client}.jsonl").read_text().splitlines()
    form = json.loads(first)["body"].encode()
    asked = read_token_request(form, b"application/x-www-form-urlencoded")
    assert asked.scopes == ("tracking_api:write",)
    assertion = read_assertion(asked.assertion)
    assert (assertion.header.alg, assertion.header.kid) == ("RS256", "kid1")
    claims = assertion.claims
    assert (claims.iss, claims.sub, claims.exp - claims.iat) == ("cid", "cid", 60)
    check_claims(claims, audiences("", b"127.0.0.1:8715"), claims.iat + 5)
