"""What is known of Segment's Config API beside our own description, and the judge of answers.

The shapes are those that public clients of it send: ajbosco/segment-config-go and the examples of
Segment's documentation, in the words of `tests.harness.public_api.shapes`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema_rs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.harness.public_api.contract import Model

MODELS: dict[str, Model] = {
    "Mask": {"paths": "[str]"},
    "Source": {
        "name*": "str",
        "catalog_name*": "str",
        "display_name": "str?",
        "enabled": "bool",
        "labels": "{str}",
        "parent": "str",
        "write_keys": "[str]",
        "update_mask": "Mask?",
    },
    "SourceBody": {"source*": "Source", "update_mask": "Mask?"},
    "SchemaConfig": {
        "allow_unplanned_track_events": "bool",
        "allow_unplanned_group_traits": "bool?",
        "common_track_event_on_violations": "=ALLOW|OMIT_PROPERTIES|BLOCK",
        "forwarding_violations_to": "str",
    },
    "SchemaBody": {"schema_config*": "SchemaConfig", "update_mask": "Mask"},
    "Config": {
        "name*": "str",
        "display_name": "str",
        "type": "=string|boolean|list",
        "value*": "any",
    },
    "Destination": {
        "name*": "str",
        "display_name": "str",
        "connection_mode": "=CLOUD|DEVICE|UNSPECIFIED",
        "enabled": "bool",
        "config": "[Config]",
        "parent": "str",
        "update_mask": "Mask",
    },
    "DestinationBody": {"destination*": "Destination", "update_mask": "Mask"},
    "Fields": {"fields*": "[str]"},
    "Action": {
        "type*": "=drop_event|sample_event|whitelist_fields|blacklist_fields",
        "percent": "number?",
        "path": "str?",
        "fields": "{Fields}?",
    },
    "Filter": {
        "title*": "str",
        "if*": "str",
        "actions*": "[Action]",
        "description": "str",
        "enabled": "bool",
        "name": "str",
    },
    "FilterBody": {"filter*": "Filter", "update_mask": "Mask"},
}
"""Fields to shapes, with a `*` behind the names of those required."""
BODIES = {
    "sources": "SourceBody",
    "schema-config": "SchemaBody",
    "destinations": "DestinationBody",
    "filters": "FilterBody",
}
"""What is sent to a path, by the last of its words that is no name."""


class Judge:
    """Says what is wrong with an answer, by the document of the API, which it takes at its word.

    What the document does not know is wrong: fields as well as statuses.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._paths = document["paths"]
        schemas = document["components"]["schemas"]
        closed = {name: self._closed(schema) for name, schema in schemas.items()}
        self._components = {"schemas": closed}

    def faults(self, method: str, path: str, status: int, body: Any) -> list[str]:
        """`path` is that of the document, with names in braces."""
        responses = self._paths[path][method.lower()]["responses"]
        if str(status) not in responses:
            return [f"{method} {path}: {status} is no status of it"]
        schema = responses[str(status)]["content"]["application/json"]["schema"]
        validator = jsonschema_rs.validator_for({**schema, "components": self._components})
        return [f"{method} {path}: {each.message}" for each in validator.iter_errors(body)]

    def _closed(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        return {"additionalProperties": False, **schema}
