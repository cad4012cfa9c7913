from __future__ import annotations

import re

import pytest

from requirements.notice import carried, is_installed, licence_of
from tests.habits.locks import Pin, pins
from tests.habits.source import ROOT

FORBIDDEN = re.compile(r"(?<!L)GPL|(?<!Lesser )General Public License", re.IGNORECASE)
"""The GPL and the AGPL would bind whoever builds on Headgate; the LGPL of a dependency does not."""

PINS = {pin.name: pin for pin in pins("run")}


@pytest.mark.parametrize(
    "licence", ["GPL-3.0-or-later", "AGPL-3.0", "GNU General Public License v2"]
)
def test_the_gpl_is_recognised(licence: str) -> None:
    assert FORBIDDEN.search(licence)


@pytest.mark.parametrize("pin", PINS.values(), ids=PINS)
def test_no_dependency_has_an_unknown_or_a_binding_licence(pin: Pin) -> None:
    if not is_installed(pin.name):
        assert not pin.is_for_this_machine, f"{pin.name} is in the lock and not installed"
        return
    licence = licence_of(pin.name)
    assert licence != "unknown", f"read the licence of {pin.name}, then add it to notice.py"
    assert not FORBIDDEN.search(licence), f"{pin.name} is under {licence}"


def test_the_notice_names_every_dependency_with_its_licence() -> None:
    notice = (ROOT / "NOTICE").read_text()
    here = [name for name in PINS if is_installed(name)]
    assert [name for name in here if f"- {name} ({licence_of(name)})" not in notice] == []


def test_what_browsers_load_is_under_licences_that_bind_nobody_and_is_named() -> None:
    notice, licences = (ROOT / "NOTICE").read_text(), carried()
    assert {name for name, licence in licences.items() if FORBIDDEN.search(licence)} == set()
    assert [name for name in licences if f"- {name} ({licences[name]})" not in notice] == []
