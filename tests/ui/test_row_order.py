"""The order of the watch list, and when it may change."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from spreadwatch.core.leg import State
from spreadwatch.core.snapshot import Row
from spreadwatch.ui.watch import columns as list_columns
from spreadwatch.ui.watch.columns import EVERY_S, RowOrder


def rows_of(edges: list[int | None]) -> tuple[Row, ...]:
    return tuple(
        Row(f"S{number}USDT", State.LIVE, None, None, None if edge is None else Decimal(edge), None, None, 2)
        for number, edge in enumerate(edges)
    )


@given(st.lists(st.one_of(st.none(), st.integers(-3, 3)), max_size=30), st.booleans())
def test_none_comes_last_and_equals_keep_their_places(edges: list[int | None], reverse: bool) -> None:
    rows = rows_of(edges)
    got = list_columns.ordered(rows, list_columns.EDGE, reverse=reverse)
    sign = 1 if reverse else -1

    def key_of(row: Row) -> tuple[bool, int, int]:
        edge = row.edge_bps
        return edge is None, 0 if edge is None else sign * int(edge), rows.index(row)

    assert got == sorted(rows, key=key_of)


def test_the_order_changes_once_a_second_and_not_while_it_is_pointed_at() -> None:
    now_s = 100.0
    order = RowOrder(lambda: now_s)
    order.take(rows_of([1, 2, 3]))
    assert order.symbols == ["S2USDT", "S1USDT", "S0USDT"]
    order.take(rows_of([9, 2, 3]))
    assert order.symbols == ["S2USDT", "S1USDT", "S0USDT"], "too soon"
    now_s += EVERY_S
    order.is_held = True
    order.take(rows_of([9, 2, 3]))
    assert order.symbols == ["S2USDT", "S1USDT", "S0USDT"], "pointed at"
    order.take(rows_of([9, 2, 3, 99]))
    assert order.symbols == ["S2USDT", "S1USDT", "S0USDT", "S3USDT"], "new ones come last"
    order.take(rows_of([9, 2]))
    assert order.symbols == ["S1USDT", "S0USDT"], "what is gone goes at once"
    order.is_held = False
    order.take(rows_of([9, 2]))
    assert order.symbols == ["S0USDT", "S1USDT"]
