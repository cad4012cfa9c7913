"""The second factor: six digits that change every half minute (RFC 6238), or a recovery code."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
import pyotp

if TYPE_CHECKING:
    from headgate.store.records import UserRecord
    from headgate.store.secrets import SecretBox

STEP_MS: Final = 30_000
_AROUND: Final = (-1, 0, 1)
"""A clock may be half a minute off, as RFC 6238 (section 5.2) recommends at most."""
_ISSUER: Final = "Headgate"
RECOVERY_CODES: Final = 10
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""None that is taken for another."""
_CODE_LETTERS: Final = 16
_LONGEST_CODE: Final = 64


class Totp(msgspec.Struct, frozen=True):
    """What is kept of a user's second factor; it counts when `is_on`.

    `secret` is sealed; `step` is the last one whose code was used: none up to it works again;
    `codes` are the hashes of the recovery codes that are left.
    """

    secret: dict[str, str]
    is_on: bool = False
    step: int = 0
    codes: tuple[str, ...] = ()


class Enrolment(NamedTuple):
    """What an authenticator is told once, as text and as a link for its camera."""

    secret: str
    uri: str


class Recovery(NamedTuple):
    """Codes that each work once, told once."""

    kept: Totp
    codes: tuple[str, ...]


def of(user: UserRecord) -> Totp | None:
    return None if user.totp is None else msgspec.convert(user.totp, Totp)


def is_on(user: UserRecord) -> bool:
    found = of(user)
    return found is not None and found.is_on


def given(user: UserRecord, totp: Totp | None) -> UserRecord:
    """The user with this second factor, or without one."""
    kept: dict[str, Any] | None = None if totp is None else msgspec.to_builtins(totp)
    return msgspec.structs.replace(user, totp=kept)


def begun(user: UserRecord, box: SecretBox) -> tuple[Totp, Enrolment]:
    """A new secret, which counts for nothing until a code of it was shown."""
    secret = pyotp.random_base32()
    uri = pyotp.TOTP(secret).provisioning_uri(name=user.email, issuer_name=_ISSUER)
    return Totp(box.seal(secret, place(user))), Enrolment(secret, uri)


def place(user: UserRecord) -> str:
    """Where the secret belongs: sealed elsewhere it does not open."""
    return f"users/{user.id}/totp"


def confirmed(totp: Totp) -> Recovery:
    """On from now on, with new recovery codes."""
    codes = tuple(_recovery_code() for _ in range(RECOVERY_CODES))
    kept = tuple(_hashed(each) for each in codes)
    return Recovery(msgspec.structs.replace(totp, is_on=True, codes=kept), codes)


def used(user: UserRecord, totp: Totp, code: str, box: SecretBox, now: int) -> Totp | None:
    """What is left when this code was used up; None for one that is wrong or was used.

    Raises SecretUnreadable.
    """
    plain = "".join(code[:_LONGEST_CODE].split()).replace("-", "").lower()
    if len(plain) == _CODE_LETTERS:
        return _recovered(totp, plain)
    step = _step(box.open(totp.secret, place(user)), plain, now)
    if step is None or step <= totp.step:
        return None
    return msgspec.structs.replace(totp, step=step)


def _step(secret: str, code: str, now: int) -> int | None:
    """Which of the steps around now has this code; each is looked at, whichever it is."""
    maker = pyotp.TOTP(secret)
    steps = [now // STEP_MS + each for each in _AROUND]
    found = [
        step for step in steps if hmac.compare_digest(maker.generate_otp(step).encode(), _raw(code))
    ]
    return max(found, default=None)


def _recovered(totp: Totp, code: str) -> Totp | None:
    digest = _hashed(code)
    if digest not in totp.codes:
        return None
    return msgspec.structs.replace(totp, codes=tuple(each for each in totp.codes if each != digest))


def _recovery_code() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(_CODE_LETTERS))


def _hashed(code: str) -> str:
    """79 bits of chance need no slow hash."""
    return hashlib.sha256(_raw(code)).hexdigest()


def _raw(code: str) -> bytes:
    return code.encode(errors="surrogatepass")


def shown(code: str) -> str:
    """A recovery code in groups that can be read out."""
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))
