"""What a step hears when something was plugged in or pulled."""

from textual.message import Message


class Plugged(Message):
    """`visit.media` has changed."""
