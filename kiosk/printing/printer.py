"""Print, and know that it was printed: what a printer says of itself is asked before and after.

A printer that answers nothing (many cheap ones) is believed when it takes all bytes in time.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable

from kiosk.config import State
from kiosk.errors import KioskError
from kiosk.printing import escpos
from kiosk.printing.ports import DevicePort, Port, UsbPort
from kiosk.printing.settings import PrinterSettings, load_printer
from kiosk.receipt import Paper

SECONDS = 20.0
"""The longest that one slip may take; no printer needs half of it."""
ANSWER_SECONDS = 1.0
"""How long a printer may think about its state."""


async def print_slip(slip: Paper, state: State) -> None:
    """Print `slip` on this machine's printer. Raises `printer.*`; nothing else changes, and it can be done again."""
    settings = load_printer(state)
    if settings is None:
        raise KioskError("printer.none")
    await asyncio.to_thread(_print, slip, settings)


def _print(slip: Paper, settings: PrinterSettings) -> None:
    from kiosk.printing.picture import draw

    job = escpos.job(draw(slip, settings), cut=settings.cut)
    with contextlib.closing(open_port(settings)) as port:
        send(port, job)


def open_port(settings: PrinterSettings) -> Port:
    """Open the way to the printer. Raises `printer.*`."""
    if settings.device is not None:
        return DevicePort(settings.device)
    if settings.usb is None:
        raise ValueError("no printer")
    return UsbPort(*settings.usb)


def send(port: Port, job: bytes, *, seconds: float = SECONDS, answer_seconds: float = ANSWER_SECONDS) -> None:
    """Print `job`, or say why it was not printed. Blocks for `seconds` at most: to be called in a thread.

    Raises `printer.paper`, `printer.open`, `printer.trouble`, `printer.gone`, and `printer.stuck` when it does
    not take the job, or does not say that it is done, in time.
    """
    until = time.monotonic() + seconds
    answers = _ask_how_it_is(port, answer_seconds)
    rest = memoryview(job)
    while rest:
        left = until - time.monotonic()
        taken = port.write(bytes(rest), left) if left > 0 else 0
        if not taken:
            raise _stuck(port, answer_seconds)
        rest = rest[taken:]
    if not answers:
        return
    # Is answered in its turn: after everything was printed.
    _hand_over(port, escpos.ASK_DONE, answer_seconds)
    done = _wait_for(port, escpos.is_done, until - time.monotonic())
    if done is None:
        raise _stuck(port, answer_seconds)
    if escpos.ran_out(done):
        raise KioskError("printer.paper")


def ready(settings: PrinterSettings) -> None:
    """Make sure that a printer and its fonts are there and nothing is wrong, without printing. Raises `printer.*`."""
    from kiosk.printing.picture import load_fonts

    load_fonts(settings)
    with contextlib.closing(open_port(settings)) as port:
        _ask_how_it_is(port, ANSWER_SECONDS)


def _ask_how_it_is(port: Port, seconds: float) -> bool:
    """Whether it answers at all. Raises what it says is wrong."""
    for _ in range(64):  # what it said before is no answer to us
        if not port.read(0):
            break
    states = []
    if not port.answers:
        return False
    for question in (escpos.ASK_OFFLINE, escpos.ASK_PAPER):
        _hand_over(port, question, seconds)
        answer = _wait_for(port, escpos.is_status, seconds)
        if answer is None:
            return False
        states.append(answer)
    if id_ := escpos.problem(*states):
        raise KioskError(id_)
    return True


def _hand_over(port: Port, question: bytes, seconds: float) -> None:
    if port.write(question, seconds) != len(question):
        raise KioskError("printer.stuck")


def _wait_for(port: Port, fits: Callable[[int], bool], seconds: float) -> int | None:
    until = time.monotonic() + seconds
    while port.answers and (left := until - time.monotonic()) > 0:
        for byte in port.read(left):
            if fits(byte):
                return byte
    return None


def _stuck(port: Port, seconds: float) -> KioskError:
    """Say why it does not go on: what it says, if it still says something."""
    try:
        _ask_how_it_is(port, seconds)
    except KioskError as error:
        return error
    return KioskError("printer.stuck")
