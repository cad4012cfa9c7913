from __future__ import annotations

from ipaddress import ip_network

import pytest

from headgate.deliver.transport.egress import Egress, Origin
from headgate.kit.errors import TransportError

PUBLIC = "93.184.215.14"


def refusal(url: str, *allow: str, https_only: bool = True, found: str = "") -> str:
    """Say why a URL is refused, or that it is not, when its host has the address `found`."""
    egress = Egress([ip_network(text) for text in allow], https_only=https_only)
    try:
        target = egress.check_url(url)
        if found:
            egress.check_addresses(target.origin, [found])
    except TransportError as error:
        return f"{error.kind}: {error}"
    return ""


def test_a_url_is_taken_apart() -> None:
    target = Egress().check_url("HTTPS://API.Example.com:8443/v1/a%20b?c=d#e")
    assert (target.scheme, target.host, target.port) == ("https", "api.example.com", 8443)
    assert target.path == "/v1/a%20b?c=d"
    assert target.origin.authority == "api.example.com:8443"


@pytest.mark.parametrize(
    ("url", "path", "authority"),
    [
        ("https://a.com", "/", "a.com"),
        ("https://a.com:443?q", "/?q", "a.com"),
        ("https://a.com./x", "/x", "a.com"),
        ("https://a.com/x#y", "/x", "a.com"),
        ("https://a.com/é b", "/%C3%A9%20b", "a.com"),
        ("https://a.com?é", "/?%C3%A9", "a.com"),
        ("https://a_b.c-d.com//x/../y", "//x/../y", "a_b.c-d.com"),
        ("https://münchen.example/", "/", "xn--mnchen-3ya.example"),
        ("https://xn--mnchen-3ya.example/", "/", "xn--mnchen-3ya.example"),
        ("https://[2A00:1450:4001:081b::200e]:8443/", "/", "[2a00:1450:4001:81b::200e]:8443"),
        ("https://a.com/x?u=http://127.0.0.1/@", "/x?u=http://127.0.0.1/@", "a.com"),
    ],
)
def test_a_url_is_sent_in_one_form(url: str, path: str, authority: str) -> None:
    target = Egress().check_url(url)
    assert (target.path, target.origin.authority) == (path, authority)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "a.com",
        "//a.com/",
        "https:a.com",
        "https:/a.com",
        "https:\\\\a.com",
        "ftp://a.com/",
        "file:///etc/passwd",
        "https://",
        "https:///path",
        " https://a.com/",
        "https://a.com/\r\nX: y",
        "https://a.com\t/",
        "https://a\x00.com/",
        "https://user@a.com/",
        "https://user:secret@a.com/",
        "https://a.com:secret@b.com/",
        "https://a.com\\@b.com/",
        "https://a.com:/",
        "https://a.com:0/",
        "https://a.com:65536/",
        "https://a.com:-1/",
        "https://a.com:0x50/",
        "https://a.com:80:80/",
        "https://a..com/",
        "https://.com/",
        "https://-a.com/",
        "https://a-.com/",
        "https://a%2ecom/",
        "https://a b.com/",
        "https://xn--/",
        "https://xn--abc-/",
        "https://" + "a" * 64 + ".com/",
        "https://" + "abcdefg." * 32 + "com/",
        "https://[::1/",
        "https://[::1%25lo]/",
        "https://[1.2.3.4]x/",
        "https://loc\u00adalhost/",
        "https://lo\u200bcalhost/",
        "https://localho\u017ft/",
        "https://\u24db\u24de/",
        "https://a\u2024com/",
        "https://127\u30020.0.1/",
        "https://\uff11\uff12\uff17.0.0.1/",
    ],
)
def test_what_has_two_readings_is_refused(url: str) -> None:
    why = refusal(url, "0.0.0.0/0", "::/0", found="127.0.0.1")
    assert why.startswith("blocked: ")
    assert "secret" not in why


@pytest.mark.parametrize(
    "host",
    [
        *("127.1", "127.0.1", "2130706433", "017700000001", "0x7f000001", "0x7F.0x0.0x0.0x1"),
        *("0177.0.0.1", "127.0.0.1.", "00000177.0.0.1", "0", "4294967295", "169.254.43518"),
        *("0x", "1.2.3.4.5", "256.1.1.1", "example.0x7f", "1.2.3.08"),
    ],
)
def test_an_address_in_an_odd_form_is_refused_whatever_it_means(host: str) -> None:
    assert "plain form" in refusal(f"https://{host}/", "0.0.0.0/0")


@pytest.mark.parametrize("port", [1, 22, 25, 80, 444, 1023, 2049, 5060, 6000, 6667, 10080])
def test_a_port_of_another_protocol_is_refused(port: int) -> None:
    assert "port" in refusal(f"https://a.com:{port}/")
    assert "port" in refusal(f"https://{PUBLIC}:{port}/")


@pytest.mark.parametrize("port", [443, 1024, 3000, 8443, 9000, 65535])
def test_the_standard_port_and_high_ones_are_taken(port: int) -> None:
    assert refusal(f"https://a.com:{port}/", found=PUBLIC) == ""


def test_plain_http_needs_an_allow_listed_address() -> None:
    assert "https" in refusal("http://a.com/")
    assert "https" in refusal(f"http://{PUBLIC}/")
    assert "https" in refusal("http://a.com/", "10.0.0.0/8", found=PUBLIC)
    assert refusal("http://a.com/", "10.0.0.0/8", found="10.1.2.3") == ""
    assert refusal(f"http://{PUBLIC}/", f"{PUBLIC}/32") == ""
    assert refusal("http://a.com/", https_only=False, found=PUBLIC) == ""


def test_an_allow_listed_address_is_free_of_the_rules() -> None:
    assert refusal("http://127.0.0.1:22/", "127.0.0.0/8") == ""
    assert refusal("http://127.0.0.1:22/", "127.0.0.2/32")
    assert refusal("http://[::1]:9000/", "::1/128") == ""
    assert refusal("http://[::ffff:127.0.0.1]:9000/", "127.0.0.0/8") == ""
    assert refusal("http://[::ffff:127.0.0.1]:9000/", "::/0")


def test_a_refusal_says_what_the_address_is_and_how_to_allow_it() -> None:
    why = refusal("https://db.internal/path", found="10.1.2.3")
    assert why == (
        "blocked: blocked: db.internal (10.1.2.3) is private; to allow it start with "
        "HEADGATE_EGRESS_ALLOW=10.1.2.3/32 or a wider network"
    )


def origin(egress: Egress, url: str = "https://a.com/") -> Origin:
    return egress.check_url(url).origin


def test_one_inner_address_spoils_the_answer() -> None:
    egress = Egress()
    for found in ([PUBLIC, "10.0.0.5"], ["10.0.0.5", PUBLIC], [PUBLIC, "fd00::5"]):
        with pytest.raises(TransportError) as caught:
            egress.check_addresses(origin(egress), found)
        assert caught.value.kind == "blocked"


def test_allow_listed_addresses_are_taken_alone() -> None:
    """`localhost` is 127.0.0.1 and ::1 on most machines; allowing the one must be enough."""
    egress = Egress([ip_network("127.0.0.0/8")])
    assert egress.check_addresses(origin(egress), ["127.0.0.1", "::1"]) == ("127.0.0.1",)
    assert egress.check_addresses(origin(egress), ["::1", "127.0.0.1"]) == ("127.0.0.1",)


@pytest.mark.parametrize("odd", ["fe80::1%lo0", "localhost", "127.1", ""])
def test_what_a_hosts_file_calls_an_address_must_be_one(odd: str) -> None:
    egress = Egress()
    for found in ([odd], [PUBLIC, odd], [odd, PUBLIC]):
        with pytest.raises(TransportError, match="no address to dial") as caught:
            egress.check_addresses(origin(egress), found)
        assert caught.value.kind == "blocked"
    allowing = Egress([ip_network("127.0.0.0/8")])
    assert allowing.check_addresses(origin(allowing), [odd, "127.0.0.1"]) == ("127.0.0.1",)


def test_addresses_are_dialled_as_what_they_are() -> None:
    egress = Egress()
    assert egress.check_addresses(origin(egress), ["::ffff:8.8.8.8"]) == ("8.8.8.8",)


def test_a_single_address_is_judged_by_the_same_rules() -> None:
    egress = Egress([ip_network("10.1.0.0/16")])
    assert egress.check_address("10.1.2.3")
    assert egress.check_address(PUBLIC)
    assert not egress.check_address("10.2.0.1")
    assert not egress.check_address("::1")
    assert not egress.check_address("a.com")


def test_the_cache_of_origins_stays_bounded_and_right() -> None:
    egress = Egress()
    for n in range(10_000):
        assert egress.check_url(f"https://a{n}.com/{n}").host == f"a{n}.com"
    assert len(egress._origins) <= 4096
    assert len(egress._targets) <= 4096


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://events.example.org/v1/track", PUBLIC),
        ("https://EVENTS.example.org:443/v1/track", PUBLIC),
        ("http://127.0.0.1:8080/v1/track", ""),
        ("http://other.example.org:8080/v1/track", "127.0.0.1"),
    ],
)
def test_where_our_own_events_come_in_is_no_destination(url: str, found: str) -> None:
    own = (("events.example.org", 443), ("127.0.0.1", 8080))
    egress = Egress([ip_network("127.0.0.0/8")], own=own)
    with pytest.raises(TransportError, match="would go in a circle") as caught:
        egress.check_addresses(egress.check_url(url).origin, [found])
    assert caught.value.kind == "blocked"


def test_another_port_of_our_own_machine_is_another_end() -> None:
    egress = Egress([ip_network("127.0.0.0/8")], own=[("127.0.0.1", 8080)])
    assert egress.check_url("http://127.0.0.1:8081/").port == 8081
