"""What a connection is asked to carry: nothing forgotten, nothing twice, never faster than the exchange allows."""

import json
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spreadwatch.feed.markets import NAMES_PER_REQUEST
from spreadwatch.feed.subscriptions import Subscriptions

names = st.sampled_from([f"coin{number}@bookTicker" for number in range(8)])
steps = st.lists(st.tuples(st.sampled_from(["want", "drop", "ask"]), st.lists(names, max_size=5)), max_size=40)


def obey(carried: set[str], request: str) -> None:
    """Do as an exchange does; asking for what is carried, or dropping what is not, is a waste of requests."""
    told = json.loads(request)
    params = set(told["params"])
    assert len(params) == len(told["params"]) <= NAMES_PER_REQUEST
    if told["method"] == "SUBSCRIBE":
        assert not params & carried
        carried |= params
    else:
        assert told["method"] == "UNSUBSCRIBE"
        assert params <= carried
        carried -= params


def settle(subscriptions: Subscriptions, carried: set[str], now_s: float) -> None:
    for _ in range(1000):
        now_s += 1
        if (request := subscriptions.request(now_s)) is None:
            return
        obey(carried, request)
    pytest.fail("asks without end")


@given(st.lists(names, max_size=5), steps)
def test_a_connection_carries_in_the_end_what_is_wanted(first: list[str], told: list[tuple[str, list[str]]]) -> None:
    first = [*first, "btcusdt@bookTicker"]
    subscriptions, wanted = Subscriptions(first), set(first)
    carried: set[str] = set()
    obey(carried, subscriptions.begin(0))
    now_s = 0.0
    for step, streams in told:
        if step == "want":
            subscriptions.want(streams)
            wanted |= set(streams)
        elif step == "drop":
            subscriptions.drop(streams)
            wanted -= set(streams)
        else:
            now_s += 1
            if request := subscriptions.request(now_s):
                obey(carried, request)
    settle(subscriptions, carried, now_s)
    assert carried == wanted
    again: set[str] = set()
    if wanted:
        obey(again, subscriptions.begin(now_s + 5000))
    settle(subscriptions, again, now_s + 5000)
    assert again == wanted


def requests_in(subscriptions: Subscriptions, times_s: Iterable[float]) -> list[float]:
    return [at_s for at_s in times_s if subscriptions.request(at_s) is not None]


def test_requests_keep_half_a_second_between_them_and_hold_two_hundred_names_each() -> None:
    subscriptions = Subscriptions(f"coin{number}@bookTicker" for number in range(1000))
    assert len(json.loads(subscriptions.begin(0))["params"]) == NAMES_PER_REQUEST
    assert requests_in(subscriptions, (tick / 100 for tick in range(1000))) == [0.5, 1.0, 1.5, 2.0]


def test_names_travel_as_they_are() -> None:
    assert "币安人生usdt@bookTicker" in Subscriptions(["币安人生usdt@bookTicker"]).begin(0)


def test_a_connection_that_was_adopted_is_asked_only_for_the_difference() -> None:
    old = Subscriptions(["a", "b"])
    old.begin(0)
    new = old.copy()
    new.begin(1)
    old.want(["c"])
    old.drop(["a"])
    old.adopt(new.asked, 1)
    assert json.loads(old.request(2) or "") | {"id": 0} == {"method": "SUBSCRIBE", "params": ["c"], "id": 0}
    assert json.loads(old.request(3) or "") | {"id": 0} == {"method": "UNSUBSCRIBE", "params": ["a"], "id": 0}
    assert old.request(4) is None
