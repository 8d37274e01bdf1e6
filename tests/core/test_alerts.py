"""When a rule fires: by hand on a square wave, and against a slow computation anew from all before (RULES: alerts)."""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from spreadwatch.core.alerts import KEPT, Alert, AlertBook, Direction, Number, Rule, Watch, check
from spreadwatch.core.net import Fees, edge_bps
from spreadwatch.core.quote import Quote
from spreadwatch.core.spread import bps, entry
from tests.core.builders import FUTURES, SPOT, moment, quote

ABOVE = Rule("high", None, Number.SPREAD, Direction.ABOVE, level=Decimal(5), rearm=Decimal(2))
BELOW = Rule("low", None, Number.SPREAD, Direction.BELOW, level=Decimal(-5), rearm=Decimal(-2))
FEES = Fees(Decimal("0.001"), Decimal("0.0005"))

Story = list[tuple[int, Decimal | None]]
Fired = list[tuple[int, Decimal]]


def rule(base: Rule = ABOVE, **changes: object) -> Rule:
    return msgspec.structs.replace(base, **changes)


def told(watch: Watch, story: Story, looks_ms: frozenset[int] = frozenset(), until_ms: int = 0) -> Fired:
    """Tell a watch a story, looking in between, and return when and with what it fired."""
    fired: Fired = []

    def note(is_fired: bool) -> None:
        if is_fired:
            fired.append((watch.fired_ms, watch.fired_value))

    for t_ms, value in story:
        for look_ms in sorted(look_ms for look_ms in looks_ms if look_ms <= t_ms):
            note(watch.pass_time(look_ms))
        looks_ms = frozenset(look_ms for look_ms in looks_ms if look_ms > t_ms)
        note(watch.take(t_ms, value))
    note(watch.pass_time(until_ms))
    return fired


# ----- by hand


def wave(low: Decimal, high: Decimal, *, first_high: bool = False) -> Story:
    """Return ten seconds of a square wave that changes every second, one sample per change."""
    return [(second * 1_000, high if (second % 2 == 1) != first_high else low) for second in range(10)]


@pytest.mark.parametrize("base", [ABOVE, BELOW], ids=["above", "below"])
@pytest.mark.parametrize(
    ("hold_s", "cooldown_s", "once", "fires_at_ms"),
    [
        (0, 0, False, [1000, 3000, 5000, 7000, 9000]),
        (0.5, 0, False, [1500, 3500, 5500, 7500, 9500]),
        (0.999, 0, False, [1999, 3999, 5999, 7999, 9999]),
        (1, 0, False, []),  # the value is gone in the ms in which the hold would end
        (0, 2, False, [1000, 3000, 5000, 7000, 9000]),
        (0, 2.5, False, [1000, 3500, 7000, 9500]),
        (0, 3, False, [1000, 5000, 9000]),
        (0, 100, False, [1000]),
        (0.5, 3, False, [1500, 5500, 9500]),
        (0, 0, True, [1000]),
        (0.5, 0, True, [1500]),
    ],
)
def test_a_square_wave_fires_by_the_rules_arithmetic(
    base: Rule, hold_s: float, cooldown_s: float, once: bool, fires_at_ms: list[int]
) -> None:
    watched = rule(base, hold_s=hold_s, cooldown_s=cooldown_s, once=once)
    high = base.level * 2
    fired = told(Watch(watched), wave(Decimal(0), high), until_ms=10_000)
    assert fired == [(t_ms, high) for t_ms in fires_at_ms]


@pytest.mark.parametrize(
    ("low", "high", "first_high", "count"),
    [
        ("2", "5", False, 5),  # at the levels is enough
        ("2.01", "5", False, 0),  # never back at the re-arm level
        ("2", "4.99", False, 0),
        ("0", "9", True, 4),  # not the first sample
        ("-9", "9", False, 5),
    ],
)
def test_it_has_to_cross_from_the_re_arm_level_to_the_level(low: str, high: str, first_high: bool, count: int) -> None:
    assert len(told(Watch(ABOVE), wave(Decimal(low), Decimal(high), first_high=first_high))) == count


def test_between_the_levels_it_stays_armed_but_a_hold_begins_anew() -> None:
    story: Story = [(0, Decimal(0)), (100, Decimal(6)), (500, Decimal(4)), (600, Decimal(7)), (1_300, Decimal(8))]
    assert told(Watch(rule(hold_s=1)), story, until_ms=5_000) == [(1_600, Decimal(8))]


@pytest.mark.parametrize("first", [Decimal(9), None])
def test_the_first_sample_after_a_start_or_a_loss_never_fires(first: Decimal | None) -> None:
    story: Story = [(0, Decimal(0)), (10, None), (20, Decimal(9)), (30, Decimal(3)), (40, Decimal(9))]
    watch = Watch(ABOVE)
    assert told(watch, [(0, first), *story[1:]]) == []
    assert told(watch, [(50, Decimal(1)), (60, Decimal(9))]) == [(60, Decimal(9))]


def test_a_loss_breaks_a_hold_even_in_the_ms_in_which_it_would_end() -> None:
    for lost_ms, count in ((600, 0), (1_100, 0), (1_101, 1)):
        story: Story = [(0, Decimal(0)), (100, Decimal(9)), (lost_ms, None), (lost_ms + 1, Decimal(9))]
        assert len(told(Watch(rule(hold_s=1)), story, until_ms=9_000)) == count


# ----- against a slow computation


@dataclass
class Slow:
    """Every sample so far; whether the rule fires is found by going back over all of them."""

    rule: Rule
    samples: Story = field(default_factory=list)
    fired: Fired = field(default_factory=list)
    samples_when_fired: int = 0

    def beyond(self, value: Decimal | None, limit: Decimal, side: Direction) -> bool:
        return value is not None and (value >= limit if side is Direction.ABOVE else value <= limit)

    def run(self, story: Story, until_ms: int) -> Fired:
        for t_ms in range(until_ms):
            for sample in story:
                if sample[0] == t_ms:
                    self.samples.append(sample)
                    self.judge(t_ms)
            self.judge(t_ms)
        return self.fired

    def judge(self, t_ms: int) -> None:
        rule = self.rule
        begin = len(self.samples)
        while begin and self.beyond(self.samples[begin - 1][1], rule.level, rule.side):
            begin -= 1
        if begin == len(self.samples) or (rule.once and self.fired):
            return
        opposite = Direction.BELOW if rule.side is Direction.ABOVE else Direction.ABOVE
        armed = False
        for _, value in self.samples[self.samples_when_fired : begin]:
            armed = value is not None and (armed or self.beyond(value, rule.rearm, opposite))
        held = t_ms - self.samples[begin][0] >= rule.hold_s * 1_000
        cool = not self.fired or t_ms - self.fired[-1][0] >= rule.cooldown_s * 1_000
        value = self.samples[-1][1]
        if armed and held and cool and value is not None:
            self.fired.append((t_ms, value))
            self.samples_when_fired = len(self.samples)


waits_s = st.sampled_from([0.0, 0.0, 0.001, 0.004, 0.01, 0.025])
rules = st.builds(
    lambda base, number, level, gap, hold_s, cooldown_s, once: rule(
        base,
        number=number,
        level=Decimal(level),
        rearm=Decimal(level - gap if base is ABOVE else level + gap),
        hold_s=hold_s,
        cooldown_s=cooldown_s,
        once=once,
    ),
    st.sampled_from([ABOVE, BELOW]),
    st.just(Number.SPREAD),
    st.integers(-2, 2),
    st.integers(1, 3),
    waits_s,
    waits_s,
    st.sampled_from([False, False, False, True]),
)


@st.composite
def stories(draw: st.DrawFn) -> Story:
    t_ms, story = 0, Story()
    for _ in range(draw(st.integers(0, 25))):
        t_ms += draw(st.sampled_from([0, 0, 1, 2, 4, 5, 10, 26]))
        value = draw(st.sampled_from([None, -4, -3, -2, -1, 0, 0, 1, 2, 3, 4]))
        story.append((t_ms, None if value is None else Decimal(value)))
    return story


def end_of(story: Story) -> int:
    return (story[-1][0] if story else 0) + 60


@settings(deadline=None, database=None, max_examples=600)
@given(rules, stories(), st.frozensets(st.integers(0, 300), max_size=30))
def test_any_story_fires_as_a_slow_computation_says_however_often_one_looks(
    watched: Rule, story: Story, looks_ms: frozenset[int]
) -> None:
    until_ms = end_of(story)
    assert told(Watch(watched), story, looks_ms, until_ms) == Slow(watched).run(story, until_ms)


# ----- the book


def sides(t_ms: int, spread: Decimal, symbol: str) -> tuple[Quote, Quote]:
    """Return two quotes with this spread, 3 and 1 ms old at `t_ms`."""
    bid = Decimal(1_000)
    spot = quote(SPOT, 1, "900", str(bid + spread), moment(t_ms - 3), symbol=symbol)
    return spot, quote(FUTURES, 1, str(bid), "1200", moment(t_ms - 1), symbol=symbol)


def take(book: AlertBook, t_ms: int, spread: int, symbol: str = "A") -> list[Alert]:
    return book.take(t_ms, symbol, *sides(t_ms, Decimal(spread), symbol), FEES, moment(t_ms))


def test_an_alert_carries_its_evidence() -> None:
    book = AlertBook([ABOVE])
    assert take(book, 10, 0) == []
    [alert] = take(book, 20, 7)
    spot, futures = sides(20, Decimal(7), "A")
    assert alert == Alert(1, ABOVE, "A", Decimal(7), moment(20), spot, futures, 3, 1)
    assert book.recent == (alert,)


@pytest.mark.parametrize("noticed", ["by time", "by a sample", "by a loss"])
def test_a_hold_that_ended_between_two_samples_has_the_quotes_that_stood_then(noticed: str) -> None:
    book = AlertBook([rule(hold_s=0.5)])
    take(book, 0, 0)
    take(book, 100, 6)
    take(book, 200, 7)
    assert book.pass_time(600) == []
    if noticed == "by time":
        [alert] = book.pass_time(900)
    else:
        [alert] = take(book, 900, 0) if noticed == "by a sample" else book.lose(900, "A")
    assert (alert.at, alert.value) == (moment(600), Decimal(7))
    assert (alert.spot, alert.futures) == sides(200, Decimal(7), "A")
    assert (alert.spot_age_ms, alert.futures_age_ms) == (403, 401)
    assert book.pass_time(5_000) == []


@pytest.mark.parametrize(
    ("number", "value"),
    [(Number.SPREAD, Decimal(7)), (Number.BPS, Decimal("69.5134")), (Number.EDGE, Decimal("-84.4786"))],
)
def test_each_number_is_the_one_that_the_window_shows(number: Number, value: Decimal) -> None:
    watched = rule(number=number, level=value, rearm=value - 1)
    book = AlertBook([watched])
    low = take(book, 0, -60) if number is not Number.EDGE else take(book, 0, 60)
    [alert] = take(book, 20, 7)
    assert (low, alert.value) == ([], value)
    spot, futures = alert.spot, alert.futures
    shown = {
        Number.SPREAD: entry(spot, futures),
        Number.BPS: bps(entry(spot, futures), spot.ask),
        Number.EDGE: edge_bps(spot, futures, FEES),
    }
    assert round(shown[number], 4) == value


def test_a_rule_of_one_symbol_leaves_the_others_alone() -> None:
    book = AlertBook([rule(symbol="B"), rule(name="all")])
    for symbol in "ABC":
        take(book, 0, 0, symbol)
    names = [[alert.rule.name for alert in take(book, 5, 9, symbol)] for symbol in "ABC"]
    assert names == [["all"], ["high", "all"], ["all"]]
    assert [alert.serial for alert in book.recent] == [1, 2, 3, 4]


def test_rules_come_and_go_while_running() -> None:
    book = AlertBook()
    assert not book.rules
    book.add(ABOVE)
    take(book, 0, 0)
    book.add(rule(name="late", symbol="A"))
    book.add(rule(name="other", symbol="B"))
    assert [alert.rule.name for alert in take(book, 1, 9)] == ["high"]
    take(book, 2, 0)
    book.remove(ABOVE)
    assert [alert.rule.name for alert in take(book, 3, 9)] == ["late"]
    assert [rule.name for rule in book.rules] == ["late", "other"]
    with pytest.raises(ValueError):
        book.remove(ABOVE)


def test_of_two_equal_rules_one_is_removed() -> None:
    book = AlertBook([ABOVE, ABOVE])
    take(book, 0, 0)
    book.remove(ABOVE)
    assert len(take(book, 1, 9)) == 1


def test_a_forgotten_symbol_begins_anew() -> None:
    book = AlertBook([rule(hold_s=1)])
    take(book, 0, 0)
    take(book, 1, 9)
    book.forget("A")
    assert book.pass_time(5_000) == []
    assert take(book, 5_001, 9) == book.pass_time(9_000) == []


def test_quotes_of_different_coins_count_as_a_loss() -> None:
    book = AlertBook([ABOVE])
    take(book, 0, 0)
    assert take(book, 1, 900) == []
    assert take(book, 2, 9) == []
    assert take(book, 3, 0) == []
    assert len(take(book, 4, 9)) == 1


def test_holds_of_many_symbols_come_in_the_order_of_time() -> None:
    book = AlertBook([rule(hold_s=0.5), rule(name="second", hold_s=0.2)])
    for symbol, t_ms in (("A", 30), ("B", 10), ("C", 20)):
        take(book, 0, 0, symbol)
        take(book, t_ms, 9, symbol)
    names = [(alert.rule.name, alert.symbol) for alert in book.pass_time(9_000)]
    assert names == [("second", each) for each in "BCA"] + [("high", each) for each in "BCA"]
    assert [alert.at.mono_ms for alert in book.recent] == [210, 220, 230, 510, 520, 530]


def test_the_last_two_hundred_are_kept() -> None:
    book = AlertBook([ABOVE])
    for number in range(KEPT + 30):
        take(book, 2 * number, 0)
        take(book, 2 * number + 1, 9)
    assert [alert.serial for alert in book.recent] == list(range(31, KEPT + 31))


@settings(deadline=None, database=None, max_examples=200)
@example([ABOVE], {"A": [], "B": [(0, Decimal(0)), (0, Decimal(9))] * 2}, frozenset())
@given(
    st.lists(rules, min_size=1, max_size=3),
    st.fixed_dictionaries({"A": stories(), "B": stories()}),
    st.frozensets(st.integers(0, 300), max_size=20),
)
def test_a_book_fires_what_each_of_its_rules_fires_alone(
    watched: list[Rule], told_of: dict[str, Story], looks_ms: frozenset[int]
) -> None:
    named = [rule(each, name=str(place)) for place, each in enumerate(watched)]
    until_ms = max(map(end_of, told_of.values()))
    book = AlertBook(named)
    alerts = list(played(book, told_of, looks_ms, until_ms))
    expected = Counter(
        (fired_ms, each.name, symbol, value)
        for each in named
        for symbol, story in told_of.items()
        for fired_ms, value in Slow(each).run(story, until_ms)
    )
    # a rule without hold and cool-down may fire twice in one ms with the same value: each of them counts
    assert Counter((alert.at.mono_ms, alert.rule.name, alert.symbol, alert.value) for alert in alerts) == expected
    assert list(book.recent) == alerts[-KEPT:]
    assert [alert.serial for alert in alerts] == list(range(1, len(alerts) + 1))
    for alert in alerts:
        assert entry(alert.spot, alert.futures) == alert.value
        assert alert.at.since(alert.spot.received) == alert.spot_age_ms == alert.futures_age_ms + 2


def played(book: AlertBook, told_of: dict[str, Story], looks_ms: frozenset[int], until_ms: int) -> Iterator[Alert]:
    """Tell a book the stories of all symbols in the order of time, and yield its alerts."""
    for t_ms in range(until_ms + 1):
        for symbol, story in told_of.items():
            for _, value in (sample for sample in story if sample[0] == t_ms):
                if value is None:
                    yield from book.lose(t_ms, symbol)
                else:
                    yield from take(book, t_ms, int(value), symbol)
        if t_ms in looks_ms or t_ms == until_ms:
            yield from book.pass_time(t_ms)


# ----- rules that cannot be watched


@pytest.mark.parametrize("base", [ABOVE, BELOW])
def test_a_good_rule_has_no_fault(base: Rule) -> None:
    assert check(base) is None
    assert check(rule(base, hold_s=2.5, cooldown_s=600, once=True)) is None


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (rule(rearm=Decimal(6)), ['"high"', "above 5", "re-arms at 6", "below 5"]),
        (rule(rearm=Decimal(5)), ["below 5"]),
        (rule(BELOW, rearm=Decimal(-6)), ['"low"', "below -5", "re-arms at -6", "above -5"]),
        (rule(BELOW, rearm=Decimal(-5)), ["above -5"]),
        (rule(hold_s=-1), ["hold", "-1 s", "0 or more"]),
        (rule(hold_s=math.nan), ["hold", "nan"]),
        (rule(cooldown_s=math.inf), ["cool-down", "inf"]),
        (rule(level=Decimal("NaN")), ["level", "NaN", "finite"]),
        (rule(rearm=Decimal("-Infinity")), ["re-arm", "finite"]),
    ],
)
def test_a_bad_rule_is_told_what_to_do(bad: Rule, says: list[str]) -> None:
    fault = check(bad)
    assert fault is not None
    assert all(word in fault for word in says)
    assert "give" in fault
