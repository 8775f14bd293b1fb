"""Change the PIN of a security token, the maker's among them. Nothing that is on it changes."""

import asyncio

from kiosk import log
from kiosk.errors import KioskError
from kiosk.media.token_records import Token
from kiosk.media.token_uri import TokenUri
from kiosk.secret import Secret
from kiosk.services import Services


async def change_pin(services: Services, uri: TokenUri, old: Secret, new: Secret) -> Token:
    """Change the PIN of the one token that `uri` names; give the token.

    Raises `token.*`: why it is not one token or cannot be written to, `token.pin`, `token.pin_last` and
    `token.pin_locked` for the old PIN, `token.pin_weak` for the new one.
    """
    token = await asyncio.to_thread(services.tokens.find, uri)
    await change_pin_of(services, token, old, new)
    return token


async def change_pin_of(services: Services, token: Token, old: Secret, new: Secret) -> None:
    """Change the PIN of a token that was found. Raises as `change_pin` does."""
    if token.problem is not None:
        raise KioskError(token.problem)
    await asyncio.to_thread(_change, services, token, old, new)
    try:
        await services.in_registry(lambda: _noted(services))
    except KioskError as error:
        # It is changed all the same, and whoever is told that it failed would type the old one.
        log.event("audit.failed", error=error.code)


def _change(services: Services, token: Token, old: Secret, new: Secret) -> None:
    tokens = services.tokens
    try:
        tokens.change_pin(token, old, new)
    finally:
        tokens.release(token)  # no process stays that was told a PIN


def _noted(services: Services) -> None:
    with services.step():
        services.audit.append("pin.changed")
