"""The rules of the architecture, looked up in the source itself."""

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator

import pytest

from tests.source import PACKAGES, ROOT, called, modules, nodes

LONGEST = 300
"""Lines of one file; about 250 is the aim."""
LAZY = {"kiosk/walkup.py"}
"""Where the walk-up kiosk is opened, inside functions."""


def imports() -> Iterator[tuple[str, str, bool]]:
    """Every import of the product: who, what (dotted), and whether at the top of the module."""
    for path, tree in modules().items():
        top = set(map(id, tree.body))
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for name in node.names:
                    yield path, name.name, id(node) in top
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path}: relative import"
                yield path, node.module or "", id(node) in top
                for name in node.names:
                    yield path, f"{node.module}.{name.name}", id(node) in top


IMPORTS = list(imports())


def users_of(library: str) -> set[str]:
    return {path for path, name, _ in IMPORTS if name == library or name.startswith(f"{library}.")}


def package_of(path: str) -> str:
    return path.partition("/")[0]


def test_there_is_something_to_look_at() -> None:
    assert {package_of(path) for path in modules()} == set(PACKAGES)
    assert len(modules()) > 50
    assert len(IMPORTS) > 300


def test_data_imports_neither_of_the_others() -> None:
    assert {package_of(path) for path in users_of("kiosk")} <= {"kiosk", "screens"}
    assert {package_of(path) for path in users_of("screens")} <= {"kiosk", "screens"}


def test_kiosk_imports_screens_in_one_function_only() -> None:
    above = [
        (path, top) for path, name, top in IMPORTS if name.partition(".")[0] == "screens" and "kiosk" in path
    ]
    assert {path for path, _ in above} <= LAZY
    assert not any(top for _, top in above)


def test_kiosk_and_data_never_import_textual() -> None:
    assert {package_of(path) for path in users_of("textual") | users_of("rich")} <= {"screens"}


def test_screens_reach_data_through_kiosk() -> None:
    """But for the types of records, which services give them."""
    reached = {
        name.split(".")[1]
        for path, name, _ in IMPORTS
        if package_of(path) == "screens" and name.startswith("data.")
    }
    assert reached <= {"records"}


@pytest.mark.parametrize("library", ["pyudev", "dbus", "dbus_fast", "PyKCS11"])
def test_hardware_libraries_have_one_file_each(library: str) -> None:
    users = users_of(library)
    assert len(users) <= 1
    assert {package_of(path) for path in users} <= {"kiosk"}


def test_pkcs11_is_imported_by_the_process_that_loads_modules_only() -> None:
    """Others' code never runs in the kiosk's own process, and nobody imports the file that would bring it in."""
    worker = "kiosk/media/pkcs11_worker.py"
    assert users_of("pkcs11") == {worker}
    assert users_of("kiosk.media.pkcs11_worker") == set()


def test_one_file_knows_udev() -> None:
    assert users_of("pyudev") == {"kiosk/media/watch.py"}


STATEMENT = re.compile(
    r"\s*(SELECT\s|INSERT\s+(OR \w+ )?INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|REPLACE\s+INTO|PRAGMA\s+\w"
    r"|(CREATE|DROP|ALTER)\s+(UNIQUE\s+)?(TABLE|INDEX|TRIGGER|VIEW)|BEGIN IMMEDIATE|VACUUM|ATTACH\s)",
    re.S,
)


def test_the_search_knows_sql() -> None:
    data = [path for path, node in nodes("data") if _is_sql(node)]
    assert len(data) > 20
    assert not _is_sql(ast.parse("'Select a medium'").body[0])
    assert _is_sql(
        ast.Constant("update requests set state = ''".replace("update", "UPDATE").replace("set", "SET"))
    )


def _is_sql(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(STATEMENT.match(node.value))
    )


def test_sql_lives_in_data() -> None:
    assert [f"{path}: {ast.unparse(node)}" for path, node in nodes("kiosk", "screens") if _is_sql(node)] == []
    executed = [
        path
        for path, node in nodes("kiosk", "screens")
        if called(node) in {"execute", "executemany", "executescript"}
    ]
    assert executed == []
    assert {package_of(path) for path in users_of("sqlite_utils")} == {"data"}


def attributes_of(name: str, path: str) -> set[str]:
    """What a module takes from `name`: `name.attribute`."""
    return {
        node.attr for node in ast.walk(modules()[path])
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == name
    }  # fmt: skip


def test_of_sqlite_others_know_one_exception() -> None:
    """`IntegrityError` is what a caller asked for: a serial that was used."""
    for path in users_of("sqlite3"):
        assert package_of(path) == "data" or attributes_of("sqlite3", path) == {"IntegrityError"}, path


def test_who_opens_the_registry() -> None:
    """The services do, and the setup that makes it: nobody else could change it."""
    opened = defaultdict(set)
    for path in (path for path in modules() if package_of(path) != "data"):
        for attribute in attributes_of("Registry", path):
            opened[attribute].add(path)
    assert opened == {"open": {"kiosk/services.py"}, "create": {"kiosk/setup.py"}}
    assert [path for path, node in nodes("kiosk", "screens") if called(node) == "Registry"] == []


def test_the_audit_log_is_written_with_every_change() -> None:
    """Whoever changes the registry does it in a `step`, where the line is too."""
    changes = {
        "add_subscriber", "add_request", "change_request", "add_certificate", "change_certificate", "add_crl",
        "count_try", "put_contact", "delete_contact", "keep_contact", "consent", "queue_deliveries", "note_rung",
        "release_deliveries", "claim_deliveries", "finish_deliveries", "fail_delivery", "stop_deliveries",
        "mark_delivery",
    }  # fmt: skip
    changing = {path for path, node in nodes("kiosk") if called(node) in changes}
    assert changing
    for path in changing:
        functions = [node for node in ast.walk(modules()[path]) if isinstance(node, ast.FunctionDef)]
        for function in functions:
            calls = {called(node) for node in ast.walk(function)}
            if calls & changes:
                assert calls & {"append", "_moved", "step"}, f"{path}: {function.name} changes without a line"


@pytest.mark.parametrize("path", modules())
def test_files_are_short(path: str) -> None:
    assert len((ROOT / path).read_text("utf-8").splitlines()) <= LONGEST


def test_no_module_is_named_like_one_of_the_standard_library() -> None:
    names = {name for path in modules() for name in path.removesuffix(".py").split("/")[1:]}
    assert names & (sys.stdlib_module_names - {"__init__", "__main__"}) == set()


def test_words_that_say_nothing() -> None:
    defined = {
        (path, node.name) for path, node in nodes()
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    }  # fmt: skip
    assert [each for each in defined if re.search(r"(?i)manager|helper|utils?\b|handler", each[1])] == []
    assert not [path for path in modules() if re.search(r"(?i)manager|helper|util|handler", path)]


def test_nothing_is_left_to_do() -> None:
    for path in modules():
        assert not re.search(r"\b(TODO|FIXME|XXX|HACK)\b", (ROOT / path).read_text("utf-8")), path
