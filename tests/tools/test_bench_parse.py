from pathlib import Path

import pytest

from paige.tools.bench.parse import main, part, run

HOME = """
here: Kitchen
areas: [{name: Kitchen}]
entities: [{id: light.lamp, name: Lamp, domain: light, area: Kitchen}]
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    path = tmp_path / "home.yaml"
    path.write_text(HOME)
    return path


def test_both_engines_are_measured_on_the_same_sentences(home: Path) -> None:
    report = run(home, ["turn on the lamp", "colorless green ideas"], repeat=2)
    assert (report.sentences, report.same_intent, report.names) == (2, 2, 1)
    for measured in (report.paige, report.hassil):
        assert measured.understood == 1
        assert len(measured.seconds.values) == 4
        assert measured.sentences_a_second > 0
    figures = part(report).figures
    assert figures["sentences"] == 2
    assert figures["paige"]["understood"] == 1


def test_the_table_names_both_engines(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = tmp_path / "said.txt"
    said.write_text("turn on the lamp\n")
    assert main([str(home), "--sentences", str(said), "--repeats", "1"]) == 0
    printed = capsys.readouterr().out
    assert "| Paige | hassil |" in printed
    assert "the same intent for 1 of 1" in printed


def test_a_home_that_cannot_be_read_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["/nonexistent.yaml"]) == 1
    assert capsys.readouterr().err.startswith("parse: /nonexistent.yaml: there is no such file")
