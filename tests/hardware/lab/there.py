"""Runs in the guest, as its user `kiosk`: one call of `kiosk.media.mount`, answered as JSON.

there.py VERB LABEL, where VERB is mount, unmount or let_go: the stick is named by its label.
"""

import asyncio
import json
import sys
from pathlib import Path

from kiosk.errors import KioskError
from kiosk.media import mount

node = Path("/dev/disk/by-label", sys.argv[2]).resolve()
try:
    answer = asyncio.run(getattr(mount, sys.argv[1])(node))
    print(json.dumps(answer[0] if isinstance(answer, tuple) else answer, default=str))
except KioskError as error:
    print(json.dumps({"error": error.id}))
