"""Pictures of every state of the window, each checkout's own, compared to the pixel. Needs Xvfb and ImageMagick."""

import contextlib
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.same.captures import write_all
from tests.same.stage import PATIENCE_S, Stage, pause
from tests.ui.screen import xvfb

_ROOT = Path(__file__).parents[2]
_TAKING_S = 900
_LOOK_S = 0.3
_SAME = 4
_LOOKS = 100
_TRIES = 5

REPLAYS = {
    "plain": ("plain.jsonl",),
    "light": ("plain.jsonl", "--symbol", "ethusdt", "SPREADWATCH_THEME=light"),
    "compact": ("plain.jsonl", "--symbol", "btcusdt", "SPREADWATCH_COMPACT=1"),
    "silent": ("silent.jsonl", "SPREADWATCH_SILENCE_S=0.5", "SPREADWATCH_QUOTE=1000"),
    "apart": ("apart.jsonl",),
    "odd": ("odd11.jsonl",),
    "few": ("few.jsonl",),
}
"""Windows of replays that have come to their end, by their names: the file, arguments and settings."""


def shots(stage: Stage, folder: Path, names: Sequence[str]) -> None:
    """Let a checkout take its own pictures of all states into a folder; `names`: only these."""
    command = stage.command(folder, *names, module="tests.ui.shots")
    done = subprocess.run(
        command,
        cwd=stage.root,
        env=stage.environment,
        capture_output=True,
        text=True,
        timeout=_TAKING_S,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the {stage.name} checkout took no pictures: {done.stdout[-500:]}{done.stderr[-2000:]}")


def replays(stage: Stage, folder: Path, names: Sequence[str]) -> None:
    """Take the windows of replays at their end, each on a screen of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        file, *words = REPLAYS[name]
        stage.clear()
        write_all(stage.folder)
        settings = dict(word.split("=") for word in words if "=" in word)
        with xvfb(96, "2400x1400") as server:
            _put_pointer_away(server)
            stage.environment |= {"DISPLAY": server, "SPREADWATCH_TIME_ZONE": "utc", **settings}
            arguments = [word for word in words if "=" not in word]
            running = stage.start("replay", file, "--speed", "max", *arguments)
            try:
                _wait_until_still(server, folder / f"replay-{name}.png")
            finally:
                told = running.end(signal.SIGINT)
        (folder / f"replay-{name}.txt").write_text(str(told), encoding="utf-8")


def _put_pointer_away(server: str) -> None:
    """Move the pointer off the window, by a process of its own: Xlib ends one whose server goes away."""
    words = f"from tests.ui.screen import put_pointer_away; put_pointer_away({server!r})"
    subprocess.run([sys.executable, "-c", words], cwd=_ROOT, check=True, timeout=PATIENCE_S)


def _wait_until_still(server: str, target: Path) -> None:
    """Take the screen again and again until it no longer changes, with a window on it."""
    seen: list[str] = []
    for _ in range(_LOOKS):
        pause(_LOOK_S)
        subprocess.run(["import", "-display", server, "-window", "root", str(target)], check=True, timeout=PATIENCE_S)
        seen.append(signatures([target])[target.name])
        if len(seen) > _SAME and len(set(seen[-_SAME:])) == 1 and seen[-1] != seen[0]:
            return
    raise TimeoutError(f"the window of {target.stem} never stood still")


def signatures(files: Sequence[Path]) -> dict[str, str]:
    """Return a digest of the pixels of each picture, by its file's name."""
    if not files:
        return {}
    command = ["identify", "-quiet", "-format", "%f %wx%h %#\n", *map(str, files)]
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=_TAKING_S).stdout
    return dict(line.split(" ", 1) for line in told.splitlines())


def same_replays(parties: Sequence[Stage], folders: Sequence[Path]) -> None:
    """Take the replays of both, and those that differ again, until both have taken one picture or there is no hope.

    How many frames are painted on the way to the end is left to chance, and widths that only grow, and the rate
    of updates, tell of it: a window is the same when both programs can come to the same picture.
    """
    taken: list[dict[str, dict[str, bytes]]] = [{name: {} for name in REPLAYS} for _ in parties]
    left = list(REPLAYS)
    for _ in range(_TRIES):
        for party, folder, known in zip(parties, folders, taken, strict=True):
            replays(party, folder, left)
            for name, digest in signatures([folder / f"replay-{name}.png" for name in left]).items():
                known[name[len("replay-") : -len(".png")]][digest] = (folder / name).read_bytes()
        for name in list(left):
            if common := taken[0][name].keys() & taken[1][name].keys():
                left.remove(name)
                for folder, known in zip(folders, taken, strict=True):
                    (folder / f"replay-{name}.png").write_bytes(known[name][min(common)])


def difference(old: Path, new: Path, target: Path) -> str:
    """Write a picture of where two differ, and say how many pixels do."""
    command = ["compare", "-metric", "AE", str(old), str(new), str(target)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
    found = re.search(r"\d[\d.e+]*", done.stderr)
    return f"{float(found[0]):.0f} pixels differ" if found and done.returncode < 2 else "their sizes differ"


def states(folder: Path) -> dict[str, str]:
    """Return the pixels' digest, or the text, of each state in a folder, by the state's name."""
    found = {name.removesuffix(".png"): digest for name, digest in signatures(sorted(folder.glob("*.png"))).items()}
    for path in folder.glob("*.txt"):
        found[f"{path.stem} said"] = path.read_text(encoding="utf-8")
    return found


def keep(name: str, folders: dict[str, Path], target: Path) -> str:
    """Copy the old and the new picture of a state and their difference into a folder; say what differs."""
    target.mkdir(parents=True, exist_ok=True)
    found = []
    for party, folder in folders.items():
        source, copy = folder / f"{name}.png", target / f"{name}-{party}.png"
        with contextlib.suppress(FileNotFoundError):
            copy.write_bytes(source.read_bytes())
            found.append(copy)
    if len(found) < 2:
        return "one of them has no such picture"
    return difference(found[0], found[1], target / f"{name}-diff.png")
