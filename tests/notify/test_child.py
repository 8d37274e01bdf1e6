"""Programs that an alert starts: whatever they do, they hold up nothing and leave nothing behind."""

import json
import os
import signal
import stat
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from spreadwatch.notify.command import Command
from spreadwatch.notify.desktop import Desktop
from spreadwatch.notify.sound import Sound
from spreadwatch.notify.way import NotToldError, StoppedError
from tests.conftest import wait_for
from tests.notify.conftest import Start, Told, seconds_of
from tests.notify.examples import alert

NEVER = threading.Event()


def python(code: str, *arguments: object) -> list[str]:
    return [sys.executable, "-c", code, *map(str, arguments)]


def sent(arguments: Sequence[str], limit_s: float = 20) -> str | None:
    """Run a command for an alert; return the sentence if it failed."""
    try:
        Command(arguments, limit_s).send(alert(), NEVER)
    except NotToldError as error:
        return str(error)
    return None


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    # An orphan that was killed stays a zombie until its new parent looks.
    return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] == "Z"


def pid_in(path: Path) -> int:
    wait_for(lambda: path.exists() and path.read_text(encoding="ascii").endswith("\n"))
    return int(path.read_text(encoding="ascii"))


TELL_PID = "import os, pathlib, sys, time; pathlib.Path(sys.argv[1]).write_text(f'{os.getpid()}\\n');"


def test_a_command_gets_the_evidence_as_one_line_of_json(tmp_path: Path) -> None:
    target = tmp_path / "got"
    code = "import pathlib, sys; pathlib.Path(sys.argv[1]).write_text(sys.stdin.read())"
    assert sent(python(code, target)) is None
    text = target.read_text()
    assert text.count("\n") == 1
    assert json.loads(text)["spot"]["ask"] == "3412.57"


def test_no_shell_reads_the_arguments(tmp_path: Path) -> None:
    target = tmp_path / "got"
    code = "import pathlib, sys; pathlib.Path(sys.argv[1]).write_text(sys.argv[2])"
    assert sent(python(code, target, "$HOME; echo `x` > y")) is None
    assert target.read_text() == "$HOME; echo `x` > y"


def test_a_command_that_does_not_exist_is_named_in_a_sentence() -> None:
    assert sent(["/no/such/program"]) == "the command for alerts cannot be started (No such file or directory)"


def test_a_command_that_may_not_be_run_is_told(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("text")
    assert sent([str(tmp_path / "plain")]) == "the command for alerts cannot be started (Permission denied)"


def test_a_command_that_fails_is_told_with_its_code() -> None:
    assert sent(python("raise SystemExit(1)")) == (
        "the command for alerts ended with code 1; run it by hand to see why"
    )


def test_a_command_that_reads_nothing_and_ends_is_fine() -> None:
    assert sent(["true"]) is None


def test_a_command_that_floods_its_output_does_not_get_stuck() -> None:
    code = "import sys; [print('x' * 100_000) or print('y' * 100_000, file=sys.stderr) for _ in range(50)]"
    assert sent(python(code)) is None


def test_a_command_that_hangs_is_ended(tmp_path: Path) -> None:
    target = tmp_path / "pid"
    assert sent(python(TELL_PID + "time.sleep(600)", target), 2) == (
        "the command for alerts was still running after 2 s and was ended"
    )
    assert is_gone(pid_in(target))


def test_a_command_that_ignores_sigterm_is_killed_with_its_children(tmp_path: Path) -> None:
    own, child = tmp_path / "own", tmp_path / "child"
    code = (
        "import signal, subprocess, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        f"subprocess.Popen([sys.executable, '-c', {TELL_PID + 'time.sleep(600)'!r}, sys.argv[2]]);"
    )
    assert "was ended" in (sent(python(code + TELL_PID + "time.sleep(600)", own, child), 3) or "")
    assert is_gone(pid_in(own))
    wait_for(lambda: is_gone(pid_in(child)))


def test_the_end_of_the_program_kills_a_command_at_once(notify: Start, told: Told, tmp_path: Path) -> None:
    target = tmp_path / "pid"
    code = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + TELL_PID + "time.sleep(600)"
    notifier = notify(Command(python(code, target), 600))
    notifier.put(alert())
    pid = pid_in(target)

    def end() -> None:
        notifier.stop()
        assert notifier.join(5)

    assert seconds_of(end) < 1
    assert is_gone(pid)
    assert told.sentences == []


def test_a_command_that_hangs_does_not_hold_up_later_alerts(notify: Start, told: Told, tmp_path: Path) -> None:
    code = (
        "import json, pathlib, sys, time; serial = json.load(sys.stdin)['serial']; time.sleep(600 * (serial < 3));"
        "pathlib.Path(sys.argv[1], str(serial)).touch()"
    )
    notifier = notify(Command(python(code, tmp_path), 600))
    for serial in range(6):
        notifier.put(alert(serial))
    wait_for(lambda: {path.name for path in tmp_path.iterdir()} == {"3", "4", "5"})
    assert told.sentences == []


# ----- sound


@pytest.fixture
def players(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the only folder in which players are found."""
    folder = tmp_path / "players"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def install(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def play(limit_s: float = 20) -> str | None:
    try:
        Sound("/tmp/a b.wav", limit_s).send(alert(), NEVER)
    except NotToldError as error:
        return str(error)
    return None


def test_a_sound_is_played_by_the_first_player_that_can(players: Path) -> None:
    install(players, "paplay", "exit 1")
    install(players, "aplay", f'echo "$@" > "{players}/played"')
    install(players, "play", f"touch {players}/wrong")
    assert play() is None
    assert (players / "played").read_text() == "-q /tmp/a b.wav\n"
    assert not (players / "wrong").exists()


def test_without_a_player_a_sentence_says_what_to_install(players: Path) -> None:
    assert play() == (
        "no sound was played: none of afplay, pw-play, paplay, aplay, ffplay, play is installed; install one of them"
    )


def test_when_no_player_can_the_last_one_is_named(players: Path) -> None:
    install(players, "paplay", "exit 1")
    install(players, "aplay", "exit 2")
    assert play() == f"the sound player {players / 'aplay'} ended with code 2; run it by hand to see why"


def test_a_player_that_hangs_is_ended(players: Path) -> None:
    install(players, "paplay", "sleep 600")
    assert play(0.5) == f"the sound player {players / 'paplay'} was still running after 0.5 s and was ended"


def test_the_end_of_the_program_starts_no_other_player(players: Path) -> None:
    install(players, "paplay", "sleep 600")
    install(players, "aplay", f"touch {players}/wrong")
    stopping = threading.Event()
    stopping.set()
    with pytest.raises(StoppedError):
        Sound("/tmp/a.wav", 60).send(alert(), stopping)
    assert not (players / "wrong").exists()


def test_sounds_do_not_pile_up(notify: Start, told: Told, players: Path) -> None:
    install(players, "paplay", f"echo x >> {players}/played; cat {players}/pipe")
    os.mkfifo(players / "pipe")
    notifier = notify(Sound("/tmp/a.wav", 60))
    notifier.put(alert(0))
    wait_for((players / "played").exists)
    for serial in range(1, 30):
        notifier.put(alert(serial))
    for _ in range(2):
        with (players / "pipe").open("w"):
            pass
        wait_for(lambda: notifier._lanes[0]._idle or (players / "played").read_text().count("x") == 2)
    wait_for(lambda: notifier._lanes[0]._idle)
    assert (players / "played").read_text() == "x\nx\n"
    assert told.sentences == []


# ----- desktop


def test_without_the_package_a_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spreadwatch.notify.desktop.find_spec", lambda name: None)
    with pytest.raises(NotToldError, match=r'install it with pip install "spreadwatch\[notify\]"'):
        Desktop(5).send(alert(), NEVER)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder for a stand-in of desktop-notifier that its child process imports."""
    folder = tmp_path / "site"
    (folder / "desktop_notifier").mkdir(parents=True)
    (folder / "desktop_notifier" / "__init__.py").touch()
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.setattr("spreadwatch.notify.desktop.find_spec", lambda name: object())
    return folder


def stand_in(folder: Path, body: str) -> None:
    text = f"class DesktopNotifierSync:\n def __init__(self, app_name): pass\n def send(self, **of):\n  {body}\n"
    (folder / "desktop_notifier" / "sync.py").write_text(text)


def test_a_desktop_notification_says_what_happened(package: Path) -> None:
    target = package / "shown"
    stand_in(package, f"of['on_dispatched'](); open({str(target)!r}, 'w').write(of['title'] + '|' + of['message'])")
    Desktop(20).send(alert(), NEVER)
    assert target.read_text() == "ETHUSDT · spreadwatch|entry is cheap: ETHUSDT edge is +3.51 bps, at or above +3.50"


@pytest.mark.parametrize("body", ["pass", "raise OSError('no bus')", "import signal, os; os.kill(os.getpid(), 9)"])
def test_a_desktop_that_takes_nothing_is_told(package: Path, body: str) -> None:
    stand_in(package, body)
    with pytest.raises(NotToldError, match=r"the desktop's notification service ended with code -?[19]"):
        Desktop(20).send(alert(), NEVER)


def test_a_desktop_that_hangs_is_given_up(package: Path) -> None:
    stand_in(package, "import time; time.sleep(600)")
    with pytest.raises(NotToldError, match="was still running after 1 s and was ended"):
        Desktop(1).send(alert(), NEVER)


def test_the_signals_of_the_program_are_not_the_commands(notify: Start, tmp_path: Path) -> None:
    target = tmp_path / "pid"
    notifier = notify(Command(python(TELL_PID + "time.sleep(600)", target), 600))
    notifier.put(alert())
    assert os.getpgid(pid_in(target)) != os.getpgid(0)
    assert signal.getsignal(signal.SIGTERM) in (signal.SIG_DFL, signal.default_int_handler)
