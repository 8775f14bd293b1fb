"""Answers to OCSP requests, from the registry as it is now, and not from a list that was made before."""

from kiosk.authority.certificates import serial_hex
from kiosk.authority.ocsp import Answer, Asked, malformed, read_request
from kiosk.clock import unstamp
from kiosk.lifecycle.standing import as_it_counts
from kiosk.services import Services


async def answer(services: Services, request: bytes) -> tuple[bytes, list[tuple[str, str]]]:
    """Answer a DER request; give the DER response, and each serial with what was said of it.

    What is no request is answered as such, and nothing is said. Raises `request.clock`, `authority.*`, `registry.*`.
    """
    try:
        wanted = read_request(request)
    except ValueError:
        return malformed(), []

    def work() -> tuple[bytes, list[tuple[str, str]]]:
        with services.step():
            services.require_clock()
            said = [_answer(services, asked) for asked in wanted.asked]
            signed = services.authority.ocsp_response(wanted, said, services.clock.now())
            services.audit.append("ocsp.answered", asked=len(said))
        spoken = [each.status for each in said]
        return signed, [
            (serial_hex(asked.serial), word) for asked, word in zip(wanted.asked, spoken, strict=True)
        ]

    return await services.in_registry(work)


def _answer(services: Services, asked: Asked) -> Answer:
    """Say how one certificate stands; of other issuers' nothing is known, nor of what was never issued."""
    held = None
    if asked.serial > 0 and asked.is_of(services.authority.issuing):
        held = services.registry.certificate(serial=f"{asked.serial:x}")
    if held is None:
        return Answer("unknown")
    counted = as_it_counts(held, services.clock.now(), services.policy)
    if counted.status == "valid":
        return Answer("good")
    reason = counted.reason if counted.status == "revoked" else "certificateHold"
    return Answer("revoked", unstamp(counted.status_at), reason or "unspecified")
