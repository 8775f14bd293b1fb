"""The project's own source as syntax trees, for tests that look at all of it."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("data", "kiosk", "screens")


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of the product, by its path below the root."""
    return {
        str(path.relative_to(ROOT)): ast.parse(path.read_text("utf-8"), str(path))
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
    }


def nodes(*packages: str) -> Iterator[tuple[str, ast.AST]]:
    """Every node of the modules of these packages (of all when none is named), with its module's path."""
    for path, tree in modules().items():
        if not packages or path.partition("/")[0] in packages:
            for node in ast.walk(tree):
                yield path, node


def called(node: ast.AST) -> str | None:
    """The plain name of what a call calls: `text` for `text(...)` and `i18n.text(...)`."""
    if not isinstance(node, ast.Call):
        return None
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return None


def literals(node: ast.AST) -> Iterator[str]:
    """The texts that an expression can be; where a part is computed stands `*`."""
    match node:
        case ast.Constant(value=str(value)):
            yield value
        case ast.JoinedStr(values=values):
            yield "".join(part.value if isinstance(part, ast.Constant) else "*" for part in values)
        case ast.IfExp(body=body, orelse=orelse):
            yield from literals(body)
            yield from literals(orelse)
