"""Certificates that must not be trusted are refused with the right sentence, and nothing turns that off."""

import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pytest

from spreadwatch.config.keys import KEYS
from spreadwatch.core.events import Phase
from spreadwatch.core.quote import Side
from spreadwatch.feed import dial
from spreadwatch.feed.catalog import read
from spreadwatch.feed.policy import StreamSettings
from spreadwatch.feed.stream import Stream
from tests.exchange.frames import Told
from tests.exchange.server import STALL, Drip, Exchange, http_response
from tests.exchange.tls import self_signed
from tests.faults import figures
from tests.faults.streams import SCALED, USUAL, Mutants, Publisher, Streams, bases, fails

# CPython's wrap_socket leaves a socket that was reset just then to the garbage collector, which says so.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

SPOT, FUTURES = Side.SPOT, Side.FUTURES
_SOURCES = Path(dial.__file__).resolve().parents[1]
_EXTENSIONS = """
[ca]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = CA:false
subjectAltName = DNS:{name}
"""
_CA = """
[ca]
default_ca = this
[this]
database = {folder}/index.txt
new_certs_dir = {folder}
serial = {folder}/serial
default_md = sha256
unique_subject = no
policy = any
[any]
commonName = supplied
"""


class Authority:
    """A certificate authority in a folder, made with the `openssl` command. Skips the test without it."""

    def __init__(self, folder: Path) -> None:
        found = shutil.which("openssl")
        if found is None:
            pytest.skip("no openssl command to make a certificate with")
        self._openssl, self._folder = found, folder
        folder.mkdir()
        self.file = folder / "ca.pem"
        (folder / "index.txt").touch()
        (folder / "serial").write_text("01\n")
        (folder / "ca.cnf").write_text(_CA.format(folder=folder))
        (folder / "extensions.cnf").write_text(_EXTENSIONS.format(name="unused"))
        self._run("req", "-x509", *self._key("ca"), "-days", "9", "-subj", "/CN=Test Authority", "-out", "ca.pem")

    def server(self, name: str, begin: str = "20200101000000Z", end: str = "20490101000000Z") -> ssl.SSLContext:
        """Return a server context with a certificate for `name` that is valid from `begin` to `end`."""
        (self._folder / "extensions.cnf").write_text(_EXTENSIONS.format(name=name))
        self._run("req", "-new", *self._key("leaf"), "-subj", f"/CN={name}", "-out", "leaf.csr")
        sign = ["ca", "-batch", "-config", "ca.cnf", "-extfile", "extensions.cnf", "-extensions", "leaf", "-notext"]
        dates = ["-startdate", begin, "-enddate", end]
        self._run(*sign, *dates, "-cert", "ca.pem", "-keyfile", "ca.key", "-in", "leaf.csr", "-out", "leaf.pem")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._folder / "leaf.pem", self._folder / "leaf.key")
        return context

    def _key(self, name: str) -> list[str]:
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", f"{name}.key"]

    def _run(self, *arguments: str) -> None:
        done = subprocess.run(
            [self._openssl, *arguments], cwd=self._folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls") / "authority")


@pytest.fixture(scope="module")
def lone_certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    return self_signed(tmp_path_factory.mktemp("self"))


BAD: dict[str, tuple[Callable[[Authority], ssl.SSLContext], bool, str]] = {  # server, is its authority trusted, words
    "expired": (
        lambda one: one.server("localhost", end="20210101000000Z"),
        True,
        "has expired: is this machine's clock",
    ),
    "not valid yet": (lambda one: one.server("localhost", begin="20480101000000Z"), True, "is not valid yet"),
    "wrong host": (lambda one: one.server("exchange.example"), True, "is for another host"),
    "unknown authority": (lambda one: one.server("localhost"), False, "comes from an unknown authority"),
}


def refused(server: ssl.SSLContext, ca_file: Path | None, words: str) -> None:
    """No quote comes, and the leg says why."""
    with (
        Exchange(tls=server) as exchange,
        Publisher(exchange),
        Streams(bases(exchange, SPOT), ca_file=ca_file) as streams,
    ):
        streams.wait(lambda: len(streams.reasons(SPOT)) >= 2 or streams.quotes(SPOT))
        streams.stop()
        assert not exchange.requests("spot"), "the upgrade was sent over a connection that cannot be trusted"
    figures.note("quotes over TLS that cannot be trusted", len(streams.quotes(SPOT)), "quotes", 0)
    assert not streams.quotes(SPOT)
    reason = streams.reasons(SPOT)[0]
    assert reason.startswith("the certificate of localhost"), reason
    assert words in reason, reason
    assert "ca_file" in reason


@pytest.mark.parametrize("case", BAD)
def test_a_bad_certificate_is_refused(authority: Authority, case: str) -> None:
    make, trusted, words = BAD[case]
    refused(make(authority), authority.file if trusted else None, words)


def test_a_self_signed_certificate_is_refused(lone_certificate: tuple[ssl.SSLContext, Path]) -> None:
    refused(lone_certificate[0], None, "is self-signed")


def accepted(server: ssl.SSLContext, ca_file: Path) -> None:
    """Quotes come over a connection whose authority was added."""
    with Exchange(tls=server) as exchange, Publisher(exchange), Streams(bases(exchange), ca_file=ca_file) as streams:
        streams.wait(lambda: streams.quotes(SPOT) and streams.quotes(FUTURES), 3.0)
        assert not streams.reasons(SPOT) + streams.reasons(FUTURES), streams.story()


def test_an_authority_added_by_file_is_trusted(authority: Authority) -> None:
    accepted(authority.server("localhost"), authority.file)


def test_the_symbol_list_is_asked_for_with_the_same_care(authority: Authority) -> None:
    with Exchange(tls=authority.server("localhost")) as exchange:
        url = exchange.spot_rest + "/api/v3/ping"
        assert read(url, dial.tls_context(authority.file)) == b"{}"
        with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
            read(url, dial.tls_context(None))


def test_a_server_without_tls_is_explained() -> None:
    with Exchange() as exchange:
        exchange.accept("spot", http_response(400))
        with Streams({SPOT: _secure(exchange.spot_stream)}) as streams:
            streams.wait(lambda: streams.reasons(SPOT))
            reason = streams.reasons(SPOT)[0]
    assert reason.startswith("no secure connection to localhost"), reason


def _secure(url: str) -> str:
    return f"wss://localhost:{url.rpartition(':')[2]}"


_DEAD: dict[str, Told] = {"stall": STALL, "drip": Drip(0.02, b"\x16\x03\x03\x40\x00" + b"\0" * 9000)}


def stalled(case: str, settings: StreamSettings) -> None:
    """A TLS handshake that stalls or drips on one venue is given up, and holds up no other."""
    with Exchange() as exchange, Publisher(exchange):
        exchange.accept("futures", _DEAD[case])
        urls = {FUTURES: _secure(exchange.futures_stream), SPOT: exchange.spot_stream}
        with Streams(urls, settings) as streams:
            streams.wait(lambda: streams.quotes(SPOT), 1.0)
            streams.wait(lambda: streams.reasons(FUTURES), settings.handshake_s + 1.0)
            taken_s = streams.links(FUTURES, Phase.LOST)[0][0] - streams.links(FUTURES, Phase.OPENING)[0][0]
            streams.stop()
    figures.note("stop in a handshake", streams.stopped_s, "s", 0.3)
    assert streams.stopped_s <= 0.3
    if settings is USUAL:
        figures.note("dead handshake given up", taken_s, "s", 5.2)
    assert taken_s <= settings.handshake_s + 0.2, f"{taken_s} s"
    assert "did not answer within" in streams.reasons(FUTURES)[0], streams.reasons(FUTURES)


@pytest.mark.parametrize(("case", "settings"), [("stall", SCALED), ("drip", SCALED), ("drip", USUAL)])
def test_a_tls_handshake_that_stalls_is_given_up(case: str, settings: StreamSettings) -> None:
    stalled(case, settings)


def test_stop_wakes_a_tls_handshake_at_once() -> None:
    with Exchange() as exchange:
        exchange.accept("spot", STALL)
        with Streams({SPOT: _secure(exchange.spot_stream)}, USUAL) as streams:
            exchange.wait_until(lambda: bool(exchange.attempts("spot")))
            time.sleep(0.1)
            streams.stop()
        figures.note("stop in a handshake", streams.stopped_s, "s", 0.3)
        assert streams.stopped_s <= 0.3, f"{streams.stopped_s} s"


def side_by_side(authority: Authority) -> None:
    """A venue whose TLS handshake stalls does not hold up the other one's."""
    with Exchange(tls=authority.server("localhost")) as exchange, Publisher(exchange):
        exchange.accept("futures", STALL)
        with Streams(bases(exchange, FUTURES), USUAL, ca_file=authority.file):
            exchange.wait_until(lambda: bool(exchange.attempts("futures")))
            time.sleep(0.2)  # it is in its handshake now
            with Streams(bases(exchange, SPOT), USUAL, ca_file=authority.file) as streams:
                streams.wait(lambda: streams.quotes(SPOT), 1.5, "a quote of the other venue")
                streams.stop()
    taken_s = streams.quotes(SPOT)[0][0] - streams.links(SPOT, Phase.OPENING)[0][0]
    figures.note("first quote beside a stalled TLS handshake", taken_s, "s", 1.0)
    assert taken_s <= 1.0


def test_venues_do_their_handshakes_side_by_side(authority: Authority) -> None:
    side_by_side(authority)


_SWITCH = re.compile(
    r"CERT_NONE|CERT_OPTIONAL|check_hostname\s*=|verify_mode|_create_unverified|unverified|sslopt|insecure|"
    r"verify\s*=\s*False|disable_warnings|PYTHONHTTPSVERIFY|NO_VERIFY|SKIP_VERIFY",
    re.IGNORECASE,
)
_KEY = re.compile(r"verif|insecure|tls|ssl|cert|trust|check", re.IGNORECASE)


def no_switch(sources: Path) -> None:
    """Nothing in the sources weakens verification."""
    found = [
        f"{path.name}: {line.strip()}"
        for path in sorted(sources.rglob("*.py"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if _SWITCH.search(line)
    ]
    figures.note("switches that turn TLS verification off", len(found), "places", 0)
    assert not found, found


def test_no_source_line_weakens_verification() -> None:
    no_switch(_SOURCES)


def test_no_setting_weakens_verification() -> None:
    assert not [key.dotted for key in KEYS if _KEY.search(key.name)]
    assert "feed.ca_file" in [key.dotted for key in KEYS]
    context = dial.tls_context(None)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def _trusting(_: Path | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _hostless(ca_file: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca_file)
    context.check_hostname = False
    return context


_connect = dial.WebSocketConnection._connect


def _slow(self: dial.WebSocketConnection, host: str, port: int, deadline: float) -> socket.socket:
    return _connect(self, host, port, deadline + 2)


MUTANTS: Mutants = {
    "everything trusted": lambda: [patch.object(dial, "tls_context", _trusting)],
    "any host trusted": lambda: [patch.object(dial, "tls_context", _hostless)],
    "file unread": lambda: [patch.object(dial, "tls_context", lambda _, make=dial.tls_context: make(None))],
    "handshake without an end": lambda: [
        patch.object(dial.WebSocketConnection, "_connect", _slow),
        patch.object(Stream, "check"),
    ],
}


@pytest.mark.parametrize("case", BAD)
def test_a_client_that_trusts_everything_is_noticed(authority: Authority, case: str) -> None:
    make, trusted, words = BAD[case]
    fails(MUTANTS["everything trusted"](), lambda: refused(make(authority), authority.file if trusted else None, words))


def test_a_client_that_trusts_any_host_is_noticed(authority: Authority) -> None:
    make, _, words = BAD["wrong host"]
    fails(MUTANTS["any host trusted"](), lambda: refused(make(authority), authority.file, words))


def test_an_unread_file_is_noticed(authority: Authority) -> None:
    fails(MUTANTS["file unread"](), lambda: accepted(authority.server("localhost"), authority.file))


def test_a_shared_lock_of_handshakes_is_noticed(authority: Authority) -> None:
    shared = dial.tls_context(authority.file)
    fails([patch.object(dial, "tls_context", lambda _: shared)], lambda: side_by_side(authority))


@pytest.mark.parametrize("case", _DEAD)
def test_a_tls_handshake_without_an_end_is_noticed(case: str) -> None:
    fails(MUTANTS["handshake without an end"](), lambda: stalled(case, SCALED))


def test_a_switch_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "switch.py").write_text("context.verify_mode = ssl.CERT_NONE\n")
    fails([], lambda: no_switch(tmp_path))
