"""Which of the certificates on a medium is meant: the one with a serial, or the only one."""

from kiosk.authority.certificates import serial_hex
from kiosk.errors import KioskError
from kiosk.media.scan import Found, ScanResult

NAMED = 8
"""So many serials are named to choose from."""


def pick(result: ScanResult, serial: str | None = None) -> Found:
    """Give the certificate with `serial` (lower-case hexadecimal), or the only one when none is named.

    What cannot be read does not count. Raises `medium.empty`, `medium.several` (with the fact `serials`) and
    `medium.not_there`.
    """
    readable = [found for found in result.found if found.certificate is not None]
    if serial is not None:
        readable = [found for found in readable if serial_of(found) == serial]
        if not readable:
            raise KioskError("medium.not_there", serial=serial)
    if not readable:
        raise KioskError("medium.empty")
    whole = [found for found in readable if found.problem is None] or readable
    if len({found.certificate_der for found in whole}) > 1:
        raise KioskError("medium.several", serials=", ".join(serial_of(found) for found in whole[:NAMED]))
    return whole[0]


def serial_of(found: Found) -> str:
    """Give the serial of a certificate that could be read, as the registry keeps it."""
    if found.certificate is None:
        raise ValueError("not a certificate")
    return serial_hex(found.certificate.serial_number)
