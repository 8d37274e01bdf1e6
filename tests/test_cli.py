"""The command line: exit codes, one-line errors, and what happens without a window to open."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from spreadwatch import __version__
from tests.conftest import PATIENCE_S, Finished, Program
from tests.exchange.server import Exchange

posix = pytest.mark.skipif(os.name == "nt", reason="POSIX signals and terminals")
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a Linux machine can be without a display")

WITHOUT_TKINTER = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("tkinter", "_tkinter"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Blocker())
from spreadwatch.cli import main
sys.exit(main(sys.argv[1:]))
"""
ONLY_ARGUMENTS = """
import sys
from spreadwatch import cli
cli._parser().parse_args(["watch", "--demo"])
heavy = {"tkinter", "socket", "ssl", "websocket", "truststore"} & set(sys.modules)
sys.exit(", ".join(heavy) or 0)
"""
DOUBLE_CLICK = "import sys; from spreadwatch.cli import main_window; sys.exit(main_window(sys.argv[1:]))"


def refused(done: Finished) -> str:
    """Check that a run was refused as a usage error and return its only line."""
    assert (done.code, done.out) == (2, "")
    [line] = done.err.splitlines()
    return line


# ----- usage


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--nonsense"], "unrecognized arguments: --nonsense"),
        (["wach"], "invalid choice: 'wach'"),
        (["replay"], "give a capture FILE, or --from or --to"),
        (["watch", "--interval", "0"], "expected seconds above 0, got '0'"),
        (["watch", "--interval", "nan"], "expected seconds above 0, got 'nan'"),
        (["watch", "--duration", "-1"], "expected seconds above 0, got '-1'"),
        (["watch", "--duration", "soon"], "expected seconds above 0, got 'soon'"),
        (["replay", "x.jsonl", "--speed", "fast"], "expected a speed above 0, or max, got 'fast'"),
        (["watch", "--demo", "--seed", "x"], "invalid int value: 'x'"),
        (["doctor", "--json"], "unrecognized arguments: --json"),
        (["--config", "missing.toml"], "missing.toml: no such file"),
        (["watch", "--symbol", "eth/usdt"], "a character that no symbol has"),
        (["watch", "--symbol", "ethusdt", "--symbol", "ETHUSDT"], "the same as symbol 1"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_makes_no_sense_is_refused_in_one_line_with_2(
    program: Program, arguments: Sequence[str], words: str
) -> None:
    assert words in refused(program.run(*arguments))


def test_a_misspelt_key_of_the_config_file_gets_a_hint(program: Program) -> None:
    (program.folder / "config.toml").write_text("[feed]\nsilense_s = 3\n")
    line = refused(program.run("watch", "--demo"))
    assert line == "config.toml:2: unknown key feed.silense_s; did you mean feed.silence_s?"


def test_all_faults_of_the_settings_are_told_at_once(program: Program) -> None:
    (program.folder / "config.toml").write_text('[window]\ntheme = "pink"\nframe_ms = 4\n')
    program.environment["SPREADWATCH_SILENCE_S"] = "long"
    done = program.run("watch", "--demo")
    assert (done.code, done.out) == (2, "")
    assert [line.split()[1] for line in done.err.splitlines()] == [
        "window.theme",
        "window.frame_ms",
        "SPREADWATCH_SILENCE_S:",
    ]


def test_a_ca_file_that_is_no_certificate_is_refused(program: Program, exchange: Exchange) -> None:
    (program.folder / "ca.pem").write_text("this is no certificate\n")
    program.environment["SPREADWATCH_CA_FILE"] = "ca.pem"
    done = program.connect(exchange).run("watch", "--once", "--duration", "1")
    assert "Traceback" not in done.err
    assert done.code == 2
    assert "ca" in done.err


# ----- printing


def test_the_version_is_printed(program: Program) -> None:
    assert program.run("--version") == Finished(0, f"spreadwatch {__version__}\n", "")


@pytest.mark.parametrize("arguments", [["--help"], ["watch", "--help"], ["replay", "-h"], ["doctor", "-h"]], ids=str)
def test_help_is_printed(program: Program, arguments: Sequence[str]) -> None:
    done = program.run(*arguments)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("usage: spreadwatch")


def test_the_printed_settings_tell_their_sources_and_can_be_read_back(program: Program) -> None:
    (program.folder / "config.toml").write_text('[window]\ntheme = "light"\n')
    (program.folder / ".env").write_text("SPREADWATCH_FRAME_MS=33\n")
    program.environment["SPREADWATCH_SILENCE_S"] = "4.5"
    printed = program.run("--print-config", "--symbol", "btcusdt", "--compact")
    assert (printed.code, printed.err) == (0, "")
    for line in (
        'symbols = ["BTCUSDT"]  # from: command line',
        'theme = "light"  # from: config.toml',
        "compact = true  # from: command line",
        "frame_ms = 33  # from: .env",
        "silence_s = 4.5  # from: environment SPREADWATCH_SILENCE_S",
        "topmost = false  # from: default",
    ):
        assert line in printed.out.splitlines()
    (program.folder / ".env").unlink()
    del program.environment["SPREADWATCH_SILENCE_S"]
    (program.folder / "config.toml").write_text(printed.out)
    again = program.run("--print-config")
    assert [line.partition("  #")[0] for line in again.out.splitlines()] == [
        line.partition("  #")[0] for line in printed.out.splitlines()
    ]


def test_the_example_file_is_printed_whatever_is_in_force(program: Program) -> None:
    (program.folder / "config.toml").write_text("not toml")
    printed = program.run("--print-config", "--example")
    assert (printed.code, printed.err) == (0, "")
    assert printed.out == Path(__file__).parents[1].joinpath("config.example.toml").read_text("utf-8")
    alone = program.run("--example")
    assert (alone.code, alone.out) == (2, "")
    assert "--example goes with --print-config" in alone.err


@posix
@pytest.mark.parametrize("arguments", [["--print-config"], ["--version"], ["--help"], ["doctor"]], ids=str)
def test_a_reader_that_left_before_the_first_byte_is_no_error(program: Program, arguments: Sequence[str]) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    for name in ("SPOT_STREAM", "FUTURES_STREAM", "SPOT_REST", "FUTURES_REST"):
        scheme = "ws" if "STREAM" in name else "http"
        program.environment["SPREADWATCH_" + name] = f"{scheme}://127.0.0.1:1"
    process = program.start(*arguments, stdout=write_end)
    os.close(write_end)
    done = program.finish(process)
    assert (done.code, done.err) == (0, "")


def test_neither_tkinter_nor_sockets_are_loaded_to_read_arguments(program: Program) -> None:
    done = program.run(command=("-c", ONLY_ARGUMENTS))
    assert (done.code, done.err) == (0, "")


# ----- without a window


@linux
def test_without_a_display_a_pipe_gets_3_and_the_sentence_that_helps(program: Program) -> None:
    done = program.run("--demo")
    assert (done.code, done.out) == (3, "")
    [line] = done.err.splitlines()
    assert line.startswith("No window can be opened here (")
    assert "DISPLAY is not set" in line
    assert "spreadwatch watch" in line


@linux
def test_without_a_display_a_terminal_gets_watch_after_one_line(program: Program) -> None:
    shown, done = on_terminal(program, ["--demo"], "max ")
    first, *_ = done.err.splitlines()
    assert first.startswith("No window can be opened here (")
    assert first.endswith("Watching in the terminal instead; Ctrl-C ends it.")
    assert done.err.splitlines()[1:] == ["demo: these quotes are invented"]
    assert "ETHUSDT" in shown
    assert done.code == 130


def on_terminal(program: Program, arguments: Sequence[str], until: str) -> tuple[str, Finished]:
    """Run with a terminal as stdout, press Ctrl-C once `until` was shown; return what was and how it ended."""
    import pty

    ours, theirs = pty.openpty()
    process = program.start(*arguments, stdout=theirs)
    os.close(theirs)
    shown = b""
    try:
        while until.encode() not in shown:
            shown += os.read(ours, 65536)
        done, _ = program.interrupt(process)
    finally:
        os.close(ours)
    return shown.decode(errors="replace"), done


@pytest.mark.parametrize("arguments", [["--demo"], ["replay"]], ids=str)
def test_without_tkinter_the_package_to_install_is_named(
    program: Program, tmp_path: Path, arguments: list[str]
) -> None:
    if arguments == ["replay"]:
        raw = '{"u":1,"s":"BTCUSDT","b":"1","B":"1","a":"2","A":"1"}'
        (tmp_path / "a.jsonl").write_text(f'{{"market":"spot","recv_ms":1,"raw":{raw}}}\n')
        arguments = ["replay", str(tmp_path / "a.jsonl")]
    done = program.run(*arguments, command=("-c", WITHOUT_TKINTER))
    assert (done.code, done.out) == (3, "")
    [line] = done.err.splitlines()
    assert line.startswith("Python has no tkinter here (No module named '")
    assert "python3-tk" in line or "python-tk" in line or "tcl/tk" in line


def test_without_tkinter_the_terminal_commands_work(program: Program) -> None:
    done = program.run("watch", "--demo", "--once", "--json", command=("-c", WITHOUT_TKINTER))
    assert done.code == 0
    assert done.snapshots[0]["state"] == "live"


def test_a_double_click_without_a_display_ends_with_the_code_and_the_sentence(program: Program) -> None:
    done = program.run("--config", "missing.toml", command=("-c", DOUBLE_CLICK))
    assert done.code == 2
    assert "missing.toml: no such file" in done.err
    assert "Traceback" not in done.err


# ----- with a window


LOOK_FOR_WINDOW = """
import sys, time, tkinter
root = tkinter.Tk()
root.withdraw()
me, call = root.tk.call("tk", "appname"), root.tk.call
deadline = time.monotonic() + float(sys.argv[2])
while time.monotonic() < deadline:
    for name in root.tk.splitlist(call("winfo", "interps")):
        if name != me:  # it answers when it runs its main loop: never wait for it
            ask = "if {[winfo ismapped .]} {send -async {%s} [list set ::title [wm title .]]}" % me
            try:
                call("send", "-async", name, ask)
            except tkinter.TclError:
                continue
    root.update()
    if call("info", "exists", "::title") and sys.argv[1] in call("set", "::title"):
        sys.exit(0)
    time.sleep(0.02)
sys.exit("no such window")
"""


@linux
@pytest.mark.usefixtures("screen")
def test_the_demos_window_opens_and_ctrl_c_closes_it(program: Program) -> None:
    process = program.start("--demo", "--symbol", "btcusdt")
    looked = program.run("BTCUSDT · spreadwatch (demo)", PATIENCE_S - 5, command=("-c", LOOK_FOR_WINDOW))
    assert looked.code == 0, looked.err
    done, took_s = program.interrupt(process)
    assert (done.code, done.out, done.err) == (130, "", "")
    assert took_s < 2
