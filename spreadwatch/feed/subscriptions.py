"""Which streams a connection shall carry, and what to ask for next, within the exchange's rate limit on requests."""

import json
import threading
from collections.abc import Iterable

from spreadwatch.feed.markets import NAMES_PER_REQUEST, REQUEST_PAUSE_S


class Subscriptions:
    """What is wanted, by any thread, against what was asked for, by the thread that reads the connection."""

    def __init__(self, streams: Iterable[str]) -> None:
        """Want `streams` from the start."""
        self._lock = threading.Lock()
        self._wanted = dict.fromkeys(streams)  # an ordered set
        self.asked: dict[str, None] = {}
        """What the connection was asked to carry. The reading thread."""
        self._next_s = 0.0
        self._serial = 0
        self._is_settled = False

    def want(self, streams: Iterable[str]) -> None:
        """Add streams. Any thread."""
        with self._lock:
            self._wanted.update(dict.fromkeys(streams))
            self._is_settled = False

    def drop(self, streams: Iterable[str]) -> None:
        """Take streams away. Any thread."""
        with self._lock:
            for stream in streams:
                self._wanted.pop(stream, None)
            self._is_settled = False

    def begin(self, now_s: float) -> str:
        """Forget what was asked for, because a connection is new, and return its first request."""
        with self._lock:
            self.asked = {}
            self._is_settled = False
            self._next_s = 0.0
        return self.request(now_s) or self._write("LIST_SUBSCRIPTIONS", None)

    def adopt(self, asked: Iterable[str], now_s: float) -> None:
        """Go on with a connection that was asked for these streams just now."""
        with self._lock:
            self.asked = dict.fromkeys(asked)
            self._next_s, self._is_settled = now_s + REQUEST_PAUSE_S, False

    def copy(self) -> "Subscriptions":
        """Return the same wishes for another connection."""
        with self._lock:
            return Subscriptions(self._wanted)

    def request(self, now_s: float) -> str | None:
        """Return the next message to send, None while there is nothing to ask or it is too soon. The reading thread."""
        if self._is_settled or now_s < self._next_s:
            return None
        with self._lock:
            new = [stream for stream in self._wanted if stream not in self.asked][:NAMES_PER_REQUEST]
            old = [] if new else [stream for stream in self.asked if stream not in self._wanted][:NAMES_PER_REQUEST]
            self.asked.update(dict.fromkeys(new))
            for stream in old:
                del self.asked[stream]
            self._is_settled = not (new or old)
        if self._is_settled:
            return None
        self._next_s = now_s + REQUEST_PAUSE_S
        return self._write("SUBSCRIBE" if new else "UNSUBSCRIBE", new or old)

    def _write(self, method: str, streams: list[str] | None) -> str:
        self._serial += 1
        request: dict[str, object] = {"method": method, "id": self._serial}
        if streams is not None:
            request["params"] = streams
        return json.dumps(request, ensure_ascii=False)
