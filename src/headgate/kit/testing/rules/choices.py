"""The rule that a form which asks a destination for choices never breaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from headgate.kit.connected import Connected
from headgate.kit.errors import DeliveryError, InvalidSettings
from headgate.kit.fields import Search
from headgate.kit.http import Http
from headgate.kit.testing.faulty import FAILING, Failing
from headgate.kit.testing.recordings import TOKENS, Broken, PlayedRefresher, Player, ending
from headgate.kit.testing.rule import Fault

if TYPE_CHECKING:
    from headgate.kit.destination import Action
    from headgate.kit.testing.rule import Faults
    from headgate.kit.testing.subject import Subject

_MANY: Final = 8
_SAID_NOTHING: Final = "200 and no JSON"


async def offers_choices(subject: Subject) -> Faults:
    """Under every failure the answer is choices or a refusal of the right kind."""
    for slug, action in subject.destination.actions.items():
        settings = [each.settings for each in subject.recordings if each.action == slug][:1]
        for path in action.payload.dynamic_choices():
            for given in settings:
                for failing in (*FAILING, Failing(_SAID_NOTHING, "retry", 200)):
                    ended = await _asked(subject, action, path, given, failing)
                    if ended not in ("delivered", failing.ending):
                        message = f"must end as {failing.ending}, and ended as {ended}"
                        yield Fault(f"{slug}/{path}/{failing.name}", message)


async def _asked(
    subject: Subject, action: Action[Any, Any], path: str, given: Any, failing: Failing
) -> str:
    player = Player([failing.answer()] * _MANY)
    destination = subject.destination
    refresher = PlayedRefresher(destination, TOKENS, player) if destination.auth else None
    http = Http(player, idempotency_key="choices")
    try:
        connected = Connected(destination, destination.settings.read(given), refresher)
        await connected.choices(http, action, path, Search())
    except DeliveryError as error:
        return ending(error)
    except InvalidSettings:
        return "delivered"
    except Exception as error:  # noqa: BLE001 - a destination may raise anything
        return ending(Broken(error))
    return "delivered"
