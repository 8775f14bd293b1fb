"""Where the lab keeps what takes long to make: the directory that `LAB_DIR` names, else one in the user's cache."""

import os
from pathlib import Path

from tests.source import ROOT

# Asked when this is imported: tests give themselves another HOME.
LAB = Path(os.environ.get("LAB_DIR") or Path.home() / ".cache" / "certkiosk-lab").absolute()
HERE = Path(__file__).parent
RULES = ROOT / "data" / "system" / "50-certkiosk.rules"

KEY = LAB / "key"
KERNEL = LAB / "vmlinuz"
INITRD = LAB / "initrd"
BASE = LAB / "base.qcow2"
BASE_OF = LAB / "base.digest"
"""What `BASE` was built from."""
DISK = LAB / "disk.qcow2"
"""What the guest writes, over `BASE`; with the snapshot to resume from."""
DISK_OF = LAB / "disk.digest"
