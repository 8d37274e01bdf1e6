"""A session with its services as the one object that a window asks."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import platformdirs

from spreadwatch.config import Config
from spreadwatch.core.alerts import Alert, Rule
from spreadwatch.core.quote import Instant
from spreadwatch.core.series import Series
from spreadwatch.run.services import Services
from spreadwatch.run.session import Session
from spreadwatch.sources.playhead import Playhead


class SessionProgram:
    """What `ui.program.Program` declares. The main thread; everything returns at once.

    `player`: the playhead of a replay, None for what is live. `geometry_file`: where the window's place is kept, None
    to forget it. `export_folder`: where charts are saved.
    """

    def __init__(
        self,
        session: Session,
        settings: Config,
        services: Services,
        player: Playhead | None,
        diagnostics: Callable[[], str],
    ) -> None:
        self.settings = settings
        self.badge = session.badge
        self.symbols = session.symbols
        self.player = player
        state = platformdirs.user_state_path("spreadwatch", appauthor=False)
        documents = platformdirs.user_documents_path()
        self.geometry_file: Path | None = state / "window.json" if settings.window.remember_geometry else None
        self.export_folder = documents if documents.is_dir() else state / "charts"
        self._session, self._services = session, services
        self._diagnostics = diagnostics

    # ----- what is shown and watched

    def show(self, symbol: str) -> None:
        """Give this symbol in full from now on."""
        self._session.show([symbol])

    def reset(self, symbol: str) -> None:
        """Begin a symbol's max and min anew."""
        self._session.reset(symbol)

    def add(self, symbol: str) -> str | None:
        """Watch one more symbol; a sentence says why not."""
        return self._session.add(symbol)

    def remove(self, symbol: str) -> str | None:
        """Watch a symbol no longer; a sentence says why not."""
        return self._session.remove(symbol)

    def candidates(self) -> Sequence[str] | None:
        """Return the symbols that could be added, None while that is not known."""
        return self._session.candidates()

    def series(self, symbol: str) -> Series | None:
        """Return the past of a symbol, None for one that is not watched."""
        return self._session.market.series(symbol)

    def axis_ms(self, at: Instant) -> int:
        """Return where a moment is on the axis of every series."""
        return self._session.market.axis_ms(at)

    # ----- alerts

    def rules(self) -> tuple[Rule, ...]:
        """Return the rules in force."""
        return self._services.rules()

    def add_rule(self, texts: Mapping[str, str]) -> str | None:
        """Watch one more rule, given as texts by the names of its fields; a sentence says why not."""
        return self._services.add_rule(texts)

    def remove_rule(self, rule: Rule) -> str | None:
        """Watch a rule no longer; a sentence says why not."""
        return self._services.remove_rule(rule)

    def test_alert(self, symbol: str) -> Alert:
        """Send an invented alert on every way, and return it."""
        return self._services.test_alert(symbol)

    # ----- recording and service

    def switch(self, name: str) -> str:
        """Turn "record" or "serve" on or off; say what came of it."""
        return self._services.switch(name)

    def switched(self, name: str) -> str | None:
        """Return what "record" or "serve" does, in a few words or none; None while it is off."""
        if not self._services.is_on(name):
            return None
        return self._services.recording_words() if name == "record" else ""

    def diagnostics(self) -> str:
        """Return a report for whoever helps."""
        return self._diagnostics()
