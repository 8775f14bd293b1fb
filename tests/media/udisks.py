"""A machine of its own for udisks2: a bus, udev, polkit and udisksd, all in their own mounts and process ids.

Disks are images on loop devices. What is started in it sees its mounts; it ends, with all of it, when closed.
"""

import contextlib
import os
import select
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parent.parent.parent
DEADLINE = 30.0
PROGRAMS = {
    "dbus-daemon": "dbus-daemon", "udevd": "/lib/systemd/systemd-udevd", "polkitd": "/usr/lib/polkit-1/polkitd",
    "udisksd": "/usr/libexec/udisks2/udisksd",
}  # fmt: skip
ADDRESS = "unix:path=/run/bus"
BUS = """<busconfig>
  <type>system</type>
  <listen>{address}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/>
  </policy>
</busconfig>
"""
PROJECT, VENV = Path("/run/project"), Path("/run/venv")
"""Where this project and what it needs are there."""
KIOSK = 4321
"""User id of the kiosk's user there."""


def missing() -> str | None:
    """What keeps this from working here, or None."""
    if os.geteuid() != 0:
        return "root"
    absent = [name for name, program in PROGRAMS.items() if shutil.which(program) is None]
    if absent:
        return ", ".join(absent)
    found = subprocess.run(["losetup", "--find"], capture_output=True, check=False)
    return None if found.returncode == 0 else "loop devices"


class Machine:
    """See the module. `directory` is where its files go."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._loops: list[str] = []
        (directory / "bus.conf").write_text(BUS.format(address=ADDRESS))
        users = Path("/etc/passwd").read_text() + f"kiosk:x:{KIOSK}:{KIOSK}::/:/bin/sh\n"
        (directory / "passwd").write_text(users)
        (directory / "rules.d").mkdir()
        shutil.copy(ROOT / "data" / "system" / "50-certkiosk.rules", directory / "rules.d")
        self._log = (directory / "log").open("wb")
        self._shell = subprocess.Popen(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log,
            env=os.environ | {"DBUS_SYSTEM_BUS_ADDRESS": ADDRESS, "LANG": "C.UTF-8"},
        )  # fmt: skip
        for target in ("/run", "/media"):
            self.does("mount", "-t", "tmpfs", "-o", "mode=0755", "none", target)
        self.does("mount", "--bind", directory / "passwd", "/etc/passwd")
        self.does("mkdir", "-p", "/run/polkit-rules", "/run/udev")
        if Path("/etc/polkit-1/rules.d").is_dir():
            self.does("mount", "--bind", directory / "rules.d", "/etc/polkit-1/rules.d")
        # Where every user gets at them, whoever's directory they lie in.
        for place, target in ((ROOT, PROJECT), (sys.prefix, VENV)):
            self.does("mkdir", target)
            self.does("mount", "--bind", place, target)
        self.starts("dbus-daemon", f"--config-file={directory / 'bus.conf'}", "--nofork", "--nopidfile")
        self.waits("test -S /run/bus")
        self.starts(PROGRAMS["udevd"])
        self.waits("test -S /run/udev/control")
        self.starts(PROGRAMS["polkitd"], "--no-debug")
        self.starts(PROGRAMS["udisksd"], "--no-debug")
        self.waits(_owned("org.freedesktop.UDisks2") + " && " + _owned("org.freedesktop.PolicyKit1"))

    def run(self, *command: object) -> tuple[int, str]:
        """Run a command there; give its exit status and what it wrote."""
        return self._sh(shlex.join(map(str, command)))

    def does(self, *command: object) -> str:
        """Run a command there that must succeed; give what it wrote."""
        status, said = self.run(*command)
        assert status == 0, f"{command}: {said}"
        return said

    def starts(self, *command: object) -> int:
        """Start a command there that goes on; give its process id there."""
        words = shlex.join(map(str, command))
        status, said = self._sh(f"{words} >>{shlex.quote(str(self.directory / 'daemons'))} 2>&1 & echo $!")
        assert status == 0
        return int(said)

    def waits(self, condition: str) -> None:
        """Wait until a condition of the shell holds there."""
        end = time.monotonic() + DEADLINE
        while self._sh(condition)[0] != 0:
            assert time.monotonic() < end, f"{condition}\n{(self.directory / 'daemons').read_text()}"
            select.select([], [], [], 0.05)

    def python(self, code: str, *words: object, user: int | None = None) -> tuple[int, str]:
        """Run Python there, with this project's packages; as another user if told so."""
        command = [f"{VENV}/bin/{Path(sys.executable).name}", "-c", code, *words]
        as_user = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"] if user else []
        return self.run("env", f"PYTHONPATH={PROJECT}", "PYTHONDONTWRITEBYTECODE=1", *as_user, *command)

    def disk(
        self, name: str, megabytes: int, *, read_only: bool = False, make: str = "mkfs.ext4 -q -F"
    ) -> Path:
        """Make a disk out of an image with a filesystem on it; give its device node."""
        image = self.directory / name
        if not image.exists():
            with image.open("wb") as file:
                file.truncate(megabytes << 20)
            if make:
                self.does(*make.split(), image)
        mode = ["--read-only"] if read_only else []
        node = self.does("losetup", "--find", "--show", *mode, image).strip()
        self._loops.append(node)
        self.does("udevadm", "settle", "--timeout=20")
        self.waits(_managed(Path(node).name))
        return Path(node)

    def removes(self, node: Path) -> None:
        """Take a disk away."""
        self.does("losetup", "--detach", node)
        self._loops.remove(str(node))

    def path(self, path: Path) -> Path:
        """Give a path there as it is seen from here."""
        children = Path(f"/proc/{self._shell.pid}/task/{self._shell.pid}/children").read_text().split()
        return Path(f"/proc/{children[0]}/root{path}")

    def close(self) -> None:
        """Detach every disk and end everything."""
        for node in self._loops:
            self.run("umount", "--all-targets", node)
            self.run("losetup", "--detach", node)
        with contextlib.suppress(BrokenPipeError):
            self._pipe(self._shell.stdin).close()
        try:
            self._shell.wait(5)
        except subprocess.TimeoutExpired:
            self._shell.kill()
            self._shell.wait()
        self._pipe(self._shell.stdout).close()
        self._log.close()

    def _sh(self, line: str) -> tuple[int, str]:
        pipe = self._pipe(self._shell.stdin)
        pipe.write(f'{line}\nstatus=$?; echo; echo "<$status>"\n'.encode())
        pipe.flush()
        said: list[str] = []
        for raw in self._pipe(self._shell.stdout):
            text = raw.decode("utf-8", "surrogateescape")
            if text.startswith("<") and text.endswith(">\n") and text[1:-2].isdigit():
                return int(text[1:-2]), "".join(said)[:-1]
            said.append(text)
        raise AssertionError(f"it ended: {(self.directory / 'log').read_text()}")

    @staticmethod
    def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
        assert pipe
        return pipe


def _owned(name: str) -> str:
    ask = "dbus-send --system --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.NameHasOwner"
    return f"{ask} string:{name} 2>&1 | grep -q 'boolean true'"


def _managed(name: str) -> str:
    """Whether udisks2 has seen what udev found on a device."""
    path = f"/org/freedesktop/UDisks2/block_devices/{name}"
    ask = f"dbus-send --system --print-reply --dest=org.freedesktop.UDisks2 {path}"
    size = "org.freedesktop.DBus.Properties.Get string:org.freedesktop.UDisks2.Block string:Size"
    return f"{ask} {size} 2>&1 | grep -q 'uint64 [1-9]'"
