"""What Google wants of events that sell something; it would drop others without a word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from headgate.kit import Discard

_CODES = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP
BYN BZD CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB
EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD
JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU
MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD
RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY
TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF XAG XAU XBA XBB XBC XBD XCD
XDR XOF XPD XPF XPT XSU XTS XUA XXX YER ZAR ZMW ZWC ZWG ZWL
"""
"""Codes of ISO 4217, and some that it no longer has: events may be of yesterday."""
_CURRENCIES = frozenset(_CODES.split())


def check(params: Mapping[str, Any], *, needs_currency: bool, needs_items: bool) -> None:
    """Raise `Discard` for parameters that Google would not take.

    `needs_currency`: a value counts for nothing without one, and products must have one, too.
    """
    items: Sequence[Mapping[str, Any]] = params.get("items", ())
    currency = params.get("currency")
    for code in (currency, *(item.get("currency") for item in items)):
        check_currency(code)
    for item in items:
        if item.get("item_name") is None and item.get("item_id") is None:
            raise Discard("Each product needs a name or an ID: map the members of Products.")
    if needs_currency:
        _check_money(params, items)
    if needs_items and not items:
        raise Discard("This event needs one product or more: map the field Products.")


def check_currency(code: str | None) -> None:
    if code is not None and code.upper() not in _CURRENCIES:
        raise Discard(f"{code!r} is no currency: give a code of ISO 4217, such as USD.")


def _check_money(params: Mapping[str, Any], items: Sequence[Mapping[str, Any]]) -> None:
    if params.get("currency") is not None:
        return
    if params.get("value"):
        raise Discard("A value needs a currency: map the field Currency.")
    if "items" in params and not (items and items[0].get("currency") is not None):
        raise Discard("The event or its first product needs a currency: map the field Currency.")
