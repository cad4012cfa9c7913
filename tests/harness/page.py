"""The part of Segment's library for pages that applies routing rules, run by Node."""

from __future__ import annotations

import json
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from headgate.browser.files import BUILT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

_PROGRAM = """
global.self = {webpackChunk_segment_analytics_next: []};
require(process.argv[1]);
const [[, modules]] = self.webpackChunk_segment_analytics_next;
const loaded = (number) => {
  const module = {exports: {}};
  const require = (other) => loaded(other);
  require.d = (exports, getters) => {
    for (const name in getters) Object.defineProperty(exports, name, {get: getters[name]});
  };
  modules[number](module, module.exports, require);
  return module.exports;
};
const {tsubMiddleware} = loaded(31);
require("readline").createInterface({input: process.stdin}).on("line", (line) => {
  const {rules, name, event} = JSON.parse(line);
  let got; // the library calls again after a drop, and takes what comes last
  const next = (payload) => { got = payload && payload.obj; };
  tsubMiddleware(rules)({payload: {obj: event}, integration: name, next});
  process.stdout.write(JSON.stringify(got) + "\\n");
});
"""


class Page:
    """What a plugin gets of an event, by the rules of a settings document."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def plugin_gets(self, event: Mapping[str, Any], rules: Sequence[Any], name: str) -> Any:
        """The event as the plugin sees it; None where it does not see it."""
        process = self._process
        assert process.stdin
        assert process.stdout
        asked = json.dumps({"rules": rules, "name": name, "event": event})
        process.stdin.write(asked.encode() + b"\n")
        process.stdin.flush()
        line = process.stdout.readline()
        assert line, f"the library failed for {asked}"
        return json.loads(line)


@contextmanager
def page(node: Path) -> Iterator[Page]:
    (bundle,) = (BUILT / "analytics-next").glob("tsub-middleware.bundle.*.js")
    command = [str(node), "-e", _PROGRAM, str(bundle)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield Page(process)
        assert process.stdin
        process.stdin.close()
