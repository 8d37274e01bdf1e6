"""Recordings of several contracts of one coin: each quarter under its own name, for ever."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from spreadwatch.config import Config
from spreadwatch.core.answers import RecordedGap
from spreadwatch.core.leg import State
from spreadwatch.core.quote import Side
from spreadwatch.core.snapshot import to_json
from spreadwatch.run.live import LiveSession
from spreadwatch.run.playback import Playback, of_history
from spreadwatch.run.services import Services
from spreadwatch.storage.rows import BarRow, Chunk, QuoteRow, Run, StoredLeg
from spreadwatch.storage.sqlite.history import SqliteHistory
from spreadwatch.storage.sqlite.store import SqliteStore
from tests.conftest import wait_for
from tests.exchange.server import Symbol
from tests.run.test_pairs import CURRENT, DATED, PERPETUAL, pair, quote_all, running, until

LATER = "ETHUSDT_270326"


@contextmanager
def recording(session: LiveSession, path: Path) -> Iterator[Services]:
    """Record a session that runs into a file."""
    session.settings = replace(session.settings, record=replace(Config().record, path=str(path)))
    services = Services(session)
    services.begin_recording()
    services.recording_ready(5)
    try:
        yield services
    finally:
        services.close()


def stored(services: Services, count: int) -> bool:
    status = services.recorder_status()
    return status is not None and status.stored >= count


def asks(session: LiveSession) -> Decimal | None:
    """Return the spot ask, None before the first quote."""
    quote = pair(session, CURRENT).spot.quote
    return quote.ask if quote else None


def figures(spread: object) -> list[object]:
    assert isinstance(spread, dict)
    return [spread[name] for name in ("current", "max", "min")]


def history_of(path: Path) -> closing[SqliteHistory]:
    return closing(SqliteHistory(path))


def test_each_contract_is_recorded_under_a_name_of_its_own_and_plays_to_the_same_figures(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    with running("ethusdt", "ethusdt@current_quarter") as (exchange, session), recording(session, path) as services:
        for spot in ("115", "114", "116"):
            quote_all(exchange, session, {"ETHUSDT": "110", DATED: "117"}, spot)
            until(session, lambda spot=spot: asks(session) == int(spot))  # type: ignore[misc]
        until(session, lambda: {one.state for one in session.turn().pairs} == {State.LIVE})
        lived = {one.symbol: to_json(one)["spread"] for one in session.turn().pairs}
        until(session, lambda: stored(services, 9))
    with history_of(path) as history:
        assert history.symbols() == [PERPETUAL, DATED]
        assert [(leg.side, leg.symbol, leg.wire) for leg in history.legs() if leg.side is Side.SPOT] == [
            (Side.SPOT, "ETHUSDT", "ETHUSDT")  # once, for both
        ]
        perpetual = history.spread_latest(PERPETUAL)
        assert perpetual is not None
        assert str(perpetual.spread) == figures(lived[PERPETUAL])[0]
        for key in (CURRENT, DATED):  # the one that is current at the end of the recording
            latest = history.spread_latest(key)
            assert latest is not None
            assert (latest.symbol, str(latest.spread)) == (DATED, figures(lived[CURRENT])[0])
            assert sum(bar.samples for bar in history.bars(key)) > 0
            assert {gap.symbol for gap in history.gaps(key)} == {DATED}
        played = of_history(history, "it", ())
        session_again = Playback(played.reel, played.symbols, Config(), None, then_end=False)
        session_again.start()
        try:
            again = {one.symbol: to_json(one) for one in session_again.play_to_end().pairs}
        finally:
            session_again.stop()
    assert (again[DATED]["symbol"], again[DATED]["contract"], again[DATED]["source"]) == ("ETHUSDT", "261225", "replay")
    for live_key, key in ((PERPETUAL, PERPETUAL), (CURRENT, DATED)):
        assert figures(again[key]["spread"]) == figures(lived[live_key])


def test_a_quarter_that_follows_another_as_the_current_one_is_a_series_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    for wire in (DATED, LATER):
        current = Symbol("ETH", "0.1", "1", contract="CURRENT_QUARTER", delivery_ms=1798185600000, name=wire)
        with (
            running("ethusdt@current_quarter", futures=[Symbol("ETH", "0.1", "1"), current]) as (exchange, session),
            recording(session, path) as services,
        ):
            quote_all(exchange, session, {wire: "117"}, "115")
            until(session, lambda: pair(session, CURRENT).state is State.LIVE)
            until(session, lambda services=services: stored(services, 2))  # type: ignore[misc]
    with history_of(path) as history:
        assert history.symbols() == [DATED, LATER]
        for wire in (DATED, LATER):
            assert [one.leg.wire for one in history.quotes([wire]) if one.leg.side is Side.FUTURES] == [wire]
            assert history.spread_latest(wire) is not None


def test_a_recording_of_the_version_before_is_read_and_continued_by_the_names_on_the_wire(tmp_path: Path) -> None:
    path, run = tmp_path / "r.sqlite", Run("before", 1_790_000_000_000)
    futures, spot = StoredLeg(Side.FUTURES, DATED, DATED), StoredLeg(Side.SPOT, PERPETUAL, PERPETUAL)
    legs = (spot, futures, StoredLeg(Side.FUTURES, PERPETUAL, PERPETUAL))
    rows = {
        leg: [QuoteRow(run.started_ms + 5, place, 7, None, "10.0", "1", "11.0", "1")] for place, leg in enumerate(legs)
    }
    bar = BarRow(DATED, run.started_ms // 1000, 0, "1", "1", "1", "1", run.started_ms + 5, 1)
    gap = RecordedGap(Side.FUTURES, DATED, run.started_ms, run.started_ms + 5, "starting")
    store = SqliteStore(path)
    store.open(run)
    store.write(Chunk(run, run.started_ms + 9, list(rows.items()), [], [], [], [gap], [bar]))
    store.close()
    with history_of(path) as history:
        assert history.symbols() == [PERPETUAL, DATED]
        assert history.latest(DATED) is not None  # the price of its coin
        assert history.spread_latest(DATED) is not None
        assert len(history.gaps(DATED)) == len(list(history.bars(DATED))) == 1
    with running("ethusdt_261225") as (exchange, session), recording(session, path) as services:
        quote_all(exchange, session, {DATED: "117"}, "115")
        until(session, lambda: stored(services, 2))
    with history_of(path) as history:
        assert [one.row.bid for one in history.quotes([DATED]) if one.leg == futures] == ["10.0", "117"]
        assert history.symbols() == [PERPETUAL, DATED]


def test_a_demo_of_a_quarter_is_recorded_under_the_day_that_the_calendar_gives(tmp_path: Path) -> None:
    from spreadwatch.app import demo

    settings = replace(Config(), symbols=("ethusdt@current_quarter",))
    session = demo(settings, 1, charted=False)
    with recording(session, tmp_path / "r.sqlite") as services:  # type: ignore[arg-type]
        session.start()
        wait_for(lambda: stored(services, 4))
        session.stop()
    with history_of(tmp_path / "r.sqlite") as history:
        [key] = history.symbols()
        assert key == history.named(CURRENT, 1 << 42) != CURRENT
