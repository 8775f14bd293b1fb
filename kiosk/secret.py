"""A value that must not be seen: passwords, PINs, identity numbers, keys, codes."""

from typing import NoReturn, Self


class Secret:
    """Hold a secret in memory so that it cannot be shown by accident.

    `repr`, `str`, formatting, pickling, copying and hashing all refuse or say only that it is a secret; the
    one way to the value is `reveal()` or `text()`, which are easy to search for. `wipe()` overwrites the
    buffer; Python may have made copies before, so a visit's process also ends.
    """

    __slots__ = ("_buffer",)

    def __init__(self, value: str | bytes) -> None:
        """Take `value`; text is kept as UTF-8."""
        self._buffer = bytearray(value.encode() if isinstance(value, str) else value)

    def reveal(self) -> bytes:
        """Give the value as bytes."""
        return bytes(self._buffer)

    def text(self) -> str:
        """Give the value as text (UTF-8)."""
        return self._buffer.decode()

    def wipe(self) -> None:
        """Overwrite the value and forget it."""
        self._buffer[:] = bytes(len(self._buffer))
        self._buffer.clear()

    def __bool__(self) -> bool:
        return bool(self._buffer)

    def __len__(self) -> int:
        return len(self._buffer)

    def __repr__(self) -> str:
        return "<secret>"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "<secret>"

    def __eq__(self, other: object) -> NoReturn:
        raise TypeError("a secret is not compared; reveal() it and use hmac.compare_digest")

    __hash__ = None  # type: ignore[assignment]

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a secret is never pickled or copied")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.wipe()
