from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import pytest
from pydantic import field_validator, model_validator

from headgate.kit import Discard, Payload, Settings, field, literal, path, template
from headgate.kit.errors import InvalidSettings


class Account(Settings):
    api_key: str = field("API key", "From the account's page.", secret=True, key="apiKey")
    region: str = field("Region", default="eu", choices={"eu": "Europe", "us": "America"})
    workspace: int | None = field("Workspace", minimum=1)


class Contact(Payload):
    email: str = field("Email", mapping=path("$.traits.email") | path("$.properties.email"))
    name: str | None = field("Name", mapping=template("{{traits.first}}"))
    source: str | None = field("Source", mapping=literal("headgate"))
    tags: list[str] | None = field("Tags", mapping=["a", path("$.traits.tag")], choices=["a", "b"])
    token: str | None = field("Token", secret=True, key="authToken")
    attributes: dict[str, object] | None = field("Attributes", mapping=path("$.traits"))
    labels: dict[str, str] | None = field("Labels")
    site: str | None = field("Site", format="uri")
    level: int | None = field("Level", maximum=5)
    kind: Literal["person", "company"] = field("Kind", default="person")


def discarded(values: object) -> str:
    with pytest.raises(Discard) as caught:
        Contact.read(values)
    return str(caught.value)


def invalid(values: object) -> tuple[str, ...]:
    with pytest.raises(InvalidSettings) as caught:
        Account.read(values)
    return caught.value.faults


def test_fields_are_read_by_their_stored_names() -> None:
    account = Account.read({"apiKey": "k", "workspace": 7})
    assert (account.api_key, account.region, account.workspace) == ("k", "eu", 7)


def test_python_names_are_no_stored_names() -> None:
    assert invalid({"api_key": "k"}) == (
        "api_key is no setting of this destination.",
        "The root value is missing the required field 'apiKey'.",
    )


def test_tests_may_construct_fields_by_their_python_names() -> None:
    assert Account(api_key="k").api_key == "k"


@pytest.mark.parametrize("nothing", [None, ""])
def test_null_and_the_empty_text_count_as_absent(nothing: str | None) -> None:
    assert Account.read({"apiKey": "k", "region": nothing, "workspace": nothing}) == Account(
        api_key="k"
    )
    assert invalid({"apiKey": nothing}) == (
        "The root value is missing the required field 'apiKey'.",
    )


def test_optional_means_or_none() -> None:
    contact = Contact.read({"email": "a@example.com"})
    assert contact.name is None
    assert contact.attributes is None
    assert contact.kind == "person"


def test_a_payload_ignores_unknown_names_and_settings_refuse_them() -> None:
    assert Contact.read({"email": "a@example.com", "more": 1}).email == "a@example.com"
    assert invalid({"apiKey": "k", "api_key": "k", "zone": 1}) == (
        "api_key is no setting of this destination.",
        "zone is no setting of this destination.",
    )


def test_every_fault_of_a_payload_is_a_sentence_of_its_discard() -> None:
    values = {"kind": "pet", "level": 9, "attributes": [1], "site": "no uri", "tags": ["a", "c"]}
    assert discarded(values) == (
        "The root value is missing the required field 'email'. "
        'The value at /tags/1 must be one of: "a" or "b". '
        "Attributes must be an object but it was a number. "
        "Site must be a valid URI string but it was not. "
        "Level must be equal to or less than 5. "
        'Kind must be one of: "person" or "company".'
    )


def test_a_fault_inside_an_object_is_named_by_its_place() -> None:
    assert discarded({"email": "a@example.com", "labels": {"x": ["y"]}}) == (
        "Labels (labels/x) must be text."
    )


@pytest.mark.parametrize("values", [None, [], "text", 5])
def test_a_mapping_that_gives_no_object_is_discarded(values: object) -> None:
    assert discarded(values) == "The mapping must give an object of fields."


def test_choices_are_enforced_for_texts_too() -> None:
    assert invalid({"apiKey": "k", "region": "asia"}) == ('Region must be one of: "eu" or "us".',)
    assert Account.read({"apiKey": "k", "region": "us"}).region == "us"


def test_numbers_and_booleans_become_text_as_javascript_writes_them() -> None:
    values = {"email": 1.0, "name": True, "labels": {"n": 1e21, "s": "x"}}
    contact = Contact.read(values)
    assert (contact.email, contact.name) == ("1", "true")
    assert contact.labels == {"n": "1e+21", "s": "x"}
    assert values["labels"] == {"n": 1e21, "s": "x"}


def test_an_object_of_any_keys_is_kept_not_copied() -> None:
    traits: dict[str, Any] = {"email": "a@example.com", "n": 1.0}
    contact = Contact.read({"email": 5, "attributes": traits})
    assert contact.attributes is traits


def test_a_list_of_objects_is_a_list() -> None:
    class Order(Payload):
        products: list[dict[str, object]] | None = field("Products")

    products = [{"name": "Mug", "note": None}]
    assert Order.read({"products": products}).products == products
    assert Order.read({"products": products[0]}).products == products


def test_the_default_mapping_is_stored_json_by_stored_names() -> None:
    assert Contact.default_mapping() == {
        "email": {
            "@if": {
                "exists": {"@path": "$.traits.email"},
                "then": {"@path": "$.traits.email"},
                "else": {"@path": "$.properties.email"},
            }
        },
        "name": {"@template": "{{traits.first}}"},
        "source": {"@literal": "headgate"},
        "tags": ["a", {"@path": "$.traits.tag"}],
        "attributes": {"@path": "$.traits"},
    }
    assert Settings.default_mapping() == {}


def test_secrets_are_known_by_their_stored_names() -> None:
    assert Account.stored_secrets() == {"apiKey"}
    assert Contact.stored_secrets() == {"authToken"}
    assert Settings.stored_secrets() == frozenset()


def test_secrets_show_in_no_repr() -> None:
    shown = [
        f(x)
        for x in (Account(api_key="s3cret"), Contact(email="a@example.com", token="s3cret"))  # noqa: S106 - a made-up one
        for f in (repr, str)
    ]
    assert all("***" in text and "s3cret" not in text for text in shown)
    assert all("a@example.com" in text for text in shown[2:])


def test_faults_never_hold_the_value_of_a_secret() -> None:
    class Strict(Settings):
        key: str = field("Key", secret=True)
        other: str = field("Other")

        @field_validator("key", "other")
        @classmethod
        def _refuse(cls, value: str) -> str:
            raise ValueError(f"{value} is bad")

    with pytest.raises(InvalidSettings) as caught:
        Strict.read({"key": "s3cret", "other": "plain"})
    assert caught.value.faults == (
        "Key (key) is not valid.",
        "Other (other) is not valid: Value error, plain is bad.",
    )
    assert caught.value.__context__ is None
    assert discarded({"email": "a@example.com", "authToken": ["s3cret", "s3cret"]}) == (
        "Token must be a string but it was an array."
    )


def test_an_author_may_check_fields_together() -> None:
    class Span(Payload):
        first: int = field("First")
        last: int = field("Last")

        @model_validator(mode="after")
        def _in_order(self) -> Span:
            if self.last < self.first:
                raise ValueError("last comes before first")
            return self

    assert Span.read({"first": 1, "last": 2}).last == 2
    with pytest.raises(Discard, match=r"The whole is not valid: .*last comes before first"):
        Span.read({"first": 2, "last": 1})


def test_fields_cannot_be_changed() -> None:
    contact = Contact(email="a@example.com")
    with pytest.raises(ValueError, match="frozen"):
        contact.email = "b@example.com"


def test_a_field_without_a_declaration_is_an_ordinary_one() -> None:
    class Plain(Settings):
        name: str
        note: str | None

    assert Plain.read({"name": "x"}) == Plain(name="x", note=None)
    assert Plain.stored_secrets() == frozenset()


def test_declarations_are_inherited() -> None:
    class Person(Contact):
        age: int = field("Age")

    assert Person.default_mapping() == Contact.default_mapping()
    with pytest.raises(Discard, match=r"the required field 'age'. The value at /tags/0 must be"):
        Person.read({"email": "a@example.com", "tags": ["z"]})


@pytest.mark.parametrize("name", ["name", "tags", "labels"])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_number_of_thousands_of_digits_is_told_where_text_is_asked_for(
    name: str, sign: int
) -> None:
    """Python refuses to write it, with a bare ValueError."""
    number = sign * 10**4300
    given = {"labels": {"a": number}}.get(name, number)
    assert "too many digits" in discarded({"email": "a@b.c", name: given})
    assert "too many digits" in invalid({"apiKey": number})[0]


def test_a_subclass_reads_inherited_fields_once() -> None:
    """Each generation added the reading of its fields to that of the one before."""

    class Dated(Contact):
        at: datetime | None = field("At")

    class Again(Dated):
        more: str | None = field("More")

    for name in ("attributes", "at"):
        inherited = Again.model_fields[name]
        assert len(inherited.metadata) == len(Dated.model_fields[name].metadata)
        assert inherited.annotation == Dated.model_fields[name].annotation
    assert len(Again.model_fields["attributes"].metadata) == 2
    assert Again.read({"email": "a@b.c", "at": "Feb 1, 2021"}).at is not None
