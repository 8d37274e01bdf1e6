"""Differences from older versions that are wanted. What is not declared here is a fault."""

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True)
class Wanted:
    """One wanted difference. `what`: which results, as a pattern of their names; `why`: a line of the changelog.

    `lines`: what each line that went or came has to match, its sign included; of a picture nothing is asked.
    """

    what: str
    why: str
    lines: str = ""

    def covers(self, name: str, line: str) -> bool:
        """Tell whether this declares a differing line of a result."""
        return fnmatchcase(name, self.what) and re.search(self.lines, line) is not None


WANTED: tuple[Wanted, ...] = ()
