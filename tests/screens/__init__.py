"""Tests of the screens. Textual reads its switches when it is imported: they are set before anything here."""

import os

from screens import terminal

terminal.prepare()
# A screen is painted at most so many times a second: a test has nobody's eyes to spare.
os.environ["TEXTUAL_FPS"] = "500"
