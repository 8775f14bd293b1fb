"""SMS over HTTPS, to a real server under an authority of our own, which may answer anything."""

import http.server
import json
import socket
import ssl
import threading
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from kiosk.reminders.channel import SENT, Message, Outcome
from kiosk.reminders.gateway import Access, Gateway, judged
from kiosk.secret import Secret
from tests.reminders.drip import dripping
from tests.reminders.office import START, Office
from tests.reminders.tls import trust

Answer = Callable[[dict[str, Any]], tuple[int, bytes]]


def accepted(asked: dict[str, Any]) -> tuple[int, bytes]:
    return 200, json.dumps({"id": asked["id"], "result": "accepted"}).encode()


class Server(http.server.ThreadingHTTPServer):
    """Keeps what it is asked, and answers as the test says."""

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), _Asked)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.answer: Answer = accepted
        self.asked: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        self.connections = 0
        self.hang_up_after = 1000
        self.sent: set[str] = set()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that trusts nobody hangs up: nothing to say about it."""


class _Asked(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, dict(self.headers), asked))
        status, body = self.server.answer(asked)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if status == 302:
            self.send_header("Location", "https://example.com/")
        self.end_headers()
        self.wfile.write(body)
        if len(self.server.asked) % self.server.hang_up_after == 0:
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as the library has it
        pass


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with Server(trust(tmp_path / "tls").context()) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.02,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def gateway(server: Server, tmp_path: Path) -> Iterator[Gateway]:
    made = Gateway(access(server, tmp_path / "tls" / "authority.pem"))
    yield made
    made.close()


def access(server: Server, authority: Path | None, **changes: Any) -> Access:
    url = urlsplit(f"https://localhost:{server.server_address[1]}/v1/messages?center=7")
    context = ssl.create_default_context(cafile=authority)
    return Access(**{"url": url, "sender": "021234567", "key": Secret("k3y"), "context": context, **changes})


def message(**changes: Any) -> Message:
    return Message(
        **{"id": str(uuid.uuid4()), "queued_at": "2026-11-22T01:23:45.678Z", "to": "+821023456789", "subject": "",
           "text": "인증서가 30일 뒤에 끝납니다.", **changes}
    )  # fmt: skip


def test_the_contract(server: Server, gateway: Gateway) -> None:
    given = [message() for _ in range(3)]
    assert gateway.send(given) == [SENT] * 3
    assert [asked for _, _, asked in server.asked] == [
        {"id": each.id, "to": each.to, "from": "021234567", "text": each.text} for each in given
    ]
    path, headers, asked = server.asked[0]
    assert path == "/v1/messages?center=7"
    assert headers["Authorization"] == "Bearer k3y"
    assert headers["Idempotency-Key"] == asked["id"]
    assert headers["Content-Type"] == "application/json"
    assert server.connections == 1


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (b'{"id": "ID", "result": "refused", "reason": "number"}', Outcome("never", "gateway.number")),
        (b'{"id": "ID", "result": "refused"}', Outcome("never", "gateway")),
        (b'{"id": "ID", "result": "refused", "reason": "\\u001b[31m"}', Outcome("never", "gateway")),
        (b'{"id": "ID", "result": "later", "reason": "busy"}', Outcome("again", "gateway.busy")),
        (b'{"id": "ID", "error": "quota"}', Outcome("again", "gateway.answer")),
        (b'{"id": "other", "result": "accepted"}', Outcome("again", "gateway.answer")),
        (b'{"result": "accepted"}', Outcome("again", "gateway.answer")),
        (b"<html>Sorry</html>", Outcome("again", "gateway.answer")),
        (b"", Outcome("again", "gateway.answer")),
        (b"[" * 60000, Outcome("again", "gateway.answer")),
        (b" " * 200000, Outcome("again", "gateway.answer")),
        (b'"accepted"', Outcome("again", "gateway.answer")),
        (b"\xff\xfe", Outcome("again", "gateway.answer")),
    ],
    ids=range(13),
)
def test_two_hundred_says_little(server: Server, gateway: Gateway, body: bytes, outcome: Outcome) -> None:
    """And whatever it was, the next message is sent."""
    first, second = message(), message()
    answers = iter([(200, body.replace(b"ID", first.id.encode()))])
    server.answer = lambda asked: next(answers, None) or accepted(asked)
    assert gateway.send([first, second]) == [outcome, SENT]


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, "never"), (413, "never"), (422, "never"), (401, "down"), (403, "down"), (404, "down"), (429, "down"),
     (500, "down"), (503, "down"), (302, "down"), (204, "down")],
)  # fmt: skip
def test_other_statuses(status: int, kind: str) -> None:
    assert judged("x", status, b'{"id": "x", "result": "accepted"}') == Outcome(kind, f"gateway.{status}")  # type: ignore[arg-type]


def test_a_redirect_is_not_followed(server: Server, gateway: Gateway) -> None:
    server.answer = lambda asked: (302, b"")
    assert gateway.send([message(), message()]) == [Outcome("down", "gateway.302")]
    assert len(server.asked) == 1


def test_a_server_that_nobody_vouches_for(server: Server, tmp_path: Path) -> None:
    untrusted = Gateway(access(server, None))
    assert untrusted.send([message()]) == [Outcome("down", "gateway.tls")]
    elsewhere = urlsplit(f"https://127.0.0.2:{server.server_address[1]}/")
    assert (
        Gateway(access(server, tmp_path / "tls" / "authority.pem", url=elsewhere)).send([message()])[0].kind
        == "down"
    )
    assert server.asked == []


def test_nobody_answers(server: Server, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        for host in (
            f"https://localhost:{silent.getsockname()[1]}/",
            "https://localhost:1/",
            "https://no.invalid/",
        ):
            gone = Gateway(access(server, None, url=urlsplit(host), seconds=0.2))
            assert gone.send([message()]) == [Outcome("down", "gateway.connection")]


@pytest.mark.parametrize(
    ("first", "drop"),
    [(b"HTTP/1.1 200 OK\r\nX: ", b"x"), (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
     (b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n", b" ")],
    ids=["headers", "soon", "body"],
)  # fmt: skip
def test_an_answer_that_never_comes_to_an_end(
    server: Server, tmp_path: Path, first: bytes, drop: bytes
) -> None:
    """Each byte comes in time; the whole does not."""
    authority = tmp_path / "tls" / "authority.pem"
    with dripping(first, drop, trust(tmp_path / "tls").context()) as talker:
        url = urlsplit(f"https://localhost:{talker.port}/")
        context = ssl.create_default_context(cafile=authority)
        slow = Gateway(access(server, None, url=url, context=context, seconds=0.2))
        assert slow.send([message()]) == [Outcome("down", "gateway.connection")]
        slow.close()
        assert not talker.outlasted


def test_a_connection_that_was_closed_meanwhile(server: Server, gateway: Gateway) -> None:
    server.hang_up_after = 2
    for _ in range(6):
        assert gateway.send([message()]) == [SENT]
    assert server.connections == 3


async def test_what_it_took_and_did_not_say(office: Office, server: Server, gateway: Gateway) -> None:
    """The connection breaks after it took a message: the same id comes again, and is one message for it."""
    held = await office.add(START + timedelta(days=30))
    texts: dict[str, str] = {}

    def broken(asked: dict[str, Any]) -> tuple[int, bytes]:
        texts[asked["id"]] = asked["text"]
        raise ConnectionResetError

    server.answer = broken
    report = await office.run(gateway)
    assert report.down == {"sms": "gateway.connection"}
    server.answer = accepted
    assert (await office.run(gateway)).counts["sent"] == 1
    assert [asked["id"] for _, _, asked in server.asked] == [*texts] * 2
    assert await office.rows(held) == [(30, "sms", "sent", None)]
