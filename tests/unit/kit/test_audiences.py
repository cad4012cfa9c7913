from __future__ import annotations

from headgate.kit import (
    AudienceMode,
    AudienceRequest,
    Destination,
    Http,
    Response,
    Settings,
    field,
)
from headgate.kit.connected import Connected
from tests.unit.kit.engine import Answers

API = "https://api.test"


class Ads(Settings):
    region: str = field("Region")


async def test_audiences_are_made_and_found_with_their_own_settings() -> None:
    lists = Destination[Settings](
        "Lists",
        settings=Settings,
        docs="",
        headers=lambda _: {"X-Key": "k"},
        audiences=AudienceMode("synced"),
        audience_settings=Ads,
    )
    sent = Answers(Response(200, (), b"a-1"))
    http = Http(sent, idempotency_key="key-1")
    connected = Connected(lists, Settings())
    vip, ads = AudienceRequest(name="vip"), Ads(region="eu")
    assert await connected.create_audience(http, vip, ads) is None

    @lists.create_audience
    async def create(http: Http, audience: AudienceRequest, _: Settings, of: Ads) -> str:
        return (await http.post(f"{API}/{of.region}/{audience.name}")).text

    @lists.get_audience
    async def get(http: Http, audience: AudienceRequest, *_: object) -> str:
        return (await http.get(f"{API}/{audience.external_id}")).text

    assert await connected.create_audience(http, vip, ads) == "a-1"
    assert await connected.get_audience(http, AudienceRequest(external_id="7"), ads) == "a-1"
    assert [each.url for each in sent.requests] == [f"{API}/eu/vip", f"{API}/7"]
    assert all(("X-Key", "k") in each.headers for each in sent.requests)
