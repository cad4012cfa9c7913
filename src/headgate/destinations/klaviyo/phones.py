"""Phone numbers in the form that Klaviyo takes, E.164: `+442071838750`."""

from __future__ import annotations

import re

from headgate.kit import Discard

_E164 = re.compile(r"\+[1-9]\d{1,14}", re.ASCII)
_COUNTRIES = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT
BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH
ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GT GU GW GY HK HM HN HR HT HU
ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT
LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL
NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI
SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TZ UA UG UM UN US
UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""
COUNTRIES = tuple(_COUNTRIES.split())
"""Codes of ISO 3166 that a form offers."""


def e164(phone: str, country: str | None) -> str:
    """Write a phone number as E.164. Raises `Discard` for one that is none in that country.

    One that has the form already stays as it is.
    """
    if _E164.fullmatch(phone):
        return phone
    written = _international(phone, country) if country else None
    if written is None:
        raise Discard(
            f"The phone number {phone!r} cannot be written as E.164 (+442071838750): send it in "
            "this form, or map the field Country of the number."
        )
    return written


def _international(phone: str, country: str) -> str | None:
    import phonenumbers  # it holds the numbering plans of the world: only for those who need it

    try:
        number = phonenumbers.parse(phone, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number_for_region(number, country):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
