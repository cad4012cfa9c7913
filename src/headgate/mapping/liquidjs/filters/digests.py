"""Filters that give digests of texts, as lower-case hexadecimal digits."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from headgate.mapping.liquidjs.filters.encodings import utf8
from headgate.mapping.liquidjs.filters.texts import text
from headgate.mapping.values import UNDEFINED

if TYPE_CHECKING:
    from headgate.mapping.liquidjs.budget import Budget


def sha256(budget: Budget, value: object) -> str:
    return hashlib.sha256(utf8(budget, text(budget, value))).hexdigest()


def hmac_sha256(budget: Budget, value: object, key: object = UNDEFINED) -> str:
    secret = utf8(budget, text(budget, key))
    return hmac.new(secret, utf8(budget, text(budget, value)), hashlib.sha256).hexdigest()
