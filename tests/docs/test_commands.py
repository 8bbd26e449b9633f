"""Every command of README.md and docs/ starts, every link and file that they name is there.

EARNEST commands are run, with a folder of synthesized clips for FOLDER. All others are PARSED: the
program itself reads its arguments (argparse, click, `make -n`) and is stopped before it works, and
settings of --set are read as training reads them. A new command must be entered in one of both.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile

from tests.docs import commands, markdown
from tests.docs.commands import PROJECT, BadCommandError
from tests.docs.markdown import Found
from tools import tinykws
from train.data.load import load
from train.data.sources import synthetic
from train.errors import ConfigError
from train.settings import read_settings

DOCUMENTS = [PROJECT / "README.md", *sorted((PROJECT / "docs").rglob("*.md"))]

# they take seconds, and neither a board nor the internet
EARNEST = (
    "python -m tools.classify", "python -m convert.inspect firmware/lib/model",
    "python -m convert.check", "python -m tools.board list",
    "make help", "make doctor",
)  # fmt: skip
# why they are not run here; most are run elsewhere
PARSED = {
    "python -m train.kws": "minutes; tests/train/test_kws.py, test_words.py",
    "python -m train.crossval": "hours; tests/train/test_crossval.py",
    "python -m train.study": "hours; tests/train/test_study.py",
    "python -m train.search": "hours; tests/train/test_search.py, test_cluster.py",
    "python -m dask": "runs until it is stopped; tests/train/test_cluster.py",
    "python -m train.data.download": "the internet; tests/train/data/test_download.py",
    "python -m convert.to_tflm": "needs a run; tests/convert/test_to_tflm.py",
    "python -m convert.frontend_tables": "writes C; tests/convert/test_frontend_tables.py",
    "python -m convert.inspect": "of a run or bundle that a reader makes first; see above",
    "python -m tools.bench": "minutes, writes docs/results.md; tests/tools/test_bench.py",
    "python -m tools.board": "a board; tests/tools/board, each on the emulated one",
    "python -m tools.demo": "minutes; tests/tools/test_demo.py",
    "python -m convert.card": "of a run, or writes docs/model-card.md; tests/convert/test_card.py",
    "python -m tools.stream": "of a recording or a run of the reader's; tests/tools/stream",
    "python -m tools.personalize": "minutes; tests/tools/test_personalize.py",
    "python -m tools.studio": "serves until it is stopped; tests/tools/studio",
    "python -m train.compare": "of runs that a reader makes first; tests/train/test_compare.py",
    "python -m train.mistakes": "of a run that a reader makes first; tests/train/test_mistakes.py",
    "python -m train.test": "of a run that a reader makes first; tests/train/test_test.py",
    "python -m tools.augment": "tests/tools/test_augment.py",
    "python -m tests.golden.make": "writes tests/golden",
    "python -m pytest": "is this",
    "python -m tools.tinykws": "prints a script; tests/tools/test_tinykws.py",
    "tinykws": "is only mentioned; tests/tools/test_tinykws.py",
    "pio": "tests/firmware/emulator builds and runs; the rest needs boards",
    "make": "would install, test, or write into the project",
    "git": "has been done by whoever reads this",
    "sudo": "changes the computer",
}


def plain(command: str) -> str:
    """Without environment, and where the program lies; a `tinykws` command by its module."""
    _, words = commands.split(command)
    if words[0] == "tinykws" and len(words) > 1:
        words[:2] = ["python", "-m", tinykws.commands().get(words[1], words[1])]
    return " ".join(words)


def in_earnest(command: str) -> bool:
    return plain(command).startswith(EARNEST)


def name_of(part: str | Found) -> str:
    return part[:70] if isinstance(part, str) else part.text[:70]


def all_commands() -> list[tuple[str, Found]]:
    """Each once, with the place in a document; in a block, where it is in one."""
    found: dict[str, tuple[str, Found]] = {}
    for document in DOCUMENTS:
        for one in markdown.commands(document.read_text()):
            if one.text not in found or (found[one.text][1].mentioned and not one.mentioned):
                found[one.text] = f"{document.relative_to(PROJECT)}:{one.line}", one
    return list(found.values())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`clips`: ten digits of one voice, a folder for each."""
    made = tmp_path_factory.mktemp("docs")
    for entry in synthetic.entries(1, seed=5):
        clip = load(entry)
        place = made / "clips" / entry.label / entry.speaker
        place.mkdir(parents=True)
        soundfile.write(place / "1.wav", clip.samples, clip.rate, subtype="PCM_16")
    return made


@pytest.mark.parametrize(("place", "command"), all_commands(), ids=name_of)
def test_a_command_is_understood_by_its_program(place: str, command: Found) -> None:
    known = plain(command.text).startswith((*EARNEST, *PARSED))
    assert known, f"{place}: {command.text}: say above whether it is run"
    try:
        commands.parse(command.text, command.mentioned)
    except BadCommandError as error:
        pytest.fail(f"{place}: {command.text}: {error}")


@pytest.mark.parametrize(
    ("place", "command"),
    {
        plain(one.text): (place, one) for place, one in all_commands() if in_earnest(one.text)
    }.values(),
    ids=name_of,
)
def test_a_command_works(place: str, command: Found, folder: Path) -> None:
    try:
        commands.run(command.text, folder)
    except BadCommandError as error:
        pytest.fail(f"{place}: {command.text}: {error}")


def test_what_is_said_above_of_commands_is_of_commands_that_are_there() -> None:
    there = [plain(command.text) for _, command in all_commands()]
    for prefix in EARNEST:
        assert any(command.startswith(prefix) for command in there), prefix


def missing(document: Path) -> list[str]:
    """Links, files and settings of a document that are not there."""
    text = document.read_text()
    gone = []
    for link in markdown.links(text):
        path, _, anchor = link.text.partition("#")
        target = (document.parent / path) if path else document
        if not target.exists():
            gone.append(f"{link.line}: {link.text}")
        elif anchor and anchor not in markdown.anchors(target.read_text()):
            gone.append(f"{link.line}: {link.text} has no such heading")
    for span in markdown.spans(text):
        if markdown.FILE.fullmatch(span.text) and not list(PROJECT.glob(span.text.rstrip("/."))):
            gone.append(f"{span.line}: {span.text}")
        if markdown.SETTING.fullmatch(span.text) and not _is_setting(span.text):
            gone.append(f"{span.line}: {span.text} is not a setting")
    return gone


def _is_setting(text: str) -> bool:
    name, equals, _ = text.partition("=")
    try:
        read_settings("synthetic", [text if equals else f"{name}=no value at all"])
    except ConfigError as error:
        return "no such setting" not in str(error) and not equals
    return True


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_links_files_and_settings_are_there(document: Path) -> None:
    assert not missing(document)


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("python -m train.kws --preset digits --epochs 3", "unrecognized arguments: --epochs 3"),
        ("python -m train.kws --set recipe.epoch=3", "did you mean epochs?"),
        ("python -m tools.board replay", "the following arguments are required: folder"),
        ("python -m tools.board threshold seven 101", "give 0 to 100"),
        ("python -m tools.gone", "No module named"),
        ("tinykws trian", "tinykws has no command trian"),
        ("tinykws train --epochs 3", "unrecognized arguments: --epochs 3"),
        ("KWS_MICROFONE=a.wav pio run -e emulator", "nothing reads the variable KWS_MICROFONE"),
        ("pio run -e nano34ble", "no environment nano34ble"),
        ("pio run --upload", "No such option"),
        ("pio walk", "no command walk"),
        ("make demos", "No rule to make target"),
        ("ls -l", "not a program that documents use"),
    ],
)
def test_a_wrong_command_is_caught(command: str, message: str) -> None:
    with pytest.raises(BadCommandError, match=message.replace("?", r"\?")):
        commands.parse(command)


def test_a_command_that_fails_is_caught(tmp_path: Path) -> None:
    with pytest.raises(BadCommandError, match=r"exit code 1: error: .*not found"):
        commands.run("python -m tools.board info --board /dev/nothing", tmp_path)


def test_dead_links_files_and_settings_are_caught(tmp_path: Path) -> None:
    document = tmp_path / "page.md"
    document.write_text(
        "# A page\n[here](#a-page) [gone](gone.md) [no heading](#elsewhere)\n"
        "`train/kws.py` `train/kws2.py` `data.words` `data.wordz` `recipe.epochs=many`\n"
        "```\n[not a link](gone.md)\n```\n"
    )
    assert missing(document) == [
        "2: gone.md",
        "2: #elsewhere has no such heading",
        "3: train/kws2.py",
        "3: data.wordz is not a setting",
        "3: recipe.epochs=many is not a setting",
    ]


def test_commands_are_found_in_blocks_and_in_sentences() -> None:
    text = (
        "Type `make help` or `KWS_BUNDLE=x pio run`, not `x = 1`.\n"
        "```sh\npython -m train.kws \\\n    --dry-run  # nothing is trained\n\nmake test\n```\n"
        "```c\nmake_nothing();\n```\n"
    )
    assert [(found.line, found.text) for found in markdown.commands(text)] == [
        (3, "python -m train.kws     --dry-run"),
        (6, "make test"),
        (1, "make help"),
        (1, "KWS_BUNDLE=x pio run"),
    ]
