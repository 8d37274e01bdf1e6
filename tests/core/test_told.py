"""The last news beside quotes: one of each type, and no news changes what somebody holds."""

from decimal import Decimal

from spreadwatch.core.events import Book, Books, Mark, Marks
from spreadwatch.core.market import Market
from spreadwatch.core.quote import Instant, Side
from spreadwatch.core.told import Told

AT = Instant(5, 5)
LEVEL = ((Decimal(1), Decimal(2)),)


def mark(price: int) -> Mark:
    return Mark("ETHUSDT", Decimal(price), None, None, None, AT)


def test_the_newest_of_a_type_is_the_last_and_others_stay() -> None:
    book = Book(Side.FUTURES, "ETHUSDT", LEVEL, LEVEL, AT)
    first = Told().plus(mark(1)).plus(book)
    second = first.plus(mark(2))
    assert (first.last(Mark), second.last(Mark)) == (mark(1), mark(2))
    assert second.last(Book) is book
    assert Told().last(Mark) is None


def test_a_snapshot_tells_it_of_the_leg_it_is_of() -> None:
    market = Market(["ETHUSDT"], 3000)
    market.apply(Marks([mark(1)], heard=True))
    market.apply(Books([Book(Side.SPOT, "ETHUSDT", LEVEL, LEVEL, AT)], heard=True))
    before = market.snapshot(AT).pairs[0]
    market.apply(Marks([mark(2)], heard=True))
    assert (before.futures.told.last(Mark), before.spot.told.last(Mark)) == (mark(1), None)
    assert before.spot.told.last(Book) is not None
    assert before.futures.told.last(Book) is None
    assert market.snapshot(AT).pairs[0].futures.told.last(Mark) == mark(2)


def test_news_of_a_symbol_that_nobody_watches_change_nothing() -> None:
    market = Market(["BTCUSDT"], 3000)
    market.apply(Marks([mark(1)], heard=True, rejects=("zero",)))
    assert market.snapshot(AT).pairs[0].futures.told == {}
    assert market.snapshot(AT).rejects == {"zero": 1}
