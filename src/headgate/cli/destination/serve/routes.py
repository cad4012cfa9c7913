"""The routes of the test server: those of Segment's (kit-behaviour 14), and the page's own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from headgate.cli.destination.report import secrets_of
from headgate.cli.destination.serve import asked as bodies
from headgate.cli.destination.serve import tester
from headgate.cli.destination.serve.answers import exchange, failure, without
from headgate.cli.destination.serve.manifest import manifest
from headgate.kit import AudienceRequest, ForgottenUser, Search
from headgate.kit.delivery import HOOKS
from headgate.kit.masking import MASK

if TYPE_CHECKING:
    from headgate.cli.destination.serve.asked import Asked
    from headgate.cli.destination.serve.customer import Customers
    from headgate.kit import Action, Choice
    from headgate.kit.destination.hooks import HookName

OWN: Final = "-"
"""Routes of the page begin with it: no action is called so."""

_INDEX: Final = re.compile(r"\.?\[(\d+)\]")
_AT_TOP: Final = frozenset({"authenticate", "authentication"})


class Answer(NamedTuple):
    """A status of HTTP, and the JSON that goes with it."""

    status: int
    value: Any


class Routes:
    """Answers requests about one destination. Nothing that it answers holds a secret."""

    def __init__(self, customers: Customers) -> None:
        self._customers = customers
        self._destination = customers.destination
        self._named = {
            "authenticate": self._authenticate,
            "authentication": self._authenticate,
            "refreshAccessToken": self._refresh,
            "createAudience": self._create_audience,
            "getAudience": self._get_audience,
            "delete": self._delete,
        }

    async def answer(self, method: str, path: str, body: bytes) -> Answer:
        """Answer whatever was asked: what goes wrong is an answer too."""
        steps = path.strip("/").split("/")
        if method == "GET":
            return self._shown(steps)
        try:
            asked = bodies.read(body, has_settings_at_top=steps[0] in _AT_TOP)
        except bodies.Malformed as error:
            return Answer(400, _refused(error))
        try:
            status, value = await self._posted(steps, asked)
        except Exception as error:  # noqa: BLE001 - the author's code may raise anything
            status, value = 500, [failure(error)]
        return Answer(status, without(self._customers.secrets(asked), value))

    def _shown(self, steps: list[str]) -> Answer:
        if steps == ["manifest"]:
            return Answer(200, manifest(self._destination))
        if steps == [OWN, "state"]:
            return Answer(200, tester.state(self._customers))
        return _nothing(f"no page /{'/'.join(steps)}: there are /, /manifest and routes to post to")

    async def _posted(self, steps: list[str], asked: Asked) -> Answer:
        name, *rest = steps
        if (named := self._named.get(name)) is not None and not rest:
            return await named(asked)
        if name == OWN and rest[:1] == ["try"]:
            name, *rest = [*rest[1:], ""]
            if (action := self._destination.actions.get(name)) is not None:
                return Answer(200, await tester.tried(self._customers, action, asked))
        action = self._destination.actions.get(name)
        if action is None:
            known = ", ".join(self._destination.actions)
            return _nothing(f"no action {name!r} of {self._destination.name}: there are {known}")
        return await self._of_action(action, rest, asked)

    async def _of_action(self, action: Action[Any, Any], rest: list[str], asked: Asked) -> Answer:
        match rest:
            case []:
                return await self._perform(action, asked)
            case ["hooks", hook] if hook in HOOKS:
                return await self._hook(action, cast("HookName", hook), asked)
            case ["hooks", hook, "dynamic", field] if hook in HOOKS:
                return await self._choices(action, field, asked, cast("HookName", hook))
            case [field]:
                return await self._choices(action, field, asked)
        return _nothing(f"no route /{action.slug}/{'/'.join(rest)}: a field, or hooks/ and a hook")

    async def _perform(self, action: Action[Any, Any], asked: Asked) -> Answer:
        """Failures are answers with 200 as well: what ends an event is no fault of the server."""
        mapping = {**tester.mapping_of(action), **asked.mapping} or asked.payload
        try:
            customer = self._customers.customer(asked, tester.key_of(asked.payload))
            trial = await tester.performed(customer, action, asked.payload, mapping, asked.fql)
        except Exception as error:  # noqa: BLE001 - the author's code may raise anything
            return Answer(200, [failure(error)])
        failed = [
            failure(result, tester.faults(action.payload, value))
            for value, result in zip(trial.values, trial.results, strict=True)
            if isinstance(result, Exception)
        ]
        done = [exchange(each) for each in trial.exchanges]
        told = failed if len(failed) == len(trial.results) else [*done, *failed]
        secrets = [each for value in trial.values for each in secrets_of(value, action)]
        return Answer(200, without(secrets, told))

    async def _choices(
        self, action: Action[Any, Any], field: str, asked: Asked, hook: HookName | None = None
    ) -> Answer:
        context, index = asked.dynamic_field_context, _INDEX.search(field)
        search = Search(
            query=context.query,
            page=asked.page or "",
            payload=asked.payload if isinstance(asked.payload, dict) else {},
            key=context.selected_key,
            index=int(index[1]) if index else context.selected_array_index,
        )
        customer = self._customers.customer(asked)
        try:
            found = await customer.connected.choices(
                customer.http, action, _INDEX.sub("", field), search, hook=hook
            )
        except LookupError as error:
            problem = {"code": "404", "message": f"No dynamic field named {field} found: {error}."}
            return Answer(200, {"choices": [], "nextPage": "", "error": problem})
        choices = [_choice(each) for each in found.choices]
        return Answer(200, {"choices": choices, "nextPage": found.next_page})

    async def _hook(self, action: Action[Any, Any], hook: HookName, asked: Asked) -> Answer:
        customer = self._customers.customer(asked)
        saved = await customer.connected.save_hook(customer.http, action, hook, asked.hook_inputs)
        return Answer(200, {"savedData": saved})

    async def _authenticate(self, asked: Asked) -> Answer:
        try:
            customer = self._customers.customer(asked)
            await customer.connected.check(customer.http)
        except Exception as error:  # noqa: BLE001 - the author's code may raise anything
            given = bodies.filled(self._customers.settings, asked.settings)
            fields = tester.faults(self._destination.settings, given)
            return Answer(200, {"ok": False, "error": str(error), "fields": fields})
        return Answer(200, {"ok": True})

    async def _refresh(self, asked: Asked) -> Answer:
        refresher = self._customers.refresher(asked.auth)
        if refresher is None:
            return Answer(400, _refused(f"{self._destination.name} declares no auth=OAuth2(…)"))
        try:
            customer = self._customers.customer(asked)
            await refresher.fresh(await refresher.current(), customer.http)
        except Exception as error:  # noqa: BLE001 - the author's code may raise anything
            return Answer(400, _refused(error))
        return Answer(200, {"ok": True, "data": {"accessToken": MASK, "refreshToken": MASK}})

    async def _create_audience(self, asked: Asked) -> Answer:
        return await self._audience(asked, is_new=True)

    async def _get_audience(self, asked: Asked) -> Answer:
        return await self._audience(asked, is_new=False)

    async def _audience(self, asked: Asked, *, is_new: bool) -> Answer:
        audiences = self._destination.audiences
        if audiences is None:
            return _nothing(f"{self._destination.name} keeps no audiences")
        wanted = AudienceRequest(asked.audience_name, asked.external_id)
        try:
            customer = self._customers.customer(asked)
            settings = audiences.settings.read(asked.audience_settings)
            connected = customer.connected
            call = connected.create_audience if is_new else connected.get_audience
            external_id = await call(customer.http, wanted, settings)
        except Exception as error:  # noqa: BLE001 - the author's code may raise anything
            return Answer(400, _refused(error))
        if external_id is None:
            return _nothing(f"{self._destination.name} has no such function")
        return Answer(200, {"externalId": external_id})

    async def _delete(self, asked: Asked) -> Answer:
        if self._destination.forget_user is None:
            return _nothing(f"{self._destination.name} cannot delete people")
        given = asked.payload if isinstance(asked.payload, dict) else {}
        user = ForgottenUser(str(given.get("userId") or ""), str(given.get("anonymousId") or ""))
        try:
            customer = self._customers.customer(asked)
            await customer.connected.forget(customer.http, user)
        except Exception as error:  # noqa: BLE001 - the author's code may raise anything
            return Answer(200, [failure(error)])
        return Answer(200, [exchange(each) for each in customer.http.exchanges])


def _choice(choice: Choice) -> dict[str, Any]:
    label = choice.label or str(choice.value)
    return {"value": choice.value, "label": label, "description": choice.description}


def _refused(error: object) -> dict[str, Any]:
    return {"ok": False, "error": str(error)}


def _nothing(message: str) -> Answer:
    return Answer(404, _refused(message))
