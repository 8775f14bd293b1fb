"""How large a medium is, or what room it has, as people read it."""

UNITS = ("B", "kB", "MB", "GB", "TB")


def size_text(count: int) -> str:
    """Write a number of bytes as sizes are printed on sticks: in thousands, not 1024s, and never more than it is."""
    power = 0
    while count >= 1000 ** (power + 1) and power < len(UNITS) - 1:
        power += 1
    if power < UNITS.index("GB"):
        return f"{count // 1000**power} {UNITS[power]}"
    tenths = count * 10 // 1000**power
    return f"{tenths // 10:,}.{tenths % 10} {UNITS[power]}"
