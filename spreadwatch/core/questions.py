"""Every question to a recording, declared once: what it is called, what it takes, what it answers and how that is told.

The command `history`, the routes of the service and its document are made from `QUESTIONS`: to ask something new, add
a row, the value that it finds to `answers`, and its computation to the recordings. Pure.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, Protocol

from msgspec import Struct

from spreadwatch.core import answers_json, answers_text
from spreadwatch.core.answers import Bar, Price, PriceRange, RecordedGap, SpreadRange, SpreadValue

Kind = Literal["symbol", "moment"]


class Parameter(Struct, frozen=True):
    """What a question takes. `about` is for the document; on the command line it is called `shown`, with `hint`."""

    name: str
    kind: Kind
    about: str
    required: bool = True
    shown: str = ""
    hint: str | None = None


class Asked(Struct, frozen=True):
    """One question to one symbol; times are Unix ms, None where none was given.

    `symbol` is empty where none was given. `most`: how many of a list are told at the most, None for all.
    """

    symbol: str = ""
    at_ms: int | None = None
    from_ms: int | None = None
    to_ms: int | None = None
    now_ms: int = 0
    most: int | None = None

    @property
    def moment_ms(self) -> int:
        """The moment that is asked about, now where none was given."""
        return self.now_ms if self.at_ms is None else self.at_ms

    @property
    def span_ms(self) -> tuple[int, int]:
        """The time that is asked about, all of it until now where none was given."""
        return self.from_ms or 0, self.now_ms if self.to_ms is None else self.to_ms


class Archive(Protocol):
    """A recording. Times are Unix ms. What it knows nothing of is None; it raises SpreadwatchError. Any thread."""

    def symbols(self) -> Sequence[str]:
        """Return the symbols of which anything is recorded."""

    def latest(self, symbol: str) -> Price | None:
        """Return the last price."""

    def at(self, symbol: str, at_ms: int) -> Price | None:
        """Return the last price at or before a moment."""

    def between(self, symbol: str, from_ms: int, to_ms: int) -> Iterable[Price]:
        """Return every price from a moment up to, not including, another."""

    def minmax(self, symbol: str, minute_ms: int) -> PriceRange | None:
        """Return the highest and lowest price of the minute in which a moment lies."""

    def spread_latest(self, symbol: str) -> SpreadValue | None:
        """Return the last spread."""

    def spread_at(self, symbol: str, at_ms: int) -> SpreadValue | None:
        """Return the last spread at or before a moment."""

    def spread_minmax(self, symbol: str, minute_ms: int) -> SpreadRange | None:
        """Return the highest and lowest spread of the minute in which a moment lies."""

    def bars(self, symbol: str, from_ms: int, to_ms: int) -> Iterable[Bar]:
        """Return the one-second bars that begin from a moment up to, not including, another."""

    def gaps(self, symbol: str, from_ms: int, to_ms: int) -> Sequence[RecordedGap]:
        """Return the gaps of both legs that touch the time, by their start."""


class HttpRoute(Struct, frozen=True):
    """Where the service answers a question.

    `summary`: what, for the document; `answer`: the form of its JSON object. `length_ms`: the time before its end that
    is meant where no beginning is given, `most_ms` the longest; `most`: the longest list.
    """

    path: str
    summary: str
    answer: type
    length_ms: int | None = None
    most_ms: int | None = None
    most: int | None = None


class Question(Struct, frozen=True):
    """One question.

    `ask` finds the answer in a recording, `tell` makes a JSON object of it, and `rows` lines of cells for a person.
    `route`: None where the service does not answer it. `command`: how `history` calls it, empty where it does not;
    `spread`: by that name with --spread. `meaning`: what it answers, for --help. `nothing`: what a person is told to
    be lacking when a list is empty. `order`: where set, so much may be found that the command tells it one by one, in
    the order of this attribute.
    """

    name: str
    parameters: tuple[Parameter, ...]
    ask: Callable[[Archive, Asked], Any]
    tell: Callable[[Asked, Any], answers_json.Json]
    rows: Callable[[Asked, Any], list[answers_text.Row]]
    route: HttpRoute | None = None
    command: str = ""
    spread: bool = False
    meaning: str = ""
    nothing: str = ""
    order: str = ""


MOST_SECONDS = 10_000
"""How many seconds of bars one request may ask for."""
MOST_GAPS = 1_000

SYMBOL = Parameter(
    "symbol",
    "symbol",
    "the pair, such as ETHUSDT or BTCUSDT@current_quarter",
)
TIMESTAMP = Parameter(
    "timestamp",
    "moment",
    "a moment: ISO 8601 such as 2026-07-03T08:30:36, UTC unless it carries an offset; Unix seconds or ms; now or -5m",
    shown="TIME",
)
_MINUTE = Parameter(TIMESTAMP.name, TIMESTAMP.kind, TIMESTAMP.about, shown="MINUTE", hint="any time in it")
BARS_FROM = Parameter("from", "moment", "first moment; 15 minutes before the last when absent", False, "FROM")
_GAPS_FROM = Parameter("from", "moment", "first moment; a day before the last when absent", False, "FROM")
TO = Parameter("to", "moment", "moment after the last one; now when absent", False, "TO")

_PRICE_MEANS = "Price means the spot trade price where trades are recorded, else the spot mid; `source` says which."
_OF_THE_SPREAD = "of the spread instead of the spot price"

_FROM = Parameter("from", "moment", "first moment", shown="FROM")
_UNTIL = Parameter("to", "moment", "moment after the last one", shown="TO", hint="not included")

QUESTIONS = (
    Question(
        "latest",
        (SYMBOL,),
        lambda archive, asked: archive.latest(asked.symbol),
        lambda asked, found: answers_json.price(asked.symbol, asked.moment_ms, found),
        lambda asked, found: [answers_text.price(asked.symbol, asked.moment_ms, found, newest=True)],
        HttpRoute("/latest", f"The last price. {_PRICE_MEANS}", answers_json.PriceJson),
        command="latest",
        meaning="the last price",
    ),
    Question(
        "price_at",
        (SYMBOL, TIMESTAMP),
        lambda archive, asked: archive.at(asked.symbol, asked.moment_ms),
        lambda asked, found: answers_json.price(asked.symbol, asked.moment_ms, found),
        lambda asked, found: [answers_text.price(asked.symbol, asked.moment_ms, found, newest=False)],
        HttpRoute("/price-at-second", f"The last price at or before a moment. {_PRICE_MEANS}", answers_json.PriceJson),
        command="at",
        meaning="the price at or before a time, N/A when there is none",
    ),
    Question(
        "range",
        (SYMBOL, _FROM, _UNTIL),
        lambda archive, asked: archive.between(asked.symbol, *asked.span_ms),
        lambda _, one: answers_json.step(one),
        lambda _, one: [answers_text.step(one)],
        command="range",
        meaning="every price from a time up to another",
        nothing="price",
        order="at_ms",
    ),
    Question(
        "minmax",
        (SYMBOL, _MINUTE),
        lambda archive, asked: archive.minmax(asked.symbol, asked.moment_ms),
        lambda asked, found: answers_json.price_range(asked.symbol, asked.moment_ms, found),
        lambda asked, found: [answers_text.price_range(asked.symbol, asked.moment_ms, found)],
        HttpRoute("/minmax", f"Highest and lowest price of a minute. {_PRICE_MEANS}", answers_json.PriceRangeJson),
        command="minmax",
        meaning="the high and the low of a minute",
    ),
    Question(
        "spread_latest",
        (SYMBOL,),
        lambda archive, asked: archive.spread_latest(asked.symbol),
        lambda asked, found: answers_json.spread(asked.symbol, asked.moment_ms, found),
        lambda asked, found: [answers_text.spread(asked.symbol, asked.moment_ms, found, newest=True)],
        HttpRoute(
            "/api/v1/spread/latest",
            "The spread of this moment while it is live, else the last recorded one: `source` says which.",
            answers_json.SpreadJson,
        ),
        command="latest",
        spread=True,
        meaning=_OF_THE_SPREAD,
    ),
    Question(
        "spread_at",
        (SYMBOL, TIMESTAMP),
        lambda archive, asked: archive.spread_at(asked.symbol, asked.moment_ms),
        lambda asked, found: answers_json.spread(asked.symbol, asked.moment_ms, found),
        lambda asked, found: [answers_text.spread(asked.symbol, asked.moment_ms, found, newest=False)],
        HttpRoute("/api/v1/spread/at", "The last spread at or before a moment.", answers_json.SpreadJson),
        command="at",
        spread=True,
        meaning=_OF_THE_SPREAD,
    ),
    Question(
        "spread_minmax",
        (SYMBOL, _MINUTE),
        lambda archive, asked: archive.spread_minmax(asked.symbol, asked.moment_ms),
        lambda asked, found: answers_json.spread_range(asked.symbol, asked.moment_ms, found),
        lambda asked, found: [answers_text.spread_range(asked.symbol, asked.moment_ms, found)],
        HttpRoute("/api/v1/spread/minmax", "Highest and lowest spread of a minute.", answers_json.SpreadRangeJson),
        command="minmax",
        spread=True,
        meaning=_OF_THE_SPREAD,
    ),
    Question(
        "spread_range",
        (SYMBOL, _FROM, _UNTIL),
        lambda archive, asked: archive.bars(asked.symbol, *asked.span_ms),
        lambda _, one: answers_json.bar(one),
        lambda _, one: [answers_text.bar(one)],
        command="range",
        spread=True,
        meaning="the spread's one-second bars instead of spot prices",
        nothing="spread",
        order="second",
    ),
    Question(
        "bars",
        (SYMBOL, BARS_FROM, TO),
        lambda archive, asked: archive.bars(asked.symbol, *asked.span_ms),
        lambda asked, found: answers_json.bars(asked.symbol, *asked.span_ms, found),
        lambda _, found: [answers_text.bar(one) for one in found],
        HttpRoute(
            "/api/v1/spread/bars",
            f"One-second bars of the spread, at most {MOST_SECONDS} seconds at once.",
            answers_json.BarsJson,
            length_ms=900_000,
            most_ms=MOST_SECONDS * 1000,
        ),
    ),
    Question(
        "gaps",
        (SYMBOL, _GAPS_FROM, TO),
        lambda archive, asked: archive.gaps(asked.symbol, *asked.span_ms),
        lambda asked, found: answers_json.gaps(asked.symbol, *asked.span_ms, found, asked.most),
        lambda _, found: [answers_text.gap(one) for one in found],
        HttpRoute(
            "/api/v1/spread/gaps",
            f"When a leg was not live, and why; the last {MOST_GAPS} of the time asked for.",
            answers_json.GapsJson,
            length_ms=86_400_000,
            most=MOST_GAPS,
        ),
        command="gaps",
        meaning="when a side was not live, and why",
        nothing="gap",
    ),
)
