"""What Segment's Config API has beside what is served here: known, and answered by 501."""

from __future__ import annotations

from typing import Final, NamedTuple

_WORKSPACE = "/workspaces/{workspace}"
_SOURCE = f"{_WORKSPACE}/sources/{{source}}"
_METRICS = f"{_SOURCE}/destinations/{{destination}}/metrics"
_PLANS = f"{_WORKSPACE}/tracking-plans"
_PLAN = f"{_PLANS}/{{plan}}"
_FUNCTIONS = f"{_WORKSPACE}/functions"
_REGULATIONS = f"{_WORKSPACE}/regulations"


class Absent(NamedTuple):
    """A call that there is at Segment; `instead` says what Headgate has for it."""

    service: str
    method: str
    path: str
    instead: str

    @property
    def op(self) -> str:
        """A name made of what it is, as nobody gave it one."""
        words = "".join(each if each.isalnum() else " " for each in self.path).split()
        return "_".join([self.method.lower(), *words])


def _absent(service: str, instead: str, *told: str) -> tuple[Absent, ...]:
    pairs = (each.split(" ") for each in told)
    return tuple(
        Absent(service, method, path, instead)
        for methods, path in pairs
        for method in methods.split("|")
    )


MISSING: Final = (
    *_absent(
        "Access tokens",
        "`headgate token`",
        "GET|POST /access-tokens",
        "GET|DELETE /access-tokens/{token}",
    ),
    *_absent(
        "Event delivery metrics",
        "`GET /delivery-overview/...` and `GET /destinations/{id}/delivery-metrics`",
        f"GET {_METRICS}",
        f"GET {_METRICS}:batchGet",
        f"GET {_METRICS}:getSummary",
        f"GET {_METRICS}/{{metric}}",
        f"GET {_WORKSPACE}/event-delivery-metrics:batchGetSummary",
    ),
    *_absent("Destination filters", "`POST /destination/filters/preview`", "POST /filters/preview"),
    *_absent(
        "IAM",
        "`/users`, `/groups`, `/roles` and `/invites`",
        f"GET {_WORKSPACE}/roles",
        f"GET {_WORKSPACE}/roles/-/policies",
        f"POST {_WORKSPACE}/roles/{{role}}/policies",
        f"DELETE {_WORKSPACE}/roles/{{role}}/policies/{{policy}}",
        f"GET|POST {_WORKSPACE}/invites",
        f"DELETE {_WORKSPACE}/invites/{{invite}}",
    ),
    *_absent(
        "Tracking plans",
        "",
        f"GET|POST {_PLANS}",
        f"GET|PUT|DELETE {_PLAN}",
        f"GET|POST {_PLAN}/source-connections",
        f"POST {_PLAN}/source-connections:batchCreateConnections",
        f"DELETE {_PLAN}/source-connections/{{source}}",
    ),
    *_absent(
        "Functions",
        "",
        f"GET|POST {_FUNCTIONS}",
        f"POST {_FUNCTIONS}/preview",
        f"GET|PATCH|DELETE {_FUNCTIONS}/{{function}}",
        f"POST {_FUNCTIONS}/{{function}}/deploy",
        f"GET {_FUNCTIONS}/{{function}}/is-latest-version",
    ),
    *_absent(
        "Regulations",
        "`/regulations` and `/suppressions`",
        f"GET|POST {_REGULATIONS}",
        f"GET|DELETE {_REGULATIONS}/{{regulation}}",
        f"POST|DELETE {_SOURCE}/regulations",
        f"GET {_WORKSPACE}/suppressed-users",
    ),
)
"""As clients of the Config API that are public ask for them."""
