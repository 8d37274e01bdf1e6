"""Several contracts of one coin in one run, on the local exchange."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal

from spreadwatch.config import Config
from spreadwatch.core.alerts import Direction, Number, Rule
from spreadwatch.core.leg import State
from spreadwatch.core.snapshot import PairSnapshot, to_json
from spreadwatch.run.live import LiveSession
from tests.conftest import wait_for
from tests.exchange.server import Exchange, Symbol

PERPETUAL, CURRENT, NEXT, DATED = "ETHUSDT", "ETHUSDT@current_quarter", "ETHUSDT@next_quarter", "ETHUSDT_261225"
ETH = Symbol("ETH", "0.1", "1")
QUARTERS = [
    Symbol("ETH", "0.1", "1", contract="CURRENT_QUARTER", delivery_ms=1798185600000, name=DATED),
    Symbol("ETH", "0.1", "1", contract="NEXT_QUARTER", delivery_ms=1806048000000, name="ETHUSDT_270326"),
]


@contextmanager
def running(
    *symbols: str,
    contract: str = "perpetual",
    rule: Rule | None = None,
    futures: Sequence[Symbol] = (ETH, *QUARTERS),
) -> Iterator[tuple[Exchange, LiveSession]]:
    """Run the program without a window on an exchange that has two quarters of a coin which is no heartbeat."""
    with Exchange(heartbeat=0.05, spot_symbols=[ETH], futures_symbols=futures) as exchange:
        base = Config()
        ends = replace(
            base.endpoints,
            spot_stream=exchange.spot_stream,
            futures_stream=exchange.futures_stream,
            spot_rest=exchange.spot_rest,
            futures_rest=exchange.futures_rest,
        )
        rules = (rule,) if rule else ()
        session = LiveSession(replace(base, symbols=symbols, contract=contract, endpoints=ends, alerts=rules))
        session.start()
        try:
            yield exchange, session
        finally:
            session.stop()


def pair(session: LiveSession, key: str) -> PairSnapshot:
    return next(one for one in session.turn().pairs if one.symbol == key)


def until(session: LiveSession, met: Callable[[], object]) -> None:
    """Turn until something holds."""
    wait_for(lambda: session.turn() and met())


def quote_all(exchange: Exchange, session: LiveSession, futures: dict[str, str], spot: str) -> None:
    """Send one quote of the spot leg and of each contract, by its name on the wire."""
    until(session, lambda: {f"{wire.lower()}@bookTicker" for wire in futures} <= subscribed(exchange))
    until(session, lambda: "ethusdt@bookTicker" in subscribed(exchange, "spot"))
    for wire, bid in futures.items():
        exchange.quote("futures", wire, bid, str(Decimal(bid) + 1))
    exchange.quote("spot", "ETHUSDT", str(Decimal(spot) - 1), spot)


def subscribed(exchange: Exchange, venue: str = "futures") -> set[str]:
    return {name for one in exchange.connections(venue) for name in one.subscriptions}


def test_the_perpetual_and_a_quarter_of_one_coin_are_watched_side_by_side() -> None:
    with running("ethusdt", "ethusdt@current_quarter") as (exchange, session):
        assert session.symbols == (PERPETUAL, CURRENT)
        quote_all(exchange, session, {"ETHUSDT": "110", DATED: "117"}, "115")
        until(session, lambda: pair(session, CURRENT).spread.current == Decimal(115 - 117))
        assert pair(session, PERPETUAL).state is pair(session, CURRENT).state is State.LIVE
        told = [to_json(one) for one in session.turn().pairs]
        assert [(one["symbol"], one["contract"], one["source"]) for one in told] == [
            ("ETHUSDT", "perpetual", "live"),
            ("ETHUSDT", "current_quarter", "live"),
        ]
        spot = [connection for connection in exchange.connections("spot") if connection.subscriptions]
        assert len(spot) == 1  # both share the spot leg's stream
        assert session.remove(PERPETUAL) is None
        exchange.quote("spot", "ETHUSDT", "113", "114")
        until(session, lambda: pair(session, CURRENT).spread.current == Decimal(114 - 117))


def test_a_contract_is_added_to_a_coin_that_is_watched_already_and_taken_away_again() -> None:
    with running("ethusdt") as (exchange, session):
        session.candidates()
        until(session, lambda: session.candidates() == (PERPETUAL,))
        assert session.add("ethusdt@next_quarter") is None
        assert session.add("ethusdt_261225") is None
        assert session.symbols == (PERPETUAL, NEXT, DATED)
        quote_all(exchange, session, {"ETHUSDT": "110", DATED: "117", "ETHUSDT_270326": "119"}, "115")
        until(session, lambda: {one.state for one in session.turn().pairs} == {State.LIVE})
        assert session.remove(NEXT) is None
        until(session, lambda: "ethusdt_270326@bookTicker" not in subscribed(exchange))
        assert [one.symbol for one in session.turn().rows] == [PERPETUAL, DATED]
        assert session.add("solusdt@next_quarter") == (
            "SOLUSDT@next_quarter does not trade on both Binance spot and futures: choose a coin that does."
        )
        assert session.add("ethusdt@coinm_perpetual") == (
            "ethusdt@coinm_perpetual names a COIN-M contract, which this version does not offer: choose perpetual, "
            "current_quarter, next_quarter, or a quarter's day of delivery such as 261225."
        )


def test_one_contract_under_two_names_is_watched_once_and_said() -> None:
    with running("ethusdt_261225", "ethusdt@current_quarter") as (exchange, session):
        quote_all(exchange, session, {DATED: "117"}, "115")
        until(session, lambda: pair(session, DATED).state is State.LIVE)
        until(session, lambda: "which is watched as ETHUSDT_261225" in (pair(session, CURRENT).reason or ""))
    with running("ethusdt@current_quarter") as (exchange, session):
        until(session, lambda: "ethusdt_261225@bookTicker" in subscribed(exchange))
        assert session.add("ethusdt_261225") == "ETHUSDT_261225 is watched already, as ETHUSDT@current_quarter."


def test_a_symbol_without_a_contract_has_the_one_of_the_settings_in_rules_too() -> None:
    rule = Rule("wide", "ETHUSDT", Number.SPREAD, Direction.BELOW, Decimal(0), Decimal(1))
    with running("ethusdt", "ethusdt@perpetual", contract="current_quarter", rule=rule) as (exchange, session):
        assert session.symbols == (CURRENT, PERPETUAL)
        assert [one.symbol for one in session.market.alerts.rules] == [CURRENT]
        quote_all(exchange, session, {"ETHUSDT": "110", DATED: "111"}, "115")
        until(session, lambda: pair(session, CURRENT).state is State.LIVE)
        exchange.quote("futures", "ETHUSDT", "117", "118")
        exchange.quote("futures", DATED, "117", "118")
        until(session, lambda: session.turn().alerts)
        assert [(one.symbol, one.source.value) for one in session.turn().alerts] == [(CURRENT, "live")]


def test_a_rule_by_the_name_on_the_wire_is_of_that_quarter() -> None:
    rule = Rule("wide", "ETHUSDT_261225", Number.SPREAD, Direction.BELOW, Decimal(0), Decimal(1))
    with running("ethusdt", rule=rule) as (_, session):
        assert [one.symbol for one in session.market.alerts.rules] == [DATED]
    rule = Rule("wide", "1000PEPEUSDT", Number.SPREAD, Direction.BELOW, Decimal(0), Decimal(1))
    with running("ethusdt", rule=rule) as (_, session):
        assert [one.symbol for one in session.market.alerts.rules] == ["PEPEUSDT"]
