"""`python -m tests.bench [NAME...]` measures all, or what is named, and prints what it found.

Ratios count, each the median of rounds in which both sides took turns, with the least and the most; absolute
times are information. It ends with 0 when it ran: a missed target is said, not failed.
"""

import sys
import time

from tests.bench import authority, batch, commands, look, registry, reminders, scan, screens, watch

BENCHMARKS = {
    "batch": batch.run,
    "scan": scan.run,
    "look": look.run,
    "authority": authority.run,
    "registry": registry.run,
    "reminders": reminders.run,
    "commands": commands.run,
    "screens": screens.run,
    "watch": watch.run,
}


def main(names: list[str]) -> int:
    """Run the benchmarks that are named; 2 for a name that there is not."""
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"no benchmark {', '.join(unknown)}: there are {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    missed = []
    begun = time.monotonic()
    for name in names or BENCHMARKS:
        print(name, flush=True)
        for finding in BENCHMARKS[name]():
            print(finding, flush=True)
            if finding.met is False:
                missed.append(finding.what)
    print(f"{time.monotonic() - begun:.0f} s; missed: {'; '.join(missed) or 'none'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
