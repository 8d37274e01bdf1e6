"""Pictures of the window in its states: `python -m tests.ui.shots OUTDIR`. Needs Xvfb and ImageMagick."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from spreadwatch.core.quote import Side
from spreadwatch.core.snapshot import Snapshot
from spreadwatch.ui.dashboard import Dashboard
from spreadwatch.ui.watch.symbol_box import SymbolBox
from tests.ui import examples, pasts
from tests.ui.screen import display, put_pointer_away, xvfb


@dataclass(frozen=True, slots=True)
class Shot:
    """What to picture. `act` is done before the shutter."""

    name: str
    snapshots: Callable[[], list[Snapshot]]
    theme: Literal["dark", "light"] = "dark"
    compact: bool = False
    badge: str | None = None
    act: Callable[[Dashboard], object] | None = None
    symbols: tuple[str, ...] = ("ETHUSDT",)
    geometry: str = ""


def _running() -> list[Snapshot]:
    """Return two snapshots a second apart, so that there is a rate."""
    scene = examples.Scene()
    for _ in range(18):
        scene.quote(Side.SPOT, "3412.56", "11.0264", "3412.57", "4.1830", -62_000)
    before = examples.Scene()
    before.quote(Side.SPOT, "3412.56", "11.0264", "3412.57", "4.1830", -1_400)
    return [before.at(-1_370), examples.ethusdt(scene).at()]


def _press(key: str) -> Callable[[Dashboard], object]:
    def act(dashboard: Dashboard) -> None:
        if dashboard.root.focus_get() is None:
            dashboard.root.focus_force()
            dashboard.root.update()
        dashboard.root.event_generate(key)

    return act


def _click(dashboard: Dashboard) -> None:
    dashboard._layout.spread_card.spread.label.event_generate("<Button-1>")


def _menu(dashboard: Dashboard) -> None:
    dashboard._layout.header.menu_button.invoke()


def _zoomed(dashboard: Dashboard) -> None:
    for _ in range(4):
        _press("<Key-plus>")(dashboard)
    dashboard._layout.chart.chart.pan(-0.5)
    _press("<Key-v>")(dashboard)


def _note(dashboard: Dashboard) -> None:
    dashboard.note("unknown key 'simbol' in config.toml: did you mean 'symbols'? The default is used instead.")


def _focus(dashboard: Dashboard) -> None:
    dashboard.root.focus_force()
    dashboard._layout.header._reset.focus_set()


def _gaps(count: int) -> Callable[[], list[Snapshot]]:
    return lambda: [examples.gappy(count)]


def _break(dashboard: Dashboard) -> None:
    dashboard._turn_failed(ValueError("invalid literal for Decimal: '1_0'"))


def _cover(dashboard: Dashboard) -> None:
    dashboard._painter.change("nonsense")
    dashboard._painter.flush_now()


def _explain(dashboard: Dashboard) -> None:
    dashboard._act("costs")
    dashboard.root.update()
    dashboard._layout.costs.carry.funding.values["Yearly"].label.event_generate("<Enter>")


def _focus_list(dashboard: Dashboard) -> None:
    dashboard.root.focus_force()
    dashboard._layout.watch_list.canvas.focus_set()
    for _ in range(3):
        dashboard._layout.watch_list.canvas.event_generate("<Button-5>")


def _type(words: str, *, known: bool = True) -> Callable[[Dashboard], object]:
    def act(dashboard: Dashboard) -> None:
        box = dashboard._panels.find("symbols")
        assert isinstance(box, SymbolBox)
        box._candidates = lambda: [f"{coin}USDT" for coin in examples.COINS] if known else None
        _press("<Control-k>")(dashboard)
        box.entry.insert("end", words)
        box._typed()

    return act


SHOTS = (
    Shot("dark", _running),
    Shot("light", _running, theme="light"),
    Shot("compact", _running, compact=True),
    Shot("compact-light-copied", _running, theme="light", compact=True, act=_click),
    Shot("first", list),
    Shot("stale", lambda: [examples.stale()], badge="DEMO"),
    Shot("stale-light", lambda: [examples.stale()], theme="light", badge="REPLAY 2024-08-08"),
    Shot("stale-compact", lambda: [examples.stale()], compact=True, badge="DEMO"),
    Shot("connecting", lambda: [examples.connecting()]),
    Shot("refused", lambda: [examples.refused()]),
    Shot("shortcuts", _running, act=_press("<F1>")),
    Shot("shortcuts-compact", _running, compact=True, act=_press("<F1>")),
    Shot("menu", _running, act=_menu, symbols=("ETHUSDT", "BTCUSDT", "PEPEUSDT")),
    Shot("copied", _running, act=_click),
    Shot("note", _running, act=_note, symbols=("ETHUSDT", "BTCUSDT", "PEPEUSDT")),
    Shot("focus", _running, act=_focus, theme="light"),
    Shot("tiny", lambda: [examples.tiny()], symbols=("PEPEUSDT",)),
    Shot("huge", lambda: [examples.huge()], symbols=("BTCTRY",)),
    Shot("doubtful", lambda: [examples.doubtful_name()], symbols=("NOSUCHUSDT",), compact=True),
    Shot("gaps", _gaps(14), act=_press("<Control-g>")),
    Shot("gaps-light", _gaps(14), theme="light", act=_press("<Control-g>")),
    Shot("gaps-compact", _gaps(3), compact=True, act=_press("<Control-g>")),
    Shot("gaps-large", _gaps(14), geometry="1300x900", act=_press("<Control-g>")),
    Shot("gaps-starting", _running, act=_press("<Control-g>")),
    Shot("gaps-none", list, act=_press("<Control-g>")),
    Shot("gaps-status", _gaps(14)),
    Shot("gaps-status-light", _gaps(1_002), theme="light"),
    Shot("broken", _running, act=_break, badge="DEMO"),
    Shot("cover", _running, act=_cover, badge="DEMO"),
    Shot("cover-compact", _running, act=_cover, compact=True),
    Shot("full", lambda: [examples.with_all()]),
    Shot("full-light", lambda: [examples.with_all()], theme="light"),
    Shot("full-compact", lambda: [examples.with_all()], compact=True),
    Shot("full-thin", lambda: [examples.thin()], badge="DEMO"),
    Shot("full-stale", lambda: [examples.with_all(), examples.no_longer_live()], theme="light"),
    Shot("full-delivery", lambda: [examples.delivery()]),
    Shot("full-tiny", lambda: [examples.with_all(examples.tiny())], symbols=("PEPEUSDT",)),
    Shot("full-huge", lambda: [examples.with_all(examples.huge())], symbols=("BTCTRY",)),
    Shot("full-broken", lambda: [examples.listed(31)], act=_break),
    Shot("tooltip", lambda: [examples.with_all()], act=_explain),
    Shot("list", lambda: [examples.listed(400)], act=_focus_list),
    Shot("list-light", lambda: [examples.listed(31)], theme="light"),
    Shot("list-few", lambda: [examples.listed(3)]),
    Shot("list-only", lambda: [examples.listed(31, examples.ethusdt().at())]),
    Shot("list-compact", lambda: [examples.listed(31)], compact=True),
    Shot("list-large", lambda: [examples.listed(400)], geometry="1500x900"),
    Shot("list-waiting", list, symbols=("ETHUSDT", "BTCUSDT", "PEPEUSDT")),
    Shot("evidence", lambda: [examples.with_all()], act=_press("<Control-e>")),
    Shot("evidence-light", lambda: [examples.listed(31)], theme="light", act=_press("<Control-e>")),
    Shot("evidence-compact", lambda: [examples.with_all()], compact=True, act=_press("<Control-e>")),
    Shot("symbols", lambda: [examples.listed(31)], act=_type("et")),
    Shot("symbols-unknown", lambda: [examples.with_all()], theme="light", act=_type("sol", known=False)),
    Shot("symbols-compact", lambda: [examples.with_all()], compact=True, act=_type("")),
    Shot("large", _running, geometry="1200x700"),
    Shot("costs", lambda: [examples.with_all()], act=_press("<Control-f>")),
    Shot("costs-light", lambda: [examples.listed(31)], theme="light", act=_press("<Control-f>")),
    Shot("costs-bare", _running, act=_press("<Control-f>")),
    Shot("alert", lambda: [pasts.alerted(3)]),
    Shot("alert-light", lambda: [pasts.alerted(3, examples.listed(31))], theme="light"),
    Shot("alert-compact", lambda: [pasts.alerted(1)], compact=True),
    Shot("alerts", lambda: [pasts.alerted(14)], act=_press("<F3>")),
    Shot("alerts-light", lambda: [pasts.alerted(3, examples.listed(31))], theme="light", act=_press("<F3>")),
    Shot("alerts-compact", lambda: [pasts.alerted(3)], compact=True, act=_press("<F3>")),
    Shot("zoomed", lambda: [examples.with_all()], act=_zoomed),
    Shot("small", lambda: [examples.with_all()], geometry="300x300"),
)


def take(shot: Shot, folder: Path, suffix: str) -> Path:
    """Open the window, bring it into the state of the shot, save what is on the screen."""
    program = pasts.WithPast(symbols=shot.symbols, theme=shot.theme, compact=shot.compact, badge=shot.badge)
    dashboard = Dashboard(program)
    dashboard.show()
    for snapshot in shot.snapshots():
        dashboard.render(snapshot)
    if shot.geometry:
        dashboard.root.geometry(shot.geometry)
    dashboard.root.update()
    if shot.act is not None:
        shot.act(dashboard)
    for _ in range(3):
        dashboard.root.update()
        dashboard._painter.flush_now()
    target = folder / f"{shot.name}{suffix}.png"
    # A menu is a window of its own above this one, so it is cut out of the screen instead.
    window = "root" if shot.act is _menu else hex(int(dashboard.root.frame(), 16))
    crop = ["-crop", "+0+0", "-trim", "+repage"] if window == "root" else []
    subprocess.run(["import", "-window", window, *crop, str(target)], check=True, timeout=30)
    dashboard.close()
    return target


def main(folder: Path, names: list[str]) -> None:
    """Take every shot, or those named, at both densities."""
    folder.mkdir(parents=True, exist_ok=True)
    # Both servers live to the end: Xlib ends a process whose server went away.
    with xvfb(96) as normal, xvfb(192) as dense:
        for server, suffix in ((normal, ""), (dense, "@2x")):
            put_pointer_away(server)
            with display(server):
                for shot in SHOTS:
                    if not names or shot.name in names:
                        print(take(shot, folder, suffix))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
