"""What tests counted, at the end of the run.

It is a property of their reports, which pytest-xdist carries to where the summary is written.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.crash import table

YEAR = "year"
"""What came of a year of reminders: a line."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    years = list(_properties(terminalreporter, YEAR))
    if years:
        terminalreporter.section("a year of reminders")
        for line in years:
            terminalreporter.write_line(line)
    rows = [tuple(row) for rows in _properties(terminalreporter, table.PROPERTY) for row in rows]
    if rows:
        terminalreporter.section("calls x faults x outcomes")
        for line in table.table(rows):
            terminalreporter.write_line(line)


def _properties(terminalreporter: pytest.TerminalReporter, wanted: str) -> Iterator[Any]:
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", None) == "teardown":
                yield from (value for name, value in report.user_properties if name == wanted)
