"""Identity check face to face: staff look at a document and confirm it with their code, on the spot.

Wrong codes are counted and slow the next try down; nobody is ever locked out of it. In practice a teller of our own
lends the code.
"""

from kiosk import closing
from kiosk.identity.phone import Evidence
from kiosk.secret import Secret
from kiosk.services import Services

METHOD = "attended"
DOCUMENTS = ("residentCard", "driverLicence", "passport", "foreignerCard")
"""What staff can have looked at. The word goes on record, nothing that stands in the document does."""


def is_offered(services: Services) -> bool:
    """Whether there is a code that staff could type: the practice teller's, or one set with `kiosk passcode`."""
    return services.state.practice or closing.has_code(services.state)


async def attend(services: Services, code: Secret, document: str) -> Evidence:
    """Take the code of staff, who looked at `document` (one of `DOCUMENTS`).

    Raises `identity.method` (nobody has set a code), `close.wrong`, `close.wait`, `registry.*`, `authority.*`.
    """
    if document not in DOCUMENTS:
        raise ValueError("document")
    await closing.require_code(services, code, METHOD)
    return Evidence(METHOD, "in_person", services.clock.now(), document)
