from __future__ import annotations

import pytest

from headgate.destinations.mixpanel.browser import named, version

_KIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("header", "name", "number"),
    [
        (f"Mozilla/5.0 (X11) {_KIT} Chrome/112.0.1 Safari/537.36", "Chrome", "112.0.1"),
        (f"Mozilla/5.0 {_KIT} Chrome/120.0.0 Safari/5 Edg/120.0.22", "Microsoft Edge", "120.0.22"),
        (f"Mozilla/5.0 {_KIT} Chrome/64.0 Safari/537 Edge/17.17134", "Microsoft Edge", "17.17134"),
        (f"Mozilla/5.0 {_KIT} Chrome/1.2 Safari/5.3 OPR/105.0.0", "Opera", "105.0.0"),
        ("Opera/9.80 (J2ME/MIDP; Opera Mini/7.1) Presto OPR/12 Version/12.1", "Opera Mini", None),
        (f"Mozilla/5.0 {_KIT} SamsungBrowser/23.0 Chrome/115.0", "Samsung Internet", "23.0"),
        ("Mozilla/5.0 (iPhone) Version/16.5 Mobile Safari/604.1", "Mobile Safari", "16.5"),
        ("Mozilla/5.0 (Macintosh) Version/17.1 Safari/605.1.15", "Safari", "17.1"),
        ("Mozilla/5.0 (iPhone) CriOS/119.0.6 Mobile Safari/604.1", "Chrome iOS", "119.0.6"),
        ("Mozilla/5.0 (iPhone) FxiOS/119.0 Mobile Safari/605.1", "Firefox iOS", "119.0"),
        ("Mozilla/5.0 (iPhone) [FBAN/FBIOS;FBAV/437.0]", "Facebook Mobile", None),
        ("Mozilla/5.0 (X11; rv:121.0) Gecko/20100101 Firefox/121.0", "Firefox", "121.0"),
        ("Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0)", "Internet Explorer", "11.0"),
        ("Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1)", "Internet Explorer", "8.0"),
        ("Mozilla/5.0 (compatible; IEMobile; rv:10.0)", "Internet Explorer Mobile", "10.0"),
        ("Mozilla/5.0 (bb10; Touch) Version/10.1 Mobile", "BlackBerry", None),
        ("Mozilla/5.0 (Linux; U; Android 4.0.3) AppleWebKit Mobile", "Android Mobile", None),
        ("Mozilla/5.0 (compatible; Konqueror:4.5)", "Konqueror", "4.5"),
        ("UCWEB/2.0 UCBrowser/13.4.0", "UC Browser", "2.0"),
        ("Mozilla/5.0 (rv:1.9) Gecko", "Mozilla", "1.9"),
        ("curl/8.0", "", None),
        ("Chrome/112", "Chrome", None),
    ],
)
def test_what_a_user_agent_tells(header: str, name: str, number: str | None) -> None:
    assert (named(header), version(header)) == (name, number)


def test_a_long_header_is_read_from_its_beginning_only() -> None:
    assert named("Mini" * 100_000 + " OPR/") == ""
