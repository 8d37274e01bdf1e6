"""Where the values of a run come from. Pure."""

from enum import StrEnum


class Source(StrEnum):
    """Said with every value that leaves the program."""

    LIVE = "live"
    DEMO = "demo"
    """Invented."""
    REPLAY = "replay"
    """Recorded before."""

    @property
    def badge(self) -> str | None:
        """The word that a window shows; None for what is live, which needs none."""
        return None if self is Source.LIVE else self.value.upper()
