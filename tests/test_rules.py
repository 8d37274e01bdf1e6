"""Every rule of meaning is held by a test that names it, and what tests name is a rule."""

import re
from pathlib import Path

from tests.conftest import ROOT

RULES = ROOT / ".github" / "RULES.md"
CITED = re.compile(r"RULES: ([a-z]+(?: [a-z]+)*(?:, [a-z]+(?: [a-z]+)*)*)")


def rules(text: str) -> list[str]:
    """Return the names of the rules, which are the headings of the third level."""
    return [line.removeprefix("### ").lower() for line in text.splitlines() if line.startswith("### ")]


def cited(folder: Path) -> set[str]:
    """Return the rules that the tests of a folder name."""
    texts = [path.read_text(encoding="utf-8") for path in folder.rglob("test_*.py") if path != Path(__file__)]
    return {name for text in texts for found in CITED.findall(text) for name in found.split(", ")}


def test_every_rule_is_held_and_every_name_is_a_rule() -> None:
    names = rules(RULES.read_text(encoding="utf-8"))
    assert len(names) == len(set(names))
    assert cited(ROOT / "tests") == set(names)


def test_a_rule_that_nobody_holds_and_a_name_that_is_none_are_noticed(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text('"""A claim (RULES: both or nothing, age).\n\nRULES: silence."""', "utf-8")
    assert rules("# Rules\n### Both or nothing\ntext\n### Gaps") == ["both or nothing", "gaps"]
    assert cited(tmp_path) == {"both or nothing", "age", "silence"}


def test_no_paragraph_is_cited_but_of_a_public_standard() -> None:
    sources = [path for room in ("spreadwatch", "tests") for path in (ROOT / room).rglob("*.py")]
    lines = [line for path in sources for line in path.read_text(encoding="utf-8").splitlines()]
    assert [line for line in lines if "\N{SECTION SIGN}" in line and "RFC" not in line] == []
