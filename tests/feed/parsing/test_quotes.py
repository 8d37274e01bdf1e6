"""Payloads into quotes: a slow reader of JSON as oracle, every malformed field by name (RULES: rejects, order)."""

import json
import re
from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from spreadwatch.core.events import Batch
from spreadwatch.core.quote import Instant, Quote, Side
from spreadwatch.feed.binance import Contract, contract
from spreadwatch.feed.parsing.base import positive
from spreadwatch.feed.parsing.quotes import QuoteParser
from tests.captures.files import Minutes
from tests.captures.oracle import lines_of

AT = Instant(1_790_000_000_000, 77)
ETH = Contract("ETHUSDT", "ETHUSDT")
BTC = Contract("BTCUSDT", "BTCUSDT")
PEPE = contract(Side.FUTURES, "PEPEUSDT")

Fields = dict[str, object]
fast = settings(deadline=None, database=None, max_examples=300)


def parser(venue: Side = Side.FUTURES) -> QuoteParser:
    return QuoteParser(venue, [ETH, PEPE], [BTC])


def ticker(**changes: object) -> Fields:
    """Return a valid bookTicker with some fields changed; a field set to ... is left out."""
    fields: Fields = {"u": 7, "s": "ETHUSDT", "b": "25.3500", "B": "31.21", "a": "25.3600", "A": "40.66"}
    return {key: value for key, value in {**fields, **changes}.items() if value is not ...}


def wrap(data: object) -> bytes:
    return json.dumps({"stream": "ethusdt@bookTicker", "data": data}).encode()


def parse(payload: bytes, venue: Side = Side.FUTURES) -> Batch:
    return parser(venue).batch([payload], AT)


def verdict(payload: bytes) -> str:
    """Return the one reason that a payload is refused for; it must not count as life."""
    batch = parse(payload)
    assert batch.quotes == []
    assert not batch.heard
    [reason] = batch.rejects
    return reason


def read_slowly(payload: bytes) -> Fields | None:
    """Return the figures of a payload that is a quote of ETHUSDT or 1000PEPEUSDT by the rules, else None."""
    try:
        message = json.loads(payload.decode())
    except (ValueError, RecursionError):
        return None
    data = message.get("data") if type(message) is dict else None
    if type(data) is not dict:
        return None
    coins = {"ETHUSDT": 1, "1000PEPEUSDT": 1000}.get(data["s"]) if type(data.get("s")) is str else None
    figures: Fields = {"coins": coins, "T": data.get("T"), "u": data.get("u")}
    for key in "bBaA":
        text = data.get(key)
        if type(text) is not str or not re.fullmatch(r"[0-9]+\.?[0-9]*|\.[0-9]+", text):
            return None
        figures[key] = Decimal(text)
        if not Decimal(text) > 0:
            return None
    ordered = Decimal(data["b"]) < Decimal(data["a"])
    dated = figures["T"] is None or type(figures["T"]) is int
    numbered = type(data.get("u")) is int and 0 < data["u"] < 2**62
    return figures if coins and ordered and dated and numbered else None


def check_against_oracle(payload: bytes, quotes: list[Quote]) -> None:
    figures = read_slowly(payload)
    assert bool(quotes) == bool(figures)
    if figures:
        [quote] = quotes
        coins = figures["coins"]
        assert isinstance(coins, int)
        assert {"b": quote.bid * coins, "a": quote.ask * coins} == {key: figures[key] for key in "ba"}
        assert {"B": quote.bid_qty / coins, "A": quote.ask_qty / coins} == {key: figures[key] for key in "BA"}
        assert (quote.update_id, quote.exchange_ms) == (figures["u"], figures["T"])
        assert quote.received == AT


ODD_NUMBERS = [
    *("", "0", "0.0", "-0", "-1", "NaN", "sNaN", "Infinity", "-Infinity", "inf", "1e5", "1E-5", "1e999", "1_0", " 1"),
    *("1 ", "+1", "1.2.3", ".", "..", "٣", "１", "0x10", "1,5", "½", "\n1", "1\n", "1\x00", "²", "—", "\ud800"),
]
ODD_TYPES: list[object] = [None, True, False, 0, 1, 1.5, -1, [], {}, ["1"], 10**30, ...]
odd_values = st.sampled_from([*ODD_TYPES, *ODD_NUMBERS])


def plain(units: int, places: int) -> str:
    """Write a number as the exchange does: no exponent, trailing zeros kept."""
    return format(Decimal(units).scaleb(-places), "f")


places = st.integers(0, 8)
plain_numbers = st.builds(plain, st.integers(0, 10**12), places)
numbers = st.one_of(plain_numbers, plain_numbers, plain_numbers, plain_numbers, odd_values, st.text(max_size=4))
update_ids = st.one_of(st.integers(1, 2**62 - 1), st.integers(), st.integers(1, 9), odd_values)
symbols = st.one_of(st.sampled_from(["ETHUSDT", "ETHUSDT", "1000PEPEUSDT", "XRPUSDT", "ethusdt"]), odd_values)
times = st.one_of(st.just(...), st.integers(1, 2 * 10**12), st.sampled_from([None, True, "1", 1.0, [1]]))
tickers = st.fixed_dictionaries(
    {"u": update_ids, "s": symbols, "b": numbers, "B": numbers, "a": numbers, "A": numbers, "T": times},
    optional={"e": st.just("bookTicker"), "ps": st.text(max_size=3), "st": st.integers(0, 2), "x": odd_values},
).map(lambda fields: {key: value for key, value in fields.items() if value is not ... and value != "\ud800"})


@fast
@given(st.lists(st.binary(max_size=200), max_size=4))
def test_arbitrary_bytes_are_refused_and_counted_and_never_raise(payloads: list[bytes]) -> None:
    batch = parser().batch(payloads, AT)
    assert len(batch.quotes) + len(batch.rejects) <= len(payloads)
    assert batch.heard == bool(batch.quotes)


@settings(fast, max_examples=400)
@given(tickers)
def test_the_parser_takes_what_the_oracle_takes_with_the_same_figures(data: Fields) -> None:
    payload = wrap(data)
    batch = parse(payload)
    check_against_oracle(payload, batch.quotes)
    assert len(batch.quotes) + len(batch.rejects) == 1
    assert batch.heard == bool(batch.quotes)


@settings(fast, max_examples=300)
@given(tickers, st.integers(0, 300), st.integers(0, 3), st.binary(max_size=3))
def test_a_damaged_payload_never_raises_and_never_gives_other_figures(
    data: Fields, place: int, lost: int, more: bytes
) -> None:
    whole = wrap(data)
    payload = whole[:place] + more + whole[place + lost :]
    batch = parse(payload)
    assert len(batch.quotes) + len(batch.rejects) == 1 or not batch.heard
    try:
        payload.decode()
    except UnicodeDecodeError:
        return
    if batch.quotes:
        check_against_oracle(payload, batch.quotes)


@fast
@given(tickers)
def test_a_capture_line_is_judged_like_the_stream(data: Fields) -> None:
    assert parser().raw_batch([json.dumps(data).encode()], AT) == parse(wrap(data))


@pytest.mark.parametrize("update_id", [7, 6, 1])
def test_a_quote_that_is_not_newer_is_dropped_and_counted(update_id: int) -> None:
    reader = parser()
    assert len(reader.batch([wrap(ticker(u=7))], AT).quotes) == 1
    assert reader.batch([wrap(ticker(u=update_id))], AT) == Batch(
        Side.FUTURES, AT, [], heard=False, rejects=(), repeated=("ETHUSDT",)
    )
    reader.connect()
    assert reader.batch([wrap(ticker(u=update_id))], AT).quotes == []
    reader.restart()
    assert len(reader.batch([wrap(ticker(u=update_id))], AT).quotes) == 1


def test_update_ids_of_another_symbol_do_not_matter() -> None:
    reader = parser()
    for symbol, update_id in [("ETHUSDT", 500), ("1000PEPEUSDT", 3), ("BTCUSDT", 2)]:
        assert reader.batch([wrap(ticker(s=symbol, u=update_id))], AT).heard


def test_a_symbol_that_sends_only_old_ids_is_named_after_the_limit() -> None:
    reader = parser()
    reader.batch([wrap(ticker(u=10**15))], AT)
    for ms in (1, 500, 1001):
        reader.batch([wrap(ticker(u=5))], Instant(AT.wall_ms + ms, AT.mono_ms + ms))
    assert reader.stuck(Instant(AT.wall_ms + 1001, AT.mono_ms + 1001), 1000) is None
    assert reader.stuck(Instant(AT.wall_ms + 1002, AT.mono_ms + 1002), 1000) == "ETHUSDT"
    reader.batch([wrap(ticker(u=10**15 + 1))], AT)
    assert reader.stuck(Instant(AT.wall_ms + 9999, AT.mono_ms + 9999), 1000) is None


@pytest.mark.parametrize(
    "notice",
    [b'{"e":"serverShutdown","E":1770123456789}', b'{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1}}'],
)
def test_notice_of_a_shutdown_is_kept_and_is_not_life(notice: bytes) -> None:
    reader = parser()
    assert reader.batch([notice], AT) == Batch(Side.FUTURES, AT, [], heard=False)
    assert reader.leaving


@fast
@given(st.lists(st.builds(plain, st.integers(1, 10**12), places), min_size=4, max_size=4))
def test_what_is_kept_equals_the_wire_text(texts: list[str]) -> None:
    bid, ask = sorted(texts[:2], key=Decimal)
    assume(Decimal(bid) < Decimal(ask))
    [quote] = parse(wrap(ticker(b=bid, a=ask, B=texts[2], A=texts[3])), Side.SPOT).quotes
    kept = [format(number, "f") for number in (quote.bid, quote.ask, quote.bid_qty, quote.ask_qty)]
    assert kept == [bid, ask, texts[2], texts[3]]


NO_TEXT: list[object] = [None, 1, 1.5, True, [], {}, ["1"]]
NO_INTEGER: list[object] = [None, "7", 7.0, 7.5, True, False, [], {}, [7]]
REASONS: dict[str, list[object]] = {
    "crossed": [ticker(b="25.37"), ticker(b="1000000"), ticker(b="25.36000000001")],
    "locked": [ticker(b="25.36"), ticker(b="25.360000")],
    "zero": [ticker(**{key: zero}) for key in "bBaA" for zero in ("0", "0.0", "0.00000000")],
    "negative": [
        *(ticker(**{key: text}) for key in "bBaA" for text in ("-1", "-0.5", "-Infinity")),
        *(ticker(u=number) for number in (-1, -(2**63))),
    ],
    "not a number": [
        ticker(**{key: text})
        for key in "bBaA"
        for text in ODD_NUMBERS
        if text not in ("", "0", "0.0", "\ud800") and not text.startswith("-")
    ],
    "missing field": [*(ticker(**{key: ...}) for key in "usbBaA"), *(ticker(**{key: ""}) for key in "sbBaA")],
    "wrong type": [
        *(ticker(**{key: odd}) for key in "sbBaA" for odd in NO_TEXT),
        *(ticker(u=odd) for odd in (*NO_INTEGER, 2**62, 2**64, 10**40, 10**400)),
        *(ticker(T=odd) for odd in NO_INTEGER if odd is not None),
        *([], "text", 7, True, [ticker()]),
    ],
    "foreign symbol": [ticker(s=name) for name in ("XRPUSDT", "ethusdt", "ETHUSDT ", "PEPEUSDT", "ЕTHUSDT", "\x00")],
}
CASES = [(reason, data) for reason, many in REASONS.items() for data in many]


@pytest.mark.parametrize(("reason", "data"), CASES, ids=[f"{reason}-{n}" for n, (reason, _) in enumerate(CASES)])
def test_a_malformed_field_is_refused_and_counted_under_its_reason(reason: str, data: object) -> None:
    assert verdict(wrap(data)) == reason


VALID = wrap(ticker())
NOT_JSON = {
    "empty": b"",
    "cut": VALID[:-1],
    "trailing": VALID + b"x",
    "two at once": VALID + VALID,
    "byte order mark": b"\xef\xbb\xbf" + VALID,
    "utf-16": VALID.decode().encode("utf-16"),
    "bad utf-8": VALID.replace(b"ETHUSDT", b"ETH\xffSDT"),
    "overlong utf-8": VALID.replace(b"ETHUSDT", b"ETH\xc0\xaf"),
    "raw surrogate": VALID.replace(b"ETHUSDT", b"\xed\xa0\x80"),
    "lone surrogate": VALID.replace(b"ETHUSDT", rb"\ud800"),
    "lone low surrogate": VALID.replace(b"25.3500", rb"\udc00"),
    "NaN": VALID.replace(b'"25.3500"', b"NaN"),
    "leading zero": VALID.replace(b'"u": 7', b'"u": 07'),
    "single quotes": VALID.replace(b'"', b"'"),
    "deep nesting": b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep nesting inside": wrap(ticker(x=0)).replace(b'"x": 0', b'"x":' + b'{"a":' * 50_000 + b"1" + b"}" * 50_000),
}


@pytest.mark.parametrize("payload", NOT_JSON.values(), ids=NOT_JSON.keys())
def test_a_payload_that_is_not_json_is_refused_as_such(payload: bytes) -> None:
    assert verdict(payload) == "not JSON"


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"null", "wrong type"),
        (b"[]", "wrong type"),
        (b'"text"', "wrong type"),
        (b"{}", "missing field"),
        (b'{"data":null}', "missing field"),
        (json.dumps(ticker()).encode(), "missing field"),
        (b'{"data":{}}', "missing field"),
        (b'{"data":{"u":1e400,"s":"ETHUSDT"}}', "wrong type"),
    ],
)
def test_json_without_a_quote_in_it_is_refused(payload: bytes, reason: str) -> None:
    assert verdict(payload) == reason


TOO_LONG = {
    "as large as Decimal computes": "9" * 999_999,
    "larger than Decimal computes": "9" * 1_000_001,
    "smaller than Decimal computes": "0." + "0" * 1_000_030 + "1",
    "more digits than a sum keeps": "1." + "3" * 60,
}


@pytest.mark.parametrize("symbol", ["ETHUSDT", "1000PEPEUSDT"])
@pytest.mark.parametrize("key", list("bBaA"))
@pytest.mark.parametrize("text", TOO_LONG.values(), ids=TOO_LONG.keys())
def test_a_number_too_long_to_be_exact_is_refused(symbol: str, key: str, text: str) -> None:
    assert verdict(wrap(ticker(s=symbol, **{key: text})))


@pytest.mark.parametrize("time_ms", [-1, 10**18, 10**30])
def test_an_exchange_time_that_no_calendar_holds_is_not_passed_on(time_ms: int) -> None:
    batch = parse(wrap(ticker(T=time_ms)))
    assert [quote.exchange_ms for quote in batch.quotes] in ([], [None])


def test_spot_and_the_futures_of_today_are_taken() -> None:
    spot = b'{"stream":"ethusdt@bookTicker","data":{"u":4,"s":"ETHUSDT","b":"1.10","B":"2","a":"1.20","A":"3"}}'
    futures = (
        b'{"stream":"ethusdt@bookTicker","data":{"e":"bookTicker","u":5,"s":"ETHUSDT","ps":"ETHUSDT","b":"1.10",'
        b'"B":"4.215","a":"1.20","A":"3.763","T":1791382994657,"E":1791382994658,"st":1}}'
    )
    [first], [second] = parse(spot, Side.SPOT).quotes, parse(futures).quotes
    assert first == Quote(Side.SPOT, "ETHUSDT", Decimal("1.10"), Decimal(2), Decimal("1.20"), Decimal(3), 4, None, AT)
    assert (second.side, second.update_id, second.exchange_ms) == (Side.FUTURES, 5, 1791382994657)


@pytest.mark.parametrize(
    "payload",
    [
        b'{"result":null,"id":1}',
        b'{"id":1,"result":null}',
        b'{"result":["ethusdt@bookTicker"],"id":3}',
        b'{"result":true,"id":4}',
    ],
)
def test_an_acknowledgement_is_neither_life_nor_a_fault(payload: bytes) -> None:
    assert parse(payload) == Batch(Side.FUTURES, AT, [], heard=False, rejects=())


@pytest.mark.parametrize(
    "payload",
    [
        b'{"error":{"code":4,"msg":"Too many subscriptions"},"id":1}',
        b'{"code":2,"msg":"Invalid request: missing field `method`"}',
        b'{"code":0,"msg":"Unknown property","id":1}',
    ],
)
def test_an_error_reply_is_counted_and_is_not_life(payload: bytes) -> None:
    assert verdict(payload) == "error reply"


def test_a_heartbeat_is_life_but_no_quote() -> None:
    assert parse(wrap(ticker(s="BTCUSDT"))) == Batch(Side.FUTURES, AT, [], heard=True, rejects=())


@pytest.mark.parametrize("change", [{"b": "0"}, {"b": "99"}, {"a": ...}, {"u": -1}, {"A": "NaN"}])
def test_a_malformed_heartbeat_is_not_life(change: Fields) -> None:
    assert verdict(wrap(ticker(s="BTCUSDT", **change)))


def test_a_batch_keeps_the_order_and_one_valid_quote_makes_it_heard() -> None:
    payloads = [b"junk", wrap(ticker(u=1)), wrap(ticker(b="0")), wrap(ticker(u=3)), wrap(ticker(u=2))]
    batch = parser().batch(payloads, AT)
    assert [quote.update_id for quote in batch.quotes] == [1, 3]
    assert batch.repeated == ("ETHUSDT",)
    assert batch.rejects == ("not JSON", "zero")
    assert batch.heard


@fast
@given(st.integers(1, 10**9), st.integers(1, 10**9), st.integers(0, 7))
def test_a_thousandfold_contract_is_divided_exactly(bid: int, more: int, places: int) -> None:
    texts = [format(Decimal(units).scaleb(-places), "f") for units in (bid, bid + more)]
    [quote] = parse(wrap(ticker(s="1000PEPEUSDT", b=texts[0], B="3.5", a=texts[1], A="7"))).quotes
    assert quote.symbol == "PEPEUSDT"
    assert [quote.bid * 1000, quote.ask * 1000] == [Decimal(text) for text in texts]
    assert [quote.bid_qty, quote.ask_qty] == [3500, 7000]


def test_thousands_of_prices_are_parsed_right_in_bounded_memory() -> None:
    reader = parser()
    for turn in range(2):
        for cents in range(1, 12000):
            payload = wrap(ticker(u=turn * 12000 + cents, b=f"{cents}.00", a=f"{cents}.50"))
            [quote] = reader.batch([payload], AT).quotes
            assert (quote.bid, quote.ask) == (Decimal(cents), cents + Decimal("0.5"))
    assert len(reader._numbers) <= 17_000


@pytest.mark.parametrize("text", ["0.00000001", "25.35190000", "100", "61837.63000000", "1234567890.12345678"])
def test_a_plain_number_keeps_its_digits(text: str) -> None:
    assert format(positive(text), "f") == text


def test_every_frame_in_the_shape_of_2026_is_taken(minutes: Minutes) -> None:
    lines = lines_of(minutes.today)
    symbols = sorted({line["raw"]["s"] for line in lines})
    reader = QuoteParser(Side.FUTURES, [Contract(symbol, symbol) for symbol in symbols])
    batch = reader.batch([wrap(line["raw"]) for line in lines], AT)
    assert (len(batch.quotes), batch.rejects) == (len(lines), ())
    assert [quote.update_id for quote in batch.quotes] == [line["raw"]["u"] for line in lines]
    assert [quote.exchange_ms for quote in batch.quotes] == [line["raw"]["T"] for line in lines]
    assert [str(quote.ask) for quote in batch.quotes] == [line["raw"]["a"] for line in lines]
