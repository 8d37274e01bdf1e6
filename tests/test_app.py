"""The program put together: a real window on real sockets, from the first quote to the close."""

import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
import time
import tkinter as tk
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from spreadwatch import app, config
from spreadwatch.config import Config
from spreadwatch.core.quote import Side
from spreadwatch.core.snapshot import PairSnapshot, Snapshot
from spreadwatch.errors import RegionError
from spreadwatch.run import playback
from spreadwatch.run.playback import Playback
from spreadwatch.run.session import Session
from spreadwatch.ui.dashboard import Dashboard
from tests.captures.oracle import by_brute_force, figures_of, lines_of, sent
from tests.conftest import ROOT, Tape
from tests.exchange.server import STALL, Exchange, frame, http_response

pytestmark = pytest.mark.usefixtures("screen")

ETH = "ethusdt@bookTicker"
GONE_S, ENDED_S = 0.3, 2.0
Step = Callable[[Dashboard, Snapshot], bool]


def settings(exchange: Exchange | None = None, **feed: Any) -> Config:  # noqa: ANN401 - of every type
    """Return settings of a window that remembers nothing, on a local exchange if one is given."""
    base = Config()
    endpoints = base.endpoints
    if exchange is not None:
        endpoints = config.Endpoints(
            exchange.spot_stream, exchange.futures_stream, exchange.spot_rest, exchange.futures_rest
        )
    window = replace(base.window, remember_geometry=False, time_zone="utc")
    return replace(base, window=window, feed=replace(base.feed, **feed), endpoints=endpoints)


class Shown:
    """Runs a session in a window and looks at it after each paint, on the window's own thread."""

    def __init__(self, session: Session, settings: Config, monkeypatch: pytest.MonkeyPatch) -> None:
        self.session = session
        self.settings = settings
        self.paints = 0
        self.took_s = self.gone_s = self.closed_at_s = 0.0
        self._monkeypatch = monkeypatch
        self._close = Dashboard.close

    def until(self, done: Step, act: Callable[[Dashboard], None] | None = None) -> int:
        """Show the window until `done`, then close it as a person does (or `act`); return the exit code."""
        render, close = Dashboard.render, Dashboard.close
        deadline = time.monotonic() + 60

        def rendering(dashboard: Dashboard, snapshot: Snapshot) -> None:
            self.paints += 1
            render(dashboard, snapshot)
            if self.closed_at_s:  # by what this very frame let happen
                return
            if done(dashboard, snapshot) or time.monotonic() > deadline:
                dashboard.root.after_idle(lambda: (act or press_close)(dashboard))

        def closing(dashboard: Dashboard) -> None:
            began = time.monotonic()
            close(dashboard)
            self.gone_s = max(self.gone_s, time.monotonic() - began)
            self.closed_at_s = self.closed_at_s or began

        self._monkeypatch.setattr(Dashboard, "render", rendering)
        self._monkeypatch.setattr(Dashboard, "close", closing)
        began = time.monotonic()
        try:
            code = app._window(self.session, self.settings, getattr(self.session, "playhead", None))
        finally:
            self._monkeypatch.setattr(Dashboard, "render", render)
            self._monkeypatch.setattr(Dashboard, "close", close)
        ended = time.monotonic()
        self.took_s = ended - began
        assert ended < deadline, "the awaited never came"
        assert self.gone_s < GONE_S
        assert ended - self.closed_at_s < ENDED_S
        return code


Show = Callable[[Session, Config], Shown]


@pytest.fixture
def show(monkeypatch: pytest.MonkeyPatch) -> Show:
    return lambda session, settings: Shown(session, settings, monkeypatch)


def press_close(dashboard: Dashboard) -> None:
    """Do what the window manager does for its close button."""
    if dashboard.root.children:
        dashboard.root.tk.call(dashboard.root.tk.call("wm", "protocol", ".", "WM_DELETE_WINDOW"))


def labels(widget: tk.Misc) -> Iterator[str]:
    """Yield the text of every label that can be seen."""
    for child in widget.winfo_children():
        if child.winfo_class() in ("Label", "TLabel") and child.winfo_viewable():
            yield str(child.cget("text"))
        yield from labels(child)


def pair_of(snapshot: Snapshot) -> PairSnapshot:
    return snapshot.pairs[0]


def subscribed(exchange: Exchange, stream: str = ETH) -> bool:
    return all(
        any(stream in one.ever_subscribed for one in exchange.connections(venue)) for venue in ("spot", "futures")
    )


# ----- minutes of a market


def check_labels(dashboard: Dashboard, texts: list[str]) -> None:
    dashboard.root.update_idletasks()
    texts += labels(dashboard.root)
    texts.append(dashboard.root.title())


def signed(spread: Decimal) -> str:
    """Write a spread as the window does: its sign always, a real minus sign."""
    return f"{spread:+.2f}".replace("-", "−")


def grouped(price: str, places: int) -> str:
    """Write a price from the wire as the window does, with no-break spaces between thousands."""
    return f"{Decimal(price):,.{places}f}".replace(",", "\u00a0")


def test_a_capture_over_two_sockets_ends_with_its_figures_in_the_labels(
    recorded: Path, exchange: Exchange, show: Show
) -> None:
    rows = lines_of(recorded)
    truth, count = figures_of(by_brute_force(rows)), sent(rows)
    chosen = replace(settings(exchange, silence_s=30.0), symbols=("BTCUSDT",))
    session = app.live(chosen)
    shown = show(session, chosen)
    texts: list[str] = []
    served: list[object] = []
    settled: list[float] = []

    def done(dashboard: Dashboard, snapshot: Snapshot) -> bool:
        if not served and subscribed(exchange, "btcusdt@bookTicker"):
            served.append(exchange.serve_capture(recorded, in_step=True, background=True))
        counts = pair_of(snapshot).counts
        if counts.spot + counts.futures < len(rows):
            return False
        settled.append(time.monotonic())
        if settled[-1] - settled[0] < 0.3:  # the title follows a little later
            return False
        if not texts:
            check_labels(dashboard, texts)
        return True

    assert shown.until(done) == 0
    pair = pair_of(session.pump.turn())
    assert {"spot": pair.counts.spot, "futures": pair.counts.futures} == count
    assert pair.spread.samples == truth.samples
    assert (pair.counts.rejected, pair.counts.repeated, pair.counts.reconnects, pair.counts.dropped) == (0, 0, 0, 0)
    ask, bid = (
        [row["raw"][name] for row in rows if row["market"] == market][-1]
        for market, name in (("spot", "a"), ("um", "b"))
    )
    spreads = [signed(spread) for spread in (truth.current, truth.high, truth.low)]
    for text in (*spreads, "● LIVE", "BTCUSDT", grouped(ask, 2), grouped(bid, 1)):
        assert text in texts
    assert texts[-1] == f"{spreads[0]} BTCUSDT · spreadwatch"
    assert not [text for text in texts if "rejected" in text or "dropped" in text or "reconnect" in text]
    assert shown.paints <= shown.took_s * 60 + 2


def replay(recorded: Path, speed: float | None = None) -> Playback:
    """Return a session on a capture, for a window."""
    source = playback.of_capture(recorded, (), "BTCUSDT")
    return Playback(source.reel, source.symbols, settings(), speed, then_end=True)


def test_a_replay_in_the_window_ends_with_its_figures_in_the_labels(recorded: Path, show: Show) -> None:
    rows = lines_of(recorded)
    truth = figures_of(by_brute_force(rows))
    session = replay(recorded)
    texts: list[str] = []

    def done(dashboard: Dashboard, snapshot: Snapshot) -> bool:
        if not session.playhead.has_ended:
            return False
        if pair_of(snapshot).state == "stale" and not texts:
            check_labels(dashboard, texts)
        return bool(texts)

    shown = show(session, settings())
    assert shown.until(done) == 0
    assert pair_of(session.turn()).counts.futures == sent(rows)["futures"]
    spreads = [signed(spread) for spread in (truth.high, truth.low)]
    for text in ("REPLAY 2024-08-08", *spreads, "○ STALE", "The recording has ended.", "—", "23:59:59"):
        assert text in texts
    assert shown.paints <= shown.took_s * 60 + 2


def test_keys_stop_a_replay_in_the_window_at_one_extreme_after_another(recorded: Path, show: Show) -> None:
    session = replay(recorded, 1.0)
    high, low, previous = Decimal("-Infinity"), Decimal("Infinity"), 0
    expected: list[int] = []
    for at_ms, spread in by_brute_force(lines_of(recorded)):
        if at_ms != previous and (spread > high or spread < low):
            expected.append(at_ms)
            previous = at_ms
        high, low = max(high, spread), min(low, spread)
    stops: list[int] = []

    def done(dashboard: Dashboard, snapshot: Snapshot) -> bool:
        if session.playhead.is_rushing or not pair_of(snapshot).spread.samples:
            return False
        if session.playhead.paused:
            stops.append(snapshot.at.wall_ms)
        if len(stops) < 4:
            dashboard.root.focus_force()
            dashboard.root.event_generate("<Key-n>")
        return len(stops) >= 4 and dashboard.root.title().endswith("(paused 2024-08-08)")

    assert show(session, settings()).until(done) == 0
    first = next(place for place, at_ms in enumerate(expected) if at_ms >= stops[0])
    assert stops[:4] == expected[first : first + 4]


# ----- from the first paint on


def test_the_window_is_there_before_any_connection_and_says_what_it_waits_for(
    exchange: Exchange, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = settings(exchange)
    session = app.live(chosen)
    before: list[str] = []
    start = Session.start

    def starting(self: Session) -> None:
        root = tk._get_default_root()  # type: ignore[attr-defined]
        root.update()
        before.extend(labels(root))
        assert exchange.attempts("spot") == exchange.attempts("futures") == []
        start(self)

    monkeypatch.setattr(Session, "start", starting)
    assert show(session, chosen).until(lambda _dashboard, _snapshot: subscribed(exchange)) == 0
    assert "Waiting for the first quotes of ETHUSDT from Binance." in before


def test_what_happens_to_a_connection_is_said_in_the_window(exchange: Exchange, show: Show) -> None:
    exchange.upgrade("spot", http_response(451))
    chosen = settings(exchange)
    session = app.live(chosen)
    texts: list[str] = []

    def done(dashboard: Dashboard, snapshot: Snapshot) -> bool:
        if "451" in str(pair_of(snapshot).reason) and not texts:
            check_labels(dashboard, texts)
        return bool(texts)

    assert show(session, chosen).until(done) == 0
    assert any("127.0.0.1 is not offered from this location (451); trying again in 300 s" in text for text in texts)
    with pytest.raises(RegionError, match="trying again does not help"):
        session.check()


# ----- closing


def before_connecting(_exchange: Exchange) -> bool:
    return True


def in_handshake(exchange: Exchange) -> bool:
    return bool(exchange.requests("spot") and exchange.requests("futures"))


def mid_frame(exchange: Exchange) -> bool:
    ready = subscribed(exchange)
    if ready:
        for venue in ("spot", "futures"):
            exchange.send_raw(venue, frame(b"x" * 500)[:100])
    return ready


STATES: dict[str, tuple[Callable[[Exchange], bool], object]] = {
    "before connecting": (before_connecting, None),
    "in the handshake": (in_handshake, STALL),
    "in backoff": (in_handshake, http_response(403)),
    "connected": (subscribed, None),
    "mid-frame": (mid_frame, None),
}


@pytest.mark.parametrize("state", STATES)
def test_closing_the_window_takes_it_away_at_once_and_ends_the_session(
    exchange: Exchange, show: Show, state: str
) -> None:
    reached, upgrade = STATES[state]
    for venue in ("spot", "futures"):
        exchange.upgrade(venue, upgrade)  # type: ignore[arg-type]
    chosen = settings(exchange)
    assert show(app.live(chosen), chosen).until(lambda _dashboard, _snapshot: reached(exchange)) == 0


@contextlib.contextmanager
def flood(rate: int) -> Iterator[Config]:
    """Let a process of its own send so many quotes of ETHUSDT a second; yield settings that lead there."""
    command = [sys.executable, "-m", "tests.exchange", "flood", f"--rate={rate}", "--seconds=60", "--symbol=ETHUSDT"]
    with subprocess.Popen([*command, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT) as process:
        try:
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
            urls = (ready[name] for name in ("spot_stream", "futures_stream", "spot_rest", "futures_rest"))
            yield replace(settings(), endpoints=config.Endpoints(*urls))
        finally:
            process.kill()


def test_closing_the_window_works_under_a_flood(show: Show) -> None:
    with flood(20_000) as chosen:
        shown = show(app.live(chosen), chosen)
        assert shown.until(lambda _dashboard, snapshot: pair_of(snapshot).counts.spot > 5_000) == 0


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_ctrl_c_closes_the_window_with_130_whatever_it_interrupts(
    busy_exchange: Exchange, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    from spreadwatch.ui.kit.painter import Painter

    flush, armed = Painter.flush, [False]

    def interrupted(painter: Painter) -> int:
        if armed[0] and painter._pending:
            armed[0] = False
            signal.raise_signal(signal.SIGINT)  # in the middle of a paint
        return flush(painter)

    monkeypatch.setattr(Painter, "flush", interrupted)
    chosen = replace(settings(busy_exchange), symbols=("BTCUSDT",))
    shown = show(app.live(chosen), chosen)

    def done(_dashboard: Dashboard, _snapshot: Snapshot) -> bool:
        armed[0] = subscribed(busy_exchange, "btcusdt@bookTicker")
        return False

    assert shown.until(done) == 130
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_worker_that_does_not_end_is_left_behind_within_the_limit(
    exchange: Exchange, show: Show, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    for venue in ("spot", "futures"):
        exchange.rest(venue, STALL)  # a request that nothing can wake
    chosen = settings(exchange)
    session = app.live(chosen)
    assert show(session, chosen).until(lambda _dashboard, _snapshot: bool(exchange.requests("spot"))) == 0
    exchange.stop("spot")
    exchange.stop("futures")


# ----- what a session is made of


def test_a_symbol_is_watched_once_under_its_own_name(tape: Tape) -> None:
    session = app.demo(replace(settings(), symbols=("PEPEUSDT", "1000PEPEUSDT", "ETHUSDT")), 1)
    assert session.symbols == ("PEPEUSDT", "ETHUSDT")
    assert [one.wire for contracts in session.contracts().values() for one in contracts] == [
        "PEPEUSDT",
        "ETHUSDT",
        "1000PEPEUSDT",
        "ETHUSDT",
    ]
    assert Decimal(1000) == session.contracts()[Side.FUTURES][0].multiplier
    assert tape.lines == []
