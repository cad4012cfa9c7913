"""Sends events with a library of a lock beside this file, and prints what it says about them.

The argument is JSON: `module` has the class `Client`; `host`, `key`, `events` and `options` as its
names say. Printed is {"made": [message], "failed": [what on_error got]}.
"""

from __future__ import annotations

import importlib
import itertools
import json
import sys
from datetime import datetime
from typing import Any

from tests.journeys.python.calls import calls


def main(module: str, host: str, key: str, events: int, options: dict[str, Any]) -> None:
    failed: list[Any] = []
    client = importlib.import_module(module).Client(
        key, host=host, on_error=lambda error, batch: failed.extend([str(error), *batch]), **options
    )
    made = []
    for method, arguments in itertools.islice(calls(), events):
        taken, message = getattr(client, method)(**arguments)
        assert taken, "the queue of the library is full"
        made.append(message)
    client.flush()
    client.join()
    json.dump({"made": made, "failed": failed}, sys.stdout, default=datetime.isoformat)


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
