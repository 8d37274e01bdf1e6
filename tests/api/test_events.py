"""The event stream tells every change, and that the program is there when there is none."""

import http.client
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from spreadwatch.api.settings import ServeSettings
from spreadwatch.core.snapshot import to_json
from tests.api.parts import Client, SceneLive, serving
from tests.conftest import wait_for
from tests.core.builders import FUTURES, SPOT


class Reader:
    """Reads events one by one."""

    def __init__(self, answer: http.client.HTTPResponse) -> None:
        self.answer = answer

    def next(self) -> tuple[str, Any]:
        """Return name and data of the next event; ('', None) at the end."""
        name = ""
        while line := self.answer.readline():
            text = line.decode().rstrip("\n")
            if text.startswith("event: "):
                name = text.removeprefix("event: ")
            elif text.startswith("data: "):
                return name, json.loads(text.removeprefix("data: "))
        return "", None

    def until(self, name: str) -> Any:  # noqa: ANN401 - JSON
        """Return the data of the next event of a name."""
        while True:
            found, data = self.next()
            assert found, "the stream ended"
            if found == name:
                return data


@contextmanager
def reading(client: Client, target: str = "/api/v1/events") -> Iterator[Reader]:
    connection = http.client.HTTPConnection(client.host, client.port, timeout=20)
    connection.request("GET", target)
    answer = connection.getresponse()
    assert answer.status == 200
    assert answer.getheader("content-type") == "text/event-stream; charset=utf-8"
    yield Reader(answer)
    answer.close()
    connection.close()


def test_a_stream_begins_with_the_present_and_tells_every_change() -> None:
    live = SceneLive()
    with serving(live=live) as client, reading(client) as reader:
        for number in range(5):
            assert live.current is not None
            got = reader.until("snapshot")
            assert got["pairs"] == [json.loads(json.dumps(to_json(pair))) for pair in live.current.pairs]
            live.say(SPOT, "99.00", f"10{number}.00")


def test_a_stream_beats_while_nothing_changes_and_says_what_is_wrong() -> None:
    live = SceneLive()
    with serving(live=live, settings=ServeSettings(port=0, still_s=0.5)) as client, reading(client) as reader:
        began = time.monotonic()
        first, second, third = (reader.until("heartbeat") for _ in range(3))
        assert 3.5 < time.monotonic() - began < 8
        assert first["trouble"] is None
        assert 1_900 <= second["at_ms"] - first["at_ms"] < 4_000
        assert "not renewed" in third["trouble"]


def test_a_pair_that_becomes_stale_is_told() -> None:
    live = SceneLive()
    with serving(live=live) as client, reading(client, "/api/v1/events?symbol=ethusdt") as reader:
        assert reader.until("snapshot")["pairs"][0]["state"] == "live"
        live.look(after_ms=10_000)
        got = reader.until("snapshot")["pairs"][0]
        assert (got["state"], got["spread"]["current"]) == ("stale", None)


def test_many_changes_between_two_looks_are_one_event() -> None:
    live = SceneLive()
    with serving(live=live) as client, reading(client) as reader:
        reader.until("snapshot")
        for number in range(2_000):
            live.say(FUTURES, "99.00", f"{101 + number}.00")
        counts = [reader.until("snapshot")["pairs"][0]["counts"]["futures"]]
        while counts[-1] < 2_001:
            counts.append(reader.until("snapshot")["pairs"][0]["counts"]["futures"])
        assert len(counts) < 30


def test_more_streams_than_the_limit_are_refused_and_closed_ones_make_room() -> None:
    with serving(live=SceneLive(), settings=ServeSettings(port=0, streams=2)) as client:
        with reading(client) as one, reading(client) as two:
            one.until("snapshot")
            two.until("snapshot")
            refused = client.ask("/api/v1/events")
            assert refused.status == 503
            assert "2 event streams already" in refused.json["error"]
        wait_for(lambda: "spreadwatch_event_streams 0\n" in client.ask("/metrics").body.decode())
        with reading(client) as again:
            again.until("snapshot")


def test_the_end_of_the_service_ends_its_streams() -> None:
    with serving(live=SceneLive()) as client, reading(client) as reader:
        reader.until("snapshot")
        client.server.stop()
        while reader.next()[0]:
            pass
        assert client.server.join(5)


def test_a_stream_of_a_pair_that_is_not_watched_is_404() -> None:
    with serving(live=SceneLive()) as client:
        assert client.ask("/api/v1/events?symbol=BTCUSDT").status == 404
        assert client.ask("/api/v1/events?symbol=%20").json["parameter"] == "symbol"
