"""What a person asks of a replay, and how far that lets recorded time go on. Owner's thread only."""

import time
from collections.abc import Callable

from spreadwatch.core.quote import Instant

_ALWAYS_MS = 1 << 62


class Playhead:
    """Play, pause, speed, another time, the next extreme. A person's methods take effect with the next `limit_ms`.

    Times are recorded ones in Unix ms. While nothing lets it go on, recorded time stands: nothing grows old.
    """

    def __init__(
        self, first_ms: int, last_ms: int, speed: float | None, real_s: Callable[[], float] = time.monotonic
    ) -> None:
        """Begin to play at `speed` times the recorded pace, None for as fast as it goes; `real_s` never jumps."""
        self.first_ms = first_ms
        self.last_ms = max(last_ms, first_ms)
        self.speed = speed
        self.position_ms = first_ms
        """The present of the replay: every event up to it was applied, and none after it."""
        self.paused = False
        """Whether it stands, or will once it is where it was sent."""
        self.has_ended = False
        self.must_rewind = False
        """Whether the events have to come again from the first on."""
        self.target_ms: int | None = None
        """Where it was sent and is not yet, None for nowhere."""
        self.hunted: str | None = None
        """The symbol whose next extreme it looks for, None for none."""
        self._real_s = real_s
        self._asked_s = real_s()
        self._due_ms = float(first_ms)  # where the pace is; the position may be held up behind it

    # ----- what a person asks

    def toggle(self) -> None:
        """Play or pause; at the end, play from the beginning."""
        if self.has_ended:
            self.seek(self.first_ms)
            self.paused = False
        elif self.hunted is not None:
            self.hunted, self.paused = None, True
        else:
            self.paused = not self.paused

    def set_speed(self, speed: float | None) -> None:
        """Play at so many times the recorded pace from now on, None for as fast as it goes."""
        self.speed = speed

    def seek(self, at_ms: int) -> None:
        """Go to a time, as fast as it goes; what is before the present is played again from the beginning."""
        self.hunted = None
        self.target_ms = min(max(at_ms, self.first_ms), self.last_ms)
        self.must_rewind = self.target_ms < self.position_ms
        self.has_ended = self.has_ended and not self.must_rewind

    def find_extreme(self, symbol: str) -> None:
        """Go on, as fast as it goes, to the next event that moves max or min of a symbol, and pause there."""
        self.hunted = symbol

    # ----- what plays it

    @property
    def is_rushing(self) -> bool:
        """Whether it is on its way to somewhere, as fast as it goes."""
        return not self.has_ended and (self.target_ms is not None or self.hunted is not None)

    @property
    def now(self) -> Instant:
        """The present of the replay: one clock in place of two."""
        return Instant(self.position_ms, self.position_ms)

    def limit_ms(self) -> int | None:
        """Let real time pass; return up to when events may be applied now, None: none may."""
        asked_s = self._real_s()
        passed_s, self._asked_s = asked_s - self._asked_s, asked_s
        if self.has_ended:
            self.target_ms = self.hunted = None
            return self.position_ms
        if self.target_ms is not None:
            return self.target_ms
        if self.hunted is not None:
            return _ALWAYS_MS
        if self.paused:
            return None
        if self.speed is None:
            return _ALWAYS_MS
        self._due_ms += passed_s * 1000 * self.speed
        return int(self._due_ms)

    def rewound(self) -> None:
        """Note that the events come from the first on again."""
        self.must_rewind = False
        self.position_ms = self.first_ms
        self._due_ms = float(self.first_ms)

    def applied(self, at_ms: int) -> None:
        """Note that an event of that time was applied."""
        self.position_ms = max(self.position_ms, at_ms)

    def came_to(self, limit_ms: int) -> None:
        """Note that all up to a limit was applied, and that what comes next is after it."""
        self.position_ms = max(self.position_ms, limit_ms)
        if limit_ms == self.target_ms:
            self.target_ms = None
            self._due_ms = float(self.position_ms)

    def found(self) -> None:
        """Note that the last event applied was the one looked for."""
        self.hunted, self.paused = None, True
        self._due_ms = float(self.position_ms)

    def held_up(self) -> None:
        """Note that there is more to apply than could be, or that it has not come yet: the pace waits for it."""
        self._due_ms = float(self.position_ms)

    def ended(self) -> None:
        """Note that there is nothing after what was applied."""
        self.has_ended = True
        self.target_ms = self.hunted = None
