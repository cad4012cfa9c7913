"""Liquid templates and events to compare the engine of `@liquid` with the original."""

from functools import cache

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from headgate.mapping.values import Json

_NAMES = ("a", "b", "n", "s", "list", "object", "date", "html", "missing", "properties", "v1")
_TEXTS = (
    "",
    " ",
    "  padded \n",
    "a",
    "abc",
    "Hello, World",
    "ÀÉß İstanbul ΣΑΣ",
    "😀 smile 😀",
    "日本 語 text",
    "12",
    "-3.5",
    "0x1F",
    "1e3",
    "a,b,,c,,",
    "<p class='x'>5 &amp; 6</p><script>1</script>",
    "https://x.test/?q=a b&c=%20%zz",
    "line\r\nbreak\nagain",
    "2024-02-29T13:14:15.167Z",
    "Mar 5, 2021 4:05 PM",
    "2020-01-01",
    "eyJhIjoiw6kifQ==",
)
_NUMBERS = (0, 1, -1, 2, 3, 10, 0.5, -2.5, 1e21, 1e-7, 1234567.891, 1583020800)
_FILTERS = {
    0: [
        "abs",
        "ceil",
        "floor",
        "size",
        "first",
        "last",
        "downcase",
        "upcase",
        "capitalize",
        "escape",
        "escape_once",
        "xml_escape",
        "strip",
        "lstrip",
        "rstrip",
        "squish",
        "sha256",
        "strip_html",
        "strip_newlines",
        "normalize_whitespace",
        "number_of_words",
        "json",
        "jsonify",
        "inspect",
        "to_integer",
        "compact",
        "pop",
        "shift",
        "sum",
        "url_encode",
        "url_decode",
        "cgi_escape",
        "uri_escape",
        "base64_encode",
        "base64_decode",
        "slugify",
        "raw",
        "unknown",
        "date",
        "date_to_xmlschema",
        "date_to_rfc822",
        "date_to_string",
        "date_to_long_string",
        "map",
        "sort",
    ],
    1: [
        "hmac_sha256",
        "plus",
        "minus",
        "times",
        "divided_by",
        "modulo",
        "round",
        "at_least",
        "at_most",
        "append",
        "prepend",
        "remove",
        "remove_first",
        "remove_last",
        "split",
        "join",
        "default",
        "slice",
        "truncate",
        "truncatewords",
        "push",
        "unshift",
        "where",
        "date",
        "json",
        "strip",
        "lstrip",
        "rstrip",
        "sum",
        "slugify",
        "number_of_words",
        "inspect",
        "date_to_string",
    ],
    2: [
        "replace",
        "replace_first",
        "replace_last",
        "slice",
        "truncate",
        "truncatewords",
        "where",
        "divided_by",
        "default",
        "slugify",
        "date",
        "date_to_long_string",
        "at_most",
    ],
}
_COUNTS = st.sampled_from(tuple(_FILTERS))
_NAMES_OF = {count: st.sampled_from(names) for count, names in _FILTERS.items()}
_FORMATS = (
    "%Y-%m-%d %H:%M:%S",
    "%a %b %-d, %y %l:%M %p %Z",
    "%j %U %W %u %w %C %q %s %L %3N %N %z %:z",
    "%_d|%-m|%05Y|%^a|%#B|%10A|%e|%k|%I|%P|%n%t%%|%Q|%c|%x|%X|%h",
)
_OPERATORS = ("==", "!=", "<", ">", "<=", ">=", "contains", "and", "or", "not", "")


def templates() -> SearchStrategy[str]:
    """Templates of a few tags and outputs; most parse, and most print something."""
    return st.lists(_pieces(), min_size=1, max_size=5).map("".join)


def events() -> SearchStrategy[dict[str, Json]]:
    """Events with the names that the templates read."""
    scalars = st.sampled_from((None, True, False, *_NUMBERS, *_TEXTS))
    values: SearchStrategy[Json] = st.recursive(
        scalars,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from((*_NAMES, "size", "length", "first", "0")), inner)
        ),
        max_leaves=6,
    )
    return st.dictionaries(st.sampled_from(_NAMES), values, max_size=8)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


@cache
def _paths() -> SearchStrategy[str]:
    steps = st.sampled_from(
        (".a", ".b", ".size", ".first", ".last", ".length", "[0]", "[-1]", "['a']", "[n]", "[s]")
    )
    tail = st.lists(steps, max_size=2).map("".join)
    return st.tuples(st.sampled_from(_NAMES), tail).map("".join)


@cache
def _values() -> SearchStrategy[str]:
    words = st.sampled_from(("true", "false", "nil", "empty", "blank", "(1..3)", "(n..2)"))
    texts = st.sampled_from((*_TEXTS, *_FORMATS)).map(_quoted)
    numbers = st.sampled_from((*_NUMBERS, 5, 100)).map(str)
    return st.one_of(_paths(), _paths(), texts, numbers, words)


@cache
@st.composite
def _filter(draw: st.DrawFn) -> str:
    count = draw(_COUNTS)
    name = draw(_NAMES_OF[count])
    if name == "date" and count and draw(st.booleans()):
        return f" | date: {_quoted(draw(st.sampled_from(_FORMATS)))}"
    arguments = ", ".join(draw(_values()) for _ in range(count))
    return f" | {name}: {arguments}" if arguments else f" | {name}"


@cache
@st.composite
def _expression(draw: st.DrawFn) -> str:
    more = draw(st.lists(st.tuples(st.sampled_from(_OPERATORS), _values()), max_size=2))
    operations = "".join(f" {operator} {value}" for operator, value in more)
    return draw(_values()) + operations


@cache
@st.composite
def _computed(draw: st.DrawFn) -> str:
    initial = draw(st.one_of(_values(), _values(), _expression()))
    return initial + "".join(draw(st.lists(_filter(), max_size=3)))


@st.composite
def _tag(draw: st.DrawFn, inside: str) -> str:
    left, right = draw(st.sampled_from(("{%", "{%-"))), draw(st.sampled_from(("%}", "-%}")))
    name, value = draw(st.sampled_from(_NAMES)), draw(_computed())
    other = draw(_values())
    forms = (
        f"{left} assign {name} = {value} {right}",
        f"{left} if {value} {right}{inside}{left} else {right}-{{% endif %}}",
        f"{left} unless {value} {right}{inside}{left} elsif {other} {right}~{{% endunless %}}",
        f"{left} capture {name} {right}{inside}{{% endcapture %}}",
        f"{left} increment {name} {right}",
        f"{left} decrement {name} {right}",
        f"{left} cycle {other}, 'x' {right}",
        f"{left} echo {value} {right}",
        f"{left} comment {right}{inside}{{% endcomment %}}",
        f"{left} raw {right}{inside}{{% endraw {right}",
        f"{{% liquid assign {name} = {value}\n echo {name} \n{right}",
        f"{left} # {name} {right}",
        f"{left} break {right}",
    )
    return draw(st.sampled_from(forms))


@cache
def _pieces() -> SearchStrategy[str]:
    outputs = st.tuples(st.sampled_from(("{{", "{{-")), _computed(), st.sampled_from(("}}", "-}}")))
    plain = st.sampled_from((" ", "text", "\n  ", "{", "}} %}", "é😀", "{{", "{% if %}"))
    printed = outputs.map(" ".join)
    tags = printed.flatmap(_tag)
    return st.one_of(printed, printed, tags, plain)
