"""Asks Segment's Public API: page by page, with the waits it asks for, and a cure in each error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import msgspec

from headgate.control.errors import ControlError
from headgate.kit.errors import DeliveryError, Retry
from headgate.kit.masking import masked

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from headgate.kit.http import Http, Response

TIMEOUT: Final = 60.0
"""Seconds for one answer: a page of destinations holds all that their catalogue says of them."""
MOST_BYTES: Final = 64 << 20
COUNT: Final = 100
"""Things on a page; Segment gives up to 200."""
MOST_PAGES: Final = 1_000
TRIES: Final = 6
LONGEST_WAIT: Final = 120.0
"""Seconds that one answer may ask for."""
LONGEST_WAITS: Final = 900.0
"""Seconds that all answers together may ask for."""
_LONGEST_TEXT: Final = 300
_NO_TOKEN: Final = 401
_FORBIDDEN: Final = 403
_REFUSALS: Final = frozenset(range(400, 500)) - {_NO_TOKEN, 429}
_FINAL: Final = frozenset({"blocked", "dns", "tls"})
"""Failures of the network that another try does not change."""

_CURE: Final = "Is --url right?"
_CURES: Final = {
    _NO_TOKEN: (
        "Make a Public API token for the workspace in its settings, under Access Management, and"
        " put it into the variable that --token-env names; a workspace in the EU needs"
        " --url https://eu1.api.segmentapis.com."
    ),
    _FORBIDDEN: "The token needs the role of a workspace owner to read everything.",
}

Thing = TypeVar("Thing")


class SegmentError(ControlError):
    """Segment did not tell what was asked; the message says what to do, `status` is its answer."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status

    @property
    def is_refusal(self) -> bool:
        """Whether this one question was refused: a plan or a token need not open everything."""
        return self.status in _REFUSALS


class _Page(NamedTuple):
    things: Any
    next: str


class PublicApi:
    """Segment's Public API at `url`. `say` tells people why it takes long; `sleep` takes seconds.

    The token stands in no error and in nothing that was read: where an answer repeats it, it is
    masked before anything else looks at it.
    """

    def __init__(
        self,
        http: Http,
        url: str,
        token: str,
        *,
        sleep: Callable[[float], Awaitable[None]],
        say: Callable[[str], None],
    ) -> None:
        self._http = http.carrying(
            headers={"Authorization": f"Bearer {token}", "Accept": "application/json"}
        )
        self._url, self._token = url.rstrip("/"), token
        self._sleep, self._say = sleep, say
        self._waited = 0.0

    async def one(
        self, path: str, key: str, kind: type[Thing], params: Mapping[str, str] | None = None
    ) -> Thing:
        """What the answer has under `key`. Raises `SegmentError`."""
        data = await self.get(path, params or {})
        return _read(data.get(key), kind, path, key)

    async def all(
        self,
        path: str,
        key: str,
        kind: type[Thing],
        params: Mapping[str, str] | None = None,
        *,
        count: int = COUNT,
    ) -> tuple[Thing, ...]:
        """The list under `key`, of all pages. Raises `SegmentError`."""
        found: list[Thing] = []
        cursors = {""}
        paging = {"pagination[count]": str(count)}
        for _ in range(MOST_PAGES):
            page = _page(await self.get(path, {**(params or {}), **paging}), key, path)
            found += _read(page.things, list[kind], path, key)  # type: ignore[valid-type]
            if not page.next:
                return tuple(found)
            if page.next in cursors:
                break
            cursors.add(page.next)
            paging["pagination[cursor]"] = page.next
        raise SegmentError(f"Segment's list {path} does not end: is --url right?")

    async def get(self, path: str, params: Mapping[str, str]) -> dict[str, Any]:
        """The `data` of an answer, asked for again while Segment is busy. Raises `SegmentError`."""
        for number in range(TRIES):
            try:
                response = await self._http.get(
                    f"{self._url}{path}", params=dict(params), timeout=TIMEOUT, max_body=MOST_BYTES
                )
                if not response.is_cut:
                    return self._data(response, path)
                failure = Retry("its answer broke off or is too long.")
            except Retry as error:
                failure = error
            except DeliveryError as error:
                raise self._refused(error, path) from None
            if failure.kind in _FINAL:
                raise SegmentError(f"GET {path} failed: {failure}")
            if number + 1 < TRIES:
                await self._wait(failure, number, path)
        raise SegmentError(
            f"GET {path} failed: {failure} Segment may be down, or --url wrong: try again later."
        )

    async def _wait(self, failure: Retry, number: int, path: str) -> None:
        seconds = float(2**number) if failure.after is None else failure.after
        if seconds > LONGEST_WAIT or self._waited + seconds > LONGEST_WAITS:
            raise SegmentError(
                f"GET {path} failed: {failure} It is to be asked again in {seconds:,.0f} s: import"
                " again then.",
            )
        self._say(f"{failure} Asking again in {seconds:g} s.")
        self._waited += seconds
        await self._sleep(seconds)

    def _data(self, response: Response, path: str) -> dict[str, Any]:
        try:
            said = msgspec.json.decode(self._without_token(response.text), type=dict[str, Any])
            return _read(said.get("data"), dict[str, Any], path, "data")
        except (msgspec.DecodeError, RecursionError) as error:
            raise _rubbish(path, str(error)) from None

    def _refused(self, error: DeliveryError, path: str) -> SegmentError:
        about = f"GET {path}: {error}{self._said(error.response)}"
        return SegmentError(f"{about} {_CURES.get(error.status or 0, _CURE)}", error.status)

    def _said(self, response: Response | None) -> str:
        """What Segment itself says of its refusal."""
        try:
            said: Any = msgspec.json.decode(response.body if response else b"")
            text = self._without_token(str(said["errors"][0]["message"]))
        except (msgspec.DecodeError, RecursionError, LookupError, TypeError):
            return ""
        return f" It says: {text[:_LONGEST_TEXT]!r}."

    def _without_token(self, text: str) -> str:
        return masked(text, (self._token,))


def _page(data: Mapping[str, Any], key: str, path: str) -> _Page:
    paging = _read(data.get("pagination") or {}, dict[str, Any], path, "pagination")
    following = _read(paging.get("next") or "", str, path, "pagination.next")
    return _Page(data.get(key), following)


def _read(value: Any, kind: type[Thing], path: str, key: str) -> Thing:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise _rubbish(path, f"{key}: {error}") from None


def _rubbish(path: str, why: str) -> SegmentError:
    return SegmentError(
        f"The answer to GET {path} is not what Segment's Public API gives ({why}): is --url right?"
    )
