"""Kinds of sources: what sends the events, with the ids and names that Segment gave them."""

from __future__ import annotations

from typing import Final, NamedTuple


class SourceKind(NamedTuple):
    """`id` is what Segment's APIs call `metadataId`; ours is the slug where Segment has none."""

    id: str
    slug: str
    name: str
    description: str
    category: str


_WEB, _MOBILE, _SERVER = "Website", "Mobile", "Server"

_KINDS: Final = (
    SourceKind("iUM16Md8P2", "http-api", "HTTP API", "Anything that speaks HTTP.", _SERVER),
    SourceKind("IqDTy1TpoU", "javascript", "Javascript", "Web pages: analytics.js.", _WEB),
    SourceKind("7XqN9rJQOG", "pixel", "Pixel Tracking API", "Images in mails and pages.", _SERVER),
    SourceKind("U9mT0bPcI6", "node.js", "Node.js", "Servers written for Node.js.", _SERVER),
    SourceKind("XRksQPCr7X", "python", "Python", "Servers written in Python.", _SERVER),
    SourceKind("yBvi77aEwr", "go", "Go", "Servers written in Go.", _SERVER),
    SourceKind("V6ynUvQgbc", "java", "Java", "Servers written in Java.", _SERVER),
    SourceKind("yMu7LRR59b", "kotlin", "Kotlin", "Servers written in Kotlin.", _SERVER),
    SourceKind("B6L7qzHmhI", "clojure", "Clojure", "Servers written in Clojure.", _SERVER),
    SourceKind("TDO70If4mD", "php", "PHP", "Servers written in PHP.", _SERVER),
    SourceKind("aACTBqIbWT", "ruby", "Ruby", "Servers written in Ruby.", _SERVER),
    SourceKind("8HWbgPTt3k", "net", ".NET", "Servers written for .NET.", _SERVER),
    SourceKind("rust", "rust", "Rust", "Servers written in Rust.", _SERVER),
    SourceKind("UBrsG9RVzw", "ios", "iOS", "Apps for iOS in Objective-C.", _MOBILE),
    SourceKind("dZeHygTSD4", "apple", "Apple", "Apps in Swift.", _MOBILE),
    SourceKind("wXNairW5xX", "android", "Android", "Apps for Android in Java.", _MOBILE),
    SourceKind(
        "9EMcTqiKok", "kotlin-android", "Kotlin (Android)", "Apps for Android in Kotlin.", _MOBILE
    ),
    SourceKind("B0X0QmvMny", "react-native", "React Native", "Apps in React Native.", _MOBILE),
    SourceKind("CvYws1p1ZA", "flutter", "Flutter", "Apps in Flutter.", _MOBILE),
    SourceKind("4zkHfaSKI8", "unity", "Unity", "Games made with Unity.", _MOBILE),
    SourceKind("wcssVcPJrc", "xamarin", "Xamarin", "Apps made with Xamarin.", _MOBILE),
    SourceKind("TNBRknbbnE", "amp", "AMP", "AMP pages.", _WEB),
    SourceKind("BbupS2SB0b", "roku", "Roku", "Channels for Roku.", "Ott"),
)
SOURCE_KINDS: Final[dict[str, SourceKind]] = {kind.slug: kind for kind in _KINDS}
"""By slug; the first is the one of a source that says nothing of it."""
USUAL: Final = _KINDS[0].slug

_BY_ID: Final = {kind.id: kind for kind in _KINDS}


def source_kind(name: str) -> SourceKind | None:
    """By its id or its slug."""
    return _BY_ID.get(name) or SOURCE_KINDS.get(name)
