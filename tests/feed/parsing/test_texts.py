"""The texts of the wire, kept beside the quotes for a recorder."""

from spreadwatch.core.quote import Side
from spreadwatch.feed.parsing.quotes import QuoteParser
from tests.feed.parsing.test_quotes import AT, parser, ticker, wrap

PLAIN = ("25.3500", "31.21", "25.3600", "40.66")


def test_the_texts_of_accepted_quotes_are_kept_as_on_the_wire_when_somebody_records() -> None:
    keeper = parser()
    keeper.keeps_texts = True
    odd = {"b": "0.01234500", "B": "007.0", "a": "1.", "A": ".5"}
    payloads = [
        wrap(ticker(s="1000PEPEUSDT", **odd)),
        wrap(ticker(b="9")),
        wrap(ticker(s="BTCUSDT", u=9)),  # the heartbeat
        wrap(ticker(b="NaN", u=9)),
        wrap(ticker(u=7)),  # repeated
        wrap(ticker(u=8)),
    ]
    batch = keeper.batch(payloads, AT)
    assert batch.texts == (("0.01234500", "007.0", "1.", ".5"), ("9", *PLAIN[1:]), PLAIN)
    assert [quote.symbol for quote in batch.quotes] == ["PEPEUSDT", "ETHUSDT", "ETHUSDT"]


def test_without_a_recorder_no_texts_are_kept() -> None:
    silent: QuoteParser = parser(Side.SPOT)
    assert silent.batch([wrap(ticker())], AT).texts is None
