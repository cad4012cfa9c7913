from __future__ import annotations

from headgate.kit import Choice, Choices, Fields, Http, Payload, Settings, field


async def sizes(_http: Http, _settings: Settings) -> Choices:
    return Choices([Choice("large")])


async def names(_http: Http, _settings: Settings) -> Choices:
    return Choices([Choice("colour")])


class Item(Fields):
    size: str = field("Size", choices=sizes)
    others: dict[str, object] | None = field("Others", key_choices=names)


class Order(Payload):
    size: str | None = field("Size", choices=sizes)
    gift: Item | None = field("Gift")
    items: list[Item] | None = field("Items", key="lines")


def test_members_of_objects_and_lists_have_choices_under_their_path() -> None:
    assert Order.dynamic_choices() == {
        "size": sizes,
        "gift.size": sizes,
        "gift.others.__keys__": names,
        "lines.size": sizes,
        "lines.others.__keys__": names,
    }
