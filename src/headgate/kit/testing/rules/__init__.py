"""The rules of the contract, by the level that asks for them."""

from __future__ import annotations

from typing import Final

from headgate.kit.testing.rule import LEVELS, Level, Rule
from headgate.kit.testing.rules import (
    batches,
    choices,
    declaration,
    outcomes,
    recorded,
    secrets,
    suggestions,
)

RULES: Final = (
    Rule(
        "is_declared_well",
        "experimental",
        "Its declaration is complete, and its triggers and mappings can be read.",
        declaration.is_declared_well,
    ),
    Rule(
        "is_found_by_its_slug",
        "experimental",
        "Its slug is the name of its folder, or of its entry point.",
        declaration.is_found_by_its_slug,
    ),
    Rule(
        "is_recorded",
        "experimental",
        "Every action, batch and deletion has a recording that ends well.",
        recorded.is_recorded,
    ),
    Rule(
        "sends_what_was_recorded",
        "experimental",
        "What is recorded happens again, request by request.",
        recorded.sends_what_was_recorded,
    ),
    Rule(
        "is_deterministic",
        "experimental",
        "A repeated attempt sends the same bytes.",
        recorded.is_deterministic,
    ),
    Rule(
        "sorts_answers",
        "experimental",
        "A refusal, an overload and silence each lead to the right next step.",
        outcomes.sorts_answers,
    ),
    Rule(
        "hides_secrets",
        "experimental",
        "No secret shows in errors, logs, reprs or records.",
        secrets.hides_secrets,
    ),
    Rule(
        "loses_nothing",
        "experimental",
        "Every event ends delivered, discarded with a reason, or waiting.",
        outcomes.loses_nothing,
    ),
    Rule(
        "refuses_bad_credentials",
        "experimental",
        "Its check of credentials asks, and says no without breaking.",
        outcomes.refuses_bad_credentials,
    ),
    Rule(
        "waives_with_reasons",
        "experimental",
        "Every waiver names a rule and a reason.",
        declaration.waives_with_reasons,
    ),
    Rule(
        "suggests_what_works",
        "beta",
        "Suggested triggers want an event, and suggested mappings make a payload of it.",
        suggestions.suggests_what_works,
    ),
    Rule(
        "presets_work",
        "beta",
        "So do those of presets.",
        suggestions.presets_work,
    ),
    Rule(
        "batches_say_the_same",
        "beta",
        "A batch says all that its events say alone.",
        batches.batches_say_the_same,
    ),
    Rule(
        "names_rejected_events",
        "beta",
        "Where a batch fails in part, each event has its own end.",
        recorded.names_rejected_events,
    ),
    Rule(
        "forgets",
        "beta",
        "Deleting a person ends well, is tried again, or is refused.",
        outcomes.forgets,
    ),
    Rule(
        "offers_choices",
        "beta",
        "A form that asks it for choices gets them, or a refusal, and never breaks it.",
        choices.offers_choices,
    ),
    Rule(
        "has_a_guide",
        "beta",
        "Its guide has every heading, and names every setting and action.",
        declaration.has_a_guide,
    ),
    Rule(
        "keeps_its_names",
        "beta",
        "No released name of an action, a field or a setting has gone.",
        declaration.keeps_its_names,
    ),
    Rule(
        "has_no_warnings",
        "stable",
        "Its declaration leaves nothing to wish for.",
        declaration.has_no_warnings,
    ),
    Rule(
        "is_recorded_widely",
        "stable",
        "Every action has two recordings, every partial failure and the check have one.",
        recorded.is_recorded_widely,
    ),
    Rule(
        "has_been_released",
        "stable",
        "All its names are in a snapshot of released names.",
        declaration.has_been_released,
    ),
    Rule(
        "needs_no_waiver",
        "stable",
        "It keeps every rule as it is written.",
        declaration.needs_no_waiver,
    ),
)
"""In the order in which they are best mended."""


def up_to(level: Level) -> tuple[Rule, ...]:
    """The rules that a level asks for."""
    return tuple(rule for rule in RULES if LEVELS.index(rule.level) <= LEVELS.index(level))


__all__ = ["RULES", "up_to"]
