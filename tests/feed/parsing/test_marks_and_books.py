"""Mark prices and books of twenty levels, from today's wire."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spreadwatch.core.events import Mark
from spreadwatch.core.quote import Instant, Side
from spreadwatch.feed.binance import contract
from spreadwatch.feed.parsing.books import BookParser
from spreadwatch.feed.parsing.marks import MarkParser

AT = Instant(1791382993100, 77)
BTC, PEPE = contract(Side.FUTURES, "BTCUSDT"), contract(Side.FUTURES, "PEPEUSDT")
CAPTURED = (  # on 2026-10-07
    b'{"stream":"btcusdt@markPrice@1s","data":{"e":"markPriceUpdate","E":1791382993000,"s":"BTCUSDT",'
    b'"p":"83084.30000000","ap":"83084.30000000","P":"83195.15881449","i":"83123.65891304","r":"0.00000078",'
    b'"T":1791388800000,"st":1}}'
)
CAPTURED_BOOK = (
    b'{"stream":"btcusdt@depth20@100ms","data":{"e":"depthUpdate","E":1791382994616,"T":1791382994613,"s":"BTCUSDT",'
    b'"ps":"BTCUSDT","U":11757092616793,"u":11757092625654,"pu":11757092616661,"b":[["83091.60","4.215"]],'
    b'"a":[["83091.70","3.768"]],"st":1}}'
)


def message(**fields: object) -> bytes:
    told = {"s": "BTCUSDT", "p": "100", "i": "101", "r": "0.0001", "T": 1791388800000} | fields
    return json.dumps({"stream": "btcusdt@markPrice@1s", "data": told}).encode()


def test_a_captured_mark_is_read() -> None:
    read = MarkParser(Side.FUTURES, [BTC]).batch([CAPTURED], AT)
    assert read.heard
    assert read.rejects == ()
    assert read.marks == [
        Mark("BTCUSDT", Decimal("83084.30000000"), Decimal("83123.65891304"), Decimal("0.00000078"), 1791388800000, AT)
    ]


def test_a_multiplied_contracts_mark_is_per_coin() -> None:
    [mark] = MarkParser(Side.FUTURES, [PEPE]).batch([message(s="1000PEPEUSDT", p="0.0123", i="0.0124")], AT).marks
    assert (mark.symbol, mark.mark, mark.index) == ("PEPEUSDT", Decimal("0.0000123"), Decimal("0.0000124"))


@pytest.mark.parametrize(("rate", "next_ms"), [("0.00000000", 0), ("", 0), ("", 1791388800000)])
def test_without_a_scheduled_funding_there_is_no_rate(rate: str, next_ms: int) -> None:
    [mark] = MarkParser(Side.FUTURES, [BTC]).batch([message(r=rate, T=next_ms)], AT).marks
    assert (mark.rate, mark.next_ms) == (None, None)


def test_a_negative_rate_is_one() -> None:
    [mark] = MarkParser(Side.FUTURES, [BTC]).batch([message(r="-0.00031")], AT).marks
    assert mark.rate == Decimal("-0.00031")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"p": "0"}, "zero"),
        ({"p": "-1"}, "negative"),
        ({"p": "1e5"}, "not a number"),
        ({"p": 5}, "wrong type"),
        ({"i": "NaN"}, "not a number"),
        ({"r": "1e-5"}, "not a number"),
        ({"r": "--1"}, "not a number"),
        ({"r": "٣"}, "not a number"),
        ({"r": "0." + "1" * 30}, "not a number"),
        ({"T": "soon"}, "wrong type"),
    ],
)
def test_a_malformed_mark_is_refused_and_counted(fields: dict[str, object], reason: str) -> None:
    read = MarkParser(Side.FUTURES, [BTC]).batch([message(**fields)], AT)
    assert (read.marks, read.heard, read.rejects) == ([], False, (reason,))


@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.text() | st.floats(), st.lists).map(json.dumps).map(str.encode)
)
def test_no_payload_is_a_bug(payload: bytes) -> None:
    MarkParser(Side.FUTURES, [BTC]).batch([payload], AT)
    BookParser(Side.SPOT, [BTC]).batch([payload], AT)


def test_an_acknowledgement_is_no_sign_of_life_and_a_notice_is_heeded() -> None:
    for parser in (MarkParser(Side.FUTURES, [BTC]), BookParser(Side.FUTURES, [BTC])):
        assert not parser.batch([b'{"result":null,"id":1}'], AT).heard
        assert not parser.leaving
        parser.batch([b'{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1}}'], AT)
        assert parser.leaving


def test_a_captured_book_is_read() -> None:
    [book] = BookParser(Side.FUTURES, [BTC]).batch([CAPTURED_BOOK], AT).books
    assert (book.side, book.symbol, book.at) == (Side.FUTURES, "BTCUSDT", AT)
    assert (book.bids, book.asks) == (
        ((Decimal("83091.60"), Decimal("4.215")),),
        ((Decimal("83091.70"), Decimal("3.768")),),
    )


def spot_book(**sides: object) -> bytes:
    data = {"lastUpdateId": 160, "bids": [["0.0024", "10"], ["0.0023", "5"]], "asks": [["0.0026", "100"]]} | sides
    return json.dumps({"stream": "btcusdt@depth20@100ms", "data": data}).encode()


def test_spots_book_is_known_by_its_stream_alone_and_the_last_of_a_read_counts() -> None:
    payloads = [spot_book(asks=[["0.0029", "1"]]), spot_book()]
    [book] = BookParser(Side.SPOT, [contract(Side.SPOT, "BTCUSDT")]).batch(payloads, AT).books
    assert book.asks == ((Decimal("0.0026"), Decimal(100)),)


def test_a_multiplied_contracts_book_is_per_coin() -> None:
    payload = json.dumps(
        {"stream": "1000pepeusdt@depth20@100ms", "data": {"b": [["0.012", "3"]], "a": [["0.013", "2"]]}}
    )
    [book] = BookParser(Side.FUTURES, [PEPE]).batch([payload.encode()], AT).books
    assert book.bids == ((Decimal("0.000012"), Decimal(3000)),)


@pytest.mark.parametrize(
    ("sides", "reason"),
    [
        ({"bids": [["0.0026", "1"]]}, "crossed"),
        ({"bids": [["0.0023", "1"], ["0.0024", "1"]]}, "crossed"),
        ({"asks": [["0.0026", "0"]]}, "zero"),
        ({"asks": [["0.0026", "NaN"]]}, "not a number"),
        ({"asks": [["0.0026"]]}, "wrong type"),
        ({"asks": [[f"0.{number}", "1"] for number in range(10, 40)]}, "too many levels"),
    ],
)
def test_a_malformed_book_is_refused_and_counted(sides: dict[str, object], reason: str) -> None:
    read = BookParser(Side.SPOT, [contract(Side.SPOT, "BTCUSDT")]).batch([spot_book(**sides)], AT)
    assert (read.books, read.heard, read.rejects) == ([], False, (reason,))
