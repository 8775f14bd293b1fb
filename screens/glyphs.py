"""The characters that our own screens are made of: what every terminal and console font in use can draw.

Borders of other styles, arrows, bullets and circled numbers are missing from some fonts, or one cell wide in one
program and two in another. What people type and what stands on their media may have other letters.
"""

LINES = "─│┌┐└┘═"
BLOCKS = "█▀▄▌▐"

SAFE = frozenset(
    [chr(code) for code in range(0x20, 0x7F)]
    + [chr(code) for code in range(0xAC00, 0xD7A4)]  # Hangul syllables
    + [chr(code) for code in range(0x3131, 0x3164)]  # Hangul letters, as they are typed
    + [*LINES, *BLOCKS]
)
