"""The parts of the window that tell of the pair, painted so that no failure leaves an old number looking live."""

from collections.abc import Callable, Iterable

from spreadwatch.core.snapshot import PairSnapshot
from spreadwatch.ui.frame import placeholders
from spreadwatch.ui.frame.error_screen import ErrorScreen
from spreadwatch.ui.frame.status_bar import REPAINT_MS
from spreadwatch.ui.frame.title import Title
from spreadwatch.ui.kit.painter import Painter

Render = Callable[[PairSnapshot], None]
"""A widget's render."""


class DisplayGuard:
    """Paints a pair into all parts. What a part raises stops no other part, and nothing here raises.

    When one fails, all are painted again as not live; when that fails too, or Tk does not take what was
    painted, the error screen comes. The next pair that is painted without a fault puts everything right.
    """

    def __init__(
        self,
        painter: Painter,
        error_screen: ErrorScreen,
        title: Title,
        parts: Callable[[], Iterable[Render]],
        asides: Callable[[], Iterable[Render]],
        fit: Callable[[], None],
        told: Callable[[Exception], None],
    ) -> None:
        """Paint what `parts` gives at the time; `fit` follows what grew; `told` hears of each exception.

        `asides` are painted every time, also when nothing of the pair changed: they show something beside it.
        """
        self.is_failing = False
        """True from a failure to the next pair that is painted without one."""
        self._painter = painter
        self._error_screen = error_screen
        self._title = title
        self._parts = parts
        self._asides = asides
        self._fit = fit
        self._told = told
        self._symbol = ""
        self._seen: tuple[object, ...] = ()

    def forget(self) -> None:
        """Paint in full the next time: something else than the pair changed."""
        self._seen = ()

    def paint(self, pair: PairSnapshot) -> None:
        """Paint what changed."""
        seen = _visible(pair)
        if seen == self._seen:
            if errors := self._render(pair, self._asides()):
                self.fail(pair, *errors)
            else:
                self.flush()
            return
        self._symbol = pair.symbol
        errors = self._render(pair, self._all())
        if errors:
            self.fail(pair, *errors)
        elif self.flush():
            self.is_failing = False
            # A title that is due comes in a later frame, even if nothing else changes.
            self._seen = () if self._title.is_due else seen
            if self._error_screen.is_shown:
                self._error_screen.remove()
                self._painter.resized = True
                self.flush()

    def fail(self, pair: PairSnapshot, *errors: Exception) -> None:
        """Show at once that the pair is not live, and tell of the errors."""
        self._symbol = pair.symbol
        self._begin_to_fail()
        if not self._error_screen.is_shown:
            try:
                worse = self._render(placeholders.broken(pair), self._all())
            except Exception as unforeseen:  # noqa: BLE001  nothing may stop the cover
                worse = [unforeseen]
            if worse:
                self._hide()
            errors = (*errors, *worse)
        self.flush()
        if self._error_screen.is_shown:
            self._title.blank(self._symbol)  # what is pending may have held a live one
        for error in errors:
            self._told(error)

    def flush(self) -> bool:
        """Hand over what is pending; tell whether Tk took it."""
        try:
            self._painter.flush()
            if self._painter.resized:
                self._painter.resized = False
                self._fit()
        except Exception as error:  # noqa: BLE001  any fault here leaves the screen as it was
            self._begin_to_fail()
            self._hide()
            self._told(error)
            return False
        return True

    def _all(self) -> tuple[Render, ...]:
        return (*self._parts(), *self._asides(), self._title.render)

    def _render(self, pair: PairSnapshot, parts: Iterable[Render]) -> list[Exception]:
        errors: list[Exception] = []
        for part in parts:
            try:
                part(pair)
            except Exception as error:  # noqa: BLE001  one part must not stop the others
                errors.append(error)
        return errors

    def _begin_to_fail(self) -> None:
        self.is_failing = True
        self._seen = ()

    def _hide(self) -> None:
        self._error_screen.show(self._symbol)
        self._title.blank(self._symbol)


def _visible(pair: PairSnapshot) -> tuple[object, ...]:
    """Return what a paint depends on. Ages are in it five times a second, and tick sizes with them."""
    spread = pair.spread
    return (
        pair.symbol,
        pair.counts,
        pair.state,
        pair.reason,
        pair.spot.state,
        pair.futures.state,
        spread.current,
        spread.high,
        spread.low,
        pair.windows,
        pair.percentile,
        pair.net,
        pair.depth,
        _visible_funding(pair),
        pair.at.mono_ms // REPAINT_MS,
    )


def _visible_funding(pair: PairSnapshot) -> tuple[object, ...]:
    """Return what is shown of the funding: of its times only the seconds."""
    funding = pair.funding
    if funding is None:
        return ()
    left_ms = funding.next_in_ms
    return funding.mark, funding.rate, funding.is_live, left_ms is None or left_ms // 1_000, funding.age_ms // 1_000
