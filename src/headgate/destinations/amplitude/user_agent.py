"""What a User-Agent header tells of a device, in the words that Amplitude's SDKs use."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

_LONGEST: Final = 500
"""Characters that are read, which bounds the work for a header that was made to cause some."""


class Agent(NamedTuple):
    """What is known of a device and its browser; None for what the header does not tell."""

    os: str | None = None
    browser: str | None = None
    major: str | None = None
    """The first number of the browser's version."""
    vendor: str | None = None
    model: str | None = None
    kind: str | None = None
    """`mobile`, `tablet`, `smarttv`, `console`, `wearable`; None for a computer."""


@lru_cache(maxsize=4096)
def parse(header: str) -> Agent:
    """Read a header; the same few come again and again."""
    header = header[:_LONGEST]
    browser, major = _browser(header)
    vendor, model, kind = _device(header)
    return Agent(_first(_SYSTEMS, header), browser, major, vendor, model, kind)


def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.ASCII)


def _table(*rows: tuple[str, str]) -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((_pattern(pattern), name) for pattern, name in rows)


_BROWSERS: Final = _table(
    (r"\b(?:crmo|crios)/(\d+)", "Chrome"),
    (r"\bedg(?:e|a|ios)?/(\d+)", "Edge"),
    (r"\bopera mini/(\d+)", "Opera Mini"),
    (r"\bopios/(\d+)", "Opera Mini"),
    (r"\bopr/(\d+)", "Opera"),
    (r"\bopera(?:.+version)?[/ ](\d+)", "Opera"),
    (r"\bduckduckgo/(\d+)", "DuckDuckGo"),
    (r"\bvivaldi/(\d+)", "Vivaldi"),
    (r"\belectron/(\d+)", "Electron"),
    (r"\b(?:ucbrowser|ucweb)\D{0,2}(\d+)", "UCBrowser"),
    (r"\btrident.+rv[: ](\d+).*like gecko", "IE"),
    (r"\b(?:ms|\()ie (\d+)", "IE"),
    (r"\byabrowser/(\d+)", "Yandex"),
    (r"\bfxios/(\d+)", "Firefox"),
    (r"\bfocus/(\d+)", "Firefox Focus"),
    (r"\bmiuibrowser/(\d+)", "MIUI Browser"),
    (r"\bsamsungbrowser/(\d+)", "Samsung Internet"),
    (r"\bfban/fb(?:ios|4a);.*fbav/(\d+)", "Facebook"),
    (r"\bfb_iab/fb4a;fbav/(\d+)", "Facebook"),
    (r"\b(instagram)[/ ](\d+)", "Instagram"),
    (r"\bsnapchat/(\d+)", "Snapchat"),
    (r"\bgsa/(\d+)", "GSA"),
    (r"\bheadlesschrome/(\d+)", "Chrome Headless"),
    (r"; wv\).+chrome/(\d+)", "Chrome WebView"),
    (r"\bandroid.+version/(\d+)\S* (?:mobile )?safari", "Android Browser"),
    (r"\bchrome/(\d+)", "Chrome"),
    (r"\bversion/(\d+)\S*.*mobile/\w+ safari", "Mobile Safari"),
    (r"\bversion/(\d+)\S*.*safari", "Safari"),
    (r"\bwebkit.+(?:mobile ?safari|safari)/(\d+)", "Safari"),
    (r"\bfirefox/(\d+)", "Firefox"),
    (r"\bapplewebkit/(\d+)", "WebKit"),
)

_SYSTEMS: Final = _table(
    (r"\bwindows phone", "Windows Phone"),
    (r"\bxbox; xbox", "Xbox"),
    (r"\bwindows|\bwin(?=3|9|n)", "Windows"),
    (r"\b(?:iphone|ipad|ipod).*like mac os x", "iOS"),
    (r"\bcfnetwork/.+darwin", "iOS"),
    (r"\bmac ?os ?x|\bmacintosh", "Mac OS"),
    (r"\btizen\b", "Tizen"),
    (r"\bweb0s\b|\bwebos\b", "webOS"),
    (r"\bkaios/", "KAIOS"),
    (r"\bharmony ?os", "HarmonyOS"),
    (r"\bandroid\b", "Android"),
    (r"\bcros\b", "Chromium OS"),
    (r"\bplaystation", "PlayStation"),
    (r"\bnintendo", "Nintendo"),
    (r"\bubuntu\b", "Ubuntu"),
    (r"\bfedora\b", "Fedora"),
    (r"\bdebian\b", "Debian"),
    (r"\blinux\b", "Linux"),
)


class _Device(NamedTuple):
    """A pattern, of which the group is the model, and what it means."""

    pattern: re.Pattern[str]
    vendor: str | None
    kind: str | None


def _devices(*rows: tuple[str, str | None, str | None]) -> tuple[_Device, ...]:
    return tuple(_Device(_pattern(pattern), vendor, kind) for pattern, vendor, kind in rows)


_END: Final = r"(?= bui|\)|;)"  # where a model ends, before "Build/…"

_DEVICES: Final = _devices(
    (r"\b(lumia[ \w]+)", "Microsoft", "mobile"),
    (r"\b((?:sm-t|sm-x|gt-p|sch-i[89]0)\w*)\b", "Samsung", "tablet"),
    (r"\b((?:s[cgp]h|gt|sm)-\w+|galaxy nexus)\b", "Samsung", "mobile"),
    (r"\((?:iphone|ipod).+\b(iphone\d+,\d+)", "Apple", "mobile"),
    (r"\((iphone|ipod touch|ipod)", "Apple", "mobile"),
    (r"\((ipad)", "Apple", "tablet"),
    (r"(macintosh);", "Apple", None),
    (
        r"; ((?:ane|ele|vog|lya|eml|clt|mar|pot|jny|els|ana|noh|stk|yal|fig)-\w+)",
        "Huawei",
        "mobile",
    ),
    (r"; (mediapad[\w ]*?)" + _END, "Huawei", "tablet"),
    (r"; ((?:poco|redmi|mi |mi-|hm note)[\w .-]*?)" + _END, "Xiaomi", "mobile"),
    (r"; (cph\d{4})\b", "OPPO", "mobile"),
    (r"; vivo (\w+)", "Vivo", "mobile"),
    (r"; (rmx\d{4})\b", "Realme", "mobile"),
    (r"; (moto[^;]*?|xt\d{3,4}[\w-]*)(?= bui|\) |;)", "Motorola", "mobile"),
    (r"; (lm-\w+|nexus [45])", "LG", "mobile"),
    (r"; (nexus 9)\b", "HTC", "tablet"),
    (r"; (pixel c)\b", "Google", "tablet"),
    (r"; (pixel[\w ]*?)" + _END, "Google", "mobile"),
    (r"; ((?:so|xq)-\w+|[fg]\d{4})" + _END, "Sony", "mobile"),
    (r"; (?:oneplus )(\w+)", "OnePlus", "mobile"),
    (r"nokia[ _]?(\w+)", "Nokia", "mobile"),
    (r"; (kf[a-z]+)" + _END, "Amazon", "tablet"),
    (r"; (aft\w+)" + _END, "Amazon", "smarttv"),
    (r"\b(playstation [345p]\w*)", "Sony", "console"),
    (r"\b(xbox one|xbox(?!;))", "Microsoft", "console"),
    (r"\bnintendo (\w+)", "Nintendo", "console"),
    (r"\b(?:smart-tv|smarttv).*?()tizen", "Samsung", "smarttv"),
    (r"\b(?:smart-?tv|crkey|appletv)\b()", None, "smarttv"),
    (r"\bandroid [\d.]+; (?!mobile|tablet)([^;)]+?)(?: bui|\)|;).*mobile", None, "mobile"),
    (r"\bandroid [\d.]+; (?!mobile|tablet)([^;)]+?)" + _END, None, "tablet"),
    (r"\bandroid.+tablet\b()", None, "tablet"),
    (r"\bmobile\b()", None, "mobile"),
)


def _browser(header: str) -> tuple[str | None, str | None]:
    for pattern, name in _BROWSERS:
        if match := pattern.search(header):
            return name, match[match.lastindex or 0]
    return None, None


def _device(header: str) -> tuple[str | None, str | None, str | None]:
    for pattern, vendor, kind in _DEVICES:
        if match := pattern.search(header):
            return vendor, match[1] or None, kind
    return None, None, None


def _first(table: tuple[tuple[re.Pattern[str], str], ...], header: str) -> str | None:
    return next((name for pattern, name in table if pattern.search(header)), None)
