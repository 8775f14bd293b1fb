"""The guest: started or resumed, spoken to over ssh, and its USB sticks, which come and go over QEMU's monitor."""

import contextlib
import select
import shlex
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.hardware.lab.places import BASE, DISK, DISK_OF, INITRD, KERNEL, KEY
from tests.hardware.lab.qmp import Monitor, MonitorError

READY = "ready"
"""The snapshot to resume from."""
BOOT_SECONDS = 300.0
SECONDS = 300.0
"""What one command in an emulated machine may take."""
KERNEL_LINE = (
    "root=/dev/vda rw console=ttyS0 quiet mitigations=off nowatchdog net.ifnames=0 random.trust_cpu=on"
)


@dataclass(frozen=True)
class Ran:
    """A command that ended there."""

    status: int
    out: str
    err: str


@dataclass
class _Plugged:
    """What QEMU was given for one stick, in the order in which it was."""

    nodes: list[str] = field(default_factory=list)
    group: str | None = None


class Machine:
    """One running guest. `directory` is for its sockets and its console's log."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._count = 0
        self._sticks: dict[str, _Plugged] = {}
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self._ssh_socket = directory / "ssh-%r"
        self._log = (directory / "qemu.log").open("wb")

    def starts(self, made_of: str) -> bool:
        """Resume the guest that was prepared with what `made_of` names; else boot it. Say whether it was resumed."""
        resumed = DISK.exists() and DISK_OF.exists() and DISK_OF.read_text() == made_of
        if not resumed:
            DISK_OF.unlink(missing_ok=True)
            DISK.unlink(missing_ok=True)
            over = ["qemu-img", "create", "-q", "-f", "qcow2", "-b", str(BASE), "-F", "qcow2", str(DISK)]
            subprocess.run(over, check=True)
        self._qemu = subprocess.Popen(
            [*self._command(), *(["-loadvm", READY] if resumed else [])],
            stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log,
        )  # fmt: skip
        self._answers()
        if not resumed:
            self.does("systemctl is-system-running --wait || true", user="root")
        self._clock()
        return resumed

    def saves(self, made_of: str) -> None:
        """Make the guest as it is now the one that is resumed."""
        self.does("sync", user="root")
        self._hang_up()
        self._monitor.says(f"savevm {READY}")
        DISK_OF.write_text(made_of)

    def run(self, command: str, *, user: str = "kiosk", given: bytes | None = None) -> Ran:
        """Run a line of shell there; give how it ended."""
        # An empty input, not ours: ssh would read it.
        done = subprocess.run(
            self.ssh(command, user=user),
            input=given or b"",
            capture_output=True,
            check=False,
            timeout=SECONDS,
        )
        return Ran(
            done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
        )

    def does(self, command: str, *, user: str = "kiosk", given: bytes | None = None) -> str:
        """Run a line of shell there that must succeed; give what it printed."""
        ran = self.run(command, user=user, given=given)
        assert ran.status == 0, f"{command}: {ran}"
        return ran.out

    def writes(self, path: str, data: bytes, *, user: str = "kiosk") -> None:
        """Put a file there."""
        self.does(f"cat > {shlex.quote(path)}", user=user, given=data)

    def fetches(self, directory: str, to: Path) -> None:
        """Copy what is in a directory there to one here."""
        to.mkdir(exist_ok=True)
        with subprocess.Popen(
            self.ssh(f"tar -C {shlex.quote(directory)} -cf - ."), stdout=subprocess.PIPE
        ) as sent:
            subprocess.run(["tar", "-C", to, "--no-same-owner", "-xf", "-"], stdin=sent.stdout, check=True)

    def waits(self, condition: str, within: float = 60.0) -> None:
        """Wait until a condition of the shell holds there."""
        times = int(within / 0.2)
        again = f"i=0; until {condition}; do i=$((i+1)); [ $i -lt {times} ] || exit 9; sleep 0.2; done"
        ran = self.run(again)
        assert ran.status == 0, (
            f"not within {within:.0f} s: {condition}\n{self.run('dmesg | tail', user='root').out}"
        )

    def ssh(self, command: str, *, user: str = "kiosk", terminal: bool = False) -> list[str]:
        """Give the words that run a line of shell there, on a terminal of its own if told so."""
        options = {
            "StrictHostKeyChecking": "no", "UserKnownHostsFile": "/dev/null", "IdentitiesOnly": "yes",
            "LogLevel": "ERROR", "ConnectTimeout": "30", "ServerAliveInterval": "15",
            "ControlMaster": "auto", "ControlPersist": "600", "ControlPath": self._ssh_socket,
        }  # fmt: skip
        set_ = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
        tty = ["-tt"] if terminal else ["-T"]
        return [
            "ssh",
            "-F",
            "none",
            "-i",
            str(KEY),
            "-p",
            str(self._port),
            *set_,
            *tty,
            f"{user}@127.0.0.1",
            command,
        ]

    def plugs(
        self, image: Path, name: str, *, read_only: bool = False, bytes_per_second: int = 0,
        failing: bool = False, lying: bool = False,
    ) -> None:  # fmt: skip
        """Put a stick in.

        A failing one answers every write with an error; a lying one says that it has written, and has not.
        """
        self._count += 1
        one = f"s{self._count}"
        plugged = self._sticks[name] = _Plugged()
        layer = {"driver": "file", "filename": str(image), "node-name": f"{one}file", "read-only": read_only}
        self._layer(plugged, layer)
        if failing or lying:
            inject = {"event": "none", "iotype": "write", "errno": 5, "immediately": True}
            self._layer(plugged, {"driver": "blkdebug", "image": plugged.nodes[-1], "inject-error": [inject]})
        raw = {"driver": "raw", "file": plugged.nodes[-1], "node-name": f"{one}raw", "read-only": read_only}
        self._layer(plugged, raw)
        if bytes_per_second:
            plugged.group = f"{one}group"
            limits = {"bps-total": bytes_per_second}
            self._monitor.does(
                "object-add", **{"qom-type": "throttle-group", "id": plugged.group, "limits": limits}
            )
            slow = {"driver": "throttle", "throttle-group": plugged.group, "file": plugged.nodes[-1]}
            self._layer(plugged, slow)
        device = {
            "driver": "usb-storage",
            "id": name,
            "bus": "xhci.0",
            "drive": plugged.nodes[-1],
            "serial": f"LAB{name}",
        }
        self._monitor.does("device_add", **device | ({"werror": "ignore"} if lying else {}))

    def _layer(self, plugged: _Plugged, layer: dict[str, object]) -> None:
        layer.setdefault("node-name", f"s{self._count}{layer['driver']}")
        self._monitor.does("blockdev-add", **layer)
        plugged.nodes.append(str(layer["node-name"]))

    def pulls(self, name: str) -> None:
        """Pull a stick out, whatever it is doing."""
        plugged = self._sticks.pop(name)
        self._monitor.does("device_del", id=name)
        self._monitor.waits("DEVICE_DELETED", device=name)
        for node in reversed(plugged.nodes):
            self._forgets(node)
        if plugged.group:
            self._monitor.does("object-del", id=plugged.group)

    def pulls_all(self) -> None:
        """Pull out what is in."""
        for name in tuple(self._sticks):
            self.pulls(name)

    def closes(self) -> None:
        """End the guest as if its power went out."""
        self._hang_up()
        if hasattr(self, "_qemu") and self._qemu.poll() is None:
            self._qemu.terminate()
            try:
                self._qemu.wait(20)
            except subprocess.TimeoutExpired:
                self._qemu.kill()
                self._qemu.wait()
        if hasattr(self, "_monitor"):
            self._monitor.close()
        self._log.close()

    def _forgets(self, node: str) -> None:
        """Close a layer; what the stick was writing when it was pulled must come to an end first."""
        end = time.monotonic() + 20
        while True:
            try:
                self._monitor.does("blockdev-del", **{"node-name": node})
            except MonitorError:
                if time.monotonic() > end:
                    raise
                select.select([], [], [], 0.05)
            else:
                return

    def _command(self) -> list[str]:
        return [
            "qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none", "-name", "certkiosk-lab",
            "-machine", "q35,usb=off,smm=off,hpet=off", "-accel", "tcg,thread=multi", "-cpu", "max",
            "-smp", "2", "-m", "1G",
            "-kernel", str(KERNEL), "-initrd", str(INITRD), "-append", KERNEL_LINE,
            "-blockdev", f"driver=file,filename={DISK},node-name=diskfile",
            "-blockdev", "driver=qcow2,file=diskfile,node-name=disk,cache.no-flush=on",
            "-device", "virtio-blk-pci,drive=disk", "-device", "virtio-rng-pci",
            "-device", "qemu-xhci,id=xhci,p2=8,p3=8",
            "-netdev", f"user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:{self._port}-10.0.2.15:22",
            "-device", "virtio-net-pci,netdev=net,romfile=",
            "-serial", f"file:{self.directory / 'console.log'}",
            "-chardev", f"socket,id=qmp,path={self.directory / 'qmp'},server=on,wait=off",
            "-mon", "chardev=qmp,mode=control",
        ]  # fmt: skip

    def _answers(self) -> None:
        """Wait for the monitor, then for ssh."""
        end = time.monotonic() + BOOT_SECONDS
        while not hasattr(self, "_monitor"):
            self._lives(end)
            with contextlib.suppress(OSError):
                self._monitor = Monitor(self.directory / "qmp")
        while subprocess.run(self.ssh("true", user="root"), capture_output=True, check=False).returncode != 0:
            self._lives(end)

    def _lives(self, end: float) -> None:
        said = Path(self._log.name).read_text("utf-8", "replace")
        assert self._qemu.poll() is None, f"QEMU ended: {said}"
        assert time.monotonic() < end, f"no answer: {self.directory / 'console.log'}"
        select.select([], [], [], 0.2)

    def _clock(self) -> None:
        """Set the guest's clock: in a snapshot it stood still."""
        self.does(f"date --set=@{time.time():.3f}", user="root")

    def _hang_up(self) -> None:
        for user in ("root", "kiosk"):
            path = str(self._ssh_socket).replace("%r", user)
            if Path(path).exists():
                end = ["ssh", "-F", "none", "-o", f"ControlPath={path}", "-O", "exit", "127.0.0.1"]
                subprocess.run(end, capture_output=True, check=False)
