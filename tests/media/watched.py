"""`python -m tests.media.watched [SECONDS]`: a program that watches; a line of JSON for each snapshot.

A line has the snapshot and how often was looked so far. It ends when its standard input does.
"""

import asyncio
import dataclasses
import json
import sys
import threading

from kiosk.media.present import Snapshot
from kiosk.media.watch import Watch

COMPUTED = ("problem", "writable_kind", "identity", "lasting_identity")


class Counting(Watch):
    """Counts how often it looked."""

    looked = 0

    def now(self) -> Snapshot:
        self.looked += 1
        return super().now()


async def main(rescan: float) -> None:
    with Counting(rescan=rescan) as watch:
        loop = asyncio.get_running_loop()

        def until_the_end() -> None:
            sys.stdin.read()
            loop.call_soon_threadsafe(watch.close)

        threading.Thread(target=until_the_end, daemon=True).start()
        async for snapshot in watch.snapshots():
            said = {"looked": watch.looked, **dataclasses.asdict(snapshot)}
            for stick, fields in zip(snapshot.sticks, said["sticks"], strict=True):
                fields |= {name: getattr(stick, name) for name in COMPUTED}
            print(json.dumps(said, default=str), flush=True)
    print(json.dumps({"looked": watch.looked, "end": True}), flush=True)


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]) if len(sys.argv) > 1 else 3600))
