"""Two themes of one look: paper, and high contrast. Meaning is never carried by colour alone."""

from textual.theme import Theme

NAMES = ("paper", "contrast")


def _theme(name: str, *, dark: bool, **colours: str) -> Theme:
    return Theme(
        name=name,
        primary=colours["accent"],
        background=colours["ground"],
        foreground=colours["ink"],
        surface=colours["ground"],
        panel=colours["bar"],
        dark=dark,
        variables={key.replace("_", "-"): value for key, value in colours.items()},
    )


PAPER = _theme(
    "paper", dark=False,
    ground="#faf8f2", ink="#1c1c1c", quiet="#55524a", accent="#17305c", accent_ink="#ffffff", tint="#e3eaf7",
    good="#0b6e4f", warn="#f2c14e", warn_ink="#1c1c1c", danger="#9a1c1c", danger_ink="#ffffff",
    cap="#1c1c1c", cap_ink="#faf8f2", bar="#e8e4d8", line="#75705f", field="#ffffff",
    code="#ffffff", code_ink="#000000",
)  # fmt: skip
CONTRAST = _theme(
    "contrast", dark=True,
    ground="#000000", ink="#ffffff", quiet="#e6e6e6", accent="#ffe14d", accent_ink="#000000", tint="#3a3500",
    good="#8dffa8", warn="#ffffff", warn_ink="#000000", danger="#ffb3b3", danger_ink="#000000",
    cap="#ffe14d", cap_ink="#000000", bar="#202020", line="#8a8a8a", field="#000000",
    code="#ffffff", code_ink="#000000",
)  # fmt: skip
THEMES = (PAPER, CONTRAST)

# Every pair of text and ground that the style sheet uses: what the contrast test computes.
PAIRS = (
    ("ink", "ground"), ("quiet", "ground"), ("accent", "ground"), ("accent_ink", "accent"), ("ink", "tint"),
    ("accent", "tint"), ("quiet", "tint"), ("good", "ground"), ("warn_ink", "warn"), ("danger", "ground"),
    ("danger_ink", "danger"), ("cap_ink", "cap"), ("ink", "bar"), ("ink", "field"), ("accent", "field"),
    ("quiet", "field"), ("line", "ground"), ("line", "field"), ("code_ink", "code"),
)  # fmt: skip
