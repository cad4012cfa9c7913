import copy
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from headgate.mapping.errors import MappingError
from headgate.mapping.liquidjs import compile as compile_liquid
from headgate.mapping.liquidjs import variables


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("x" * 1001, "liquid template values are limited to 1000 characters"),
        ("{% for a in b %}{% endfor %}", 'tag "for" is disabled, line:1, col:1'),
        ("a\n {% nothing %}", 'tag "nothing" not found, line:2, col:2'),
        ("{% if a %}", "tag {% if a %} not closed, line:1, col:1"),
        ("{{ a", 'output "{{ a" not closed, line:1, col:1'),
    ],
)
def test_faults_of_the_template_are_found_when_it_is_compiled(template: str, message: str) -> None:
    with pytest.raises(MappingError) as raised:
        compile_liquid(template)
    assert raised.value.messages == (message,)


def test_a_disabled_filter_counts_only_where_it_is_reached() -> None:
    render = compile_liquid("{% if list %}{{ list | sort }}{% endif %}ok")
    assert render({}) == "ok"
    with pytest.raises(MappingError, match='filter "sort" is disabled, line:1, col:14'):
        render({"list": [2, 1]})


def test_the_length_of_a_template_is_counted_in_utf_16_units() -> None:
    assert compile_liquid("😀" * 500)({}) == "😀" * 500
    with pytest.raises(MappingError, match="limited to 1000 characters"):
        compile_liquid("😀" * 501)


def test_brackets_and_tags_may_not_nest_without_end() -> None:
    tags = "{% liquid\n" + "if a\n" * 190 + "%}"
    deep = ("{{ " + "a[" * 400 + " }}", "{{ " + "(" * 400 + " }}", tags)
    for template in deep:
        with pytest.raises(MappingError, match="nested deeper"):
            compile_liquid(template)


def test_a_value_that_is_nested_too_deeply_is_refused() -> None:
    value: list[Any] = []
    for _ in range(5000):
        value = [value]
    with pytest.raises(MappingError, match="nested too deeply"):
        compile_liquid("{{ a | json }}")({"a": value})


def test_rendering_leaves_the_event_as_it_came() -> None:
    event: dict[str, Any] = {"count": 5, "list": ["a"], "o": {"list": [1]}}
    before = copy.deepcopy(event)
    template = "{% increment count %}{% assign list = o.list | push: 2 %}{{ count }}{{ list }}"
    assert compile_liquid(template)(event) == "5612"
    assert event == before


def test_each_rendering_starts_anew_in_any_thread() -> None:
    render = compile_liquid("{% increment n %}{% assign v = v | append: name %}{{ v }}")
    with ThreadPoolExecutor(4) as pool:
        texts = list(pool.map(render, ({"name": str(index)} for index in range(200))))
    assert texts == [f"0{index}" for index in range(200)]


def test_nothing_of_python_can_be_reached() -> None:
    names = ("__class__", "__init__", "keys", "append", "format", "__dict__")
    for name in names:
        template = f"{{{{ s.{name} }}}}{{{{ l.{name} }}}}{{{{ d.{name} }}}}{{{{ {name} }}}}"
        assert compile_liquid(template)({"s": "a", "l": [1], "d": {}}) == ""


def test_names_every_javascript_object_has_are_names_like_others() -> None:
    event: dict[str, Any] = {"constructor": 1, "o": {"constructor": 2}}
    assert compile_liquid("{{ constructor }}{{ o.constructor }}{{ toString }}")(event) == "12"


def test_huge_integers_become_doubles_as_soon_as_they_are_computed_with() -> None:
    event: dict[str, Any] = {"n": 10**400, "id": 12345678901234567890}
    assert compile_liquid("{{ n | plus: 1 }}")(event) == "Infinity"
    assert compile_liquid("{{ id | plus: 0 }}")(event) == "12345678901234567000"


def test_variables_are_listed_once_by_their_paths() -> None:
    template = (
        "{{ properties.items[0].sku | append: properties['a b'][userId] }}"
        "{% if context.ip == (1..count).size %}{{ properties.items[0].sku }}{% endif %}"
    )
    assert variables(template) == [
        "properties.items[0].sku",
        "properties['a b'][userId]",
        "userId",
        "context.ip",
        "size",
    ]
