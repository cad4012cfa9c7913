"""What Headgate costs while nothing happens: processor, memory, and the time to ready.

Budgets (architecture section 7): under 1 % of a core and under 300 MB for all processes.
"""

from __future__ import annotations

import os
import time

from bench.machine import cpu_seconds, describe, memory_mib, say
from bench.rig import System

PROCESSES = ((1, 1), (1, 3), (2, 4))
"""Of collect and of deliver."""
SETTLE_SECONDS = 8.0
SECONDS = 20.0
MOST_CPU, MOST_MIB = 0.01, 300 * 1e6 / 2**20


def measured(collect: int, deliver: int) -> None:
    os.environ["HEADGATE_DELIVER_PROCESSES"] = str(deliver)
    begun = time.monotonic()
    with System(processes=collect) as system:
        started = time.monotonic() - begun
        pids = [pid for of_role in system.pids.values() for pid in of_role]
        time.sleep(SETTLE_SECONDS)
        before, begun = cpu_seconds(pids), time.monotonic()
        time.sleep(SECONDS)
        cpu = (cpu_seconds(pids) - before) / (time.monotonic() - begun)
        memory = {role: memory_mib(of_role) for role, of_role in system.pids.items()}
        total = memory_mib(pids)
    met = "met" if cpu < MOST_CPU and total < MOST_MIB else "NOT MET"
    shown = ", ".join(f"{role} {mib:.0f}" for role, mib in memory.items())
    say(
        f"{collect} collect, {deliver} deliver: {cpu:.2%} of a core, {total:.0f} MiB ({shown}),"
        f" applied and ready in {started:.1f} s: {met}"
    )


def main() -> None:
    say(f"idle: {describe()}")
    for collect, deliver in PROCESSES:
        measured(collect, deliver)


if __name__ == "__main__":
    main()
