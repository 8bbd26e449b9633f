"""Reviewing what a board has kept, in a real browser: by keyboard, and stored at once."""

from pathlib import Path
from typing import Any

import pytest

from tests.firmware.app.scenario import spoken
from tests.tools.studio.conftest import looking, serving, until, write_wav
from tools.studio import review
from train.data import verdicts
from train.data.verdicts import DETECTION, NEAR, Kept, read_table
from train.errors import DataError

DESKTOP, PHONE = {"width": 1200, "height": 850}, {"width": 360, "height": 740}
WORDS = ("seven", "three", "nine")


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Two detections and a near miss, as `board watch --save` leaves them."""
    folder = tmp_path / "kept"
    for number, word in enumerate(WORDS, start=1):
        file = f"{number:04}-{word}.wav"
        write_wav(folder / file, spoken(word)[:32_000])
        kind = NEAR if word == "nine" else DETECTION
        time = f"2026-01-02T03:04:0{number}.000+00:00"
        verdicts.add(folder, Kept(file, time, word, 90.0, kind, "anna", "0123456789abcdef"))
    return folder


def said(folder: Path) -> list[str]:
    return [clip.said for clip in read_table(folder)]


def stored(page: Any, folder: Path, expected: list[str]) -> None:
    for _ in range(200):
        if said(folder) == expected:
            return
        page.wait_for_timeout(25)
    assert said(folder) == expected


def showing(page: Any, number: int) -> None:
    until(
        page, f"document.querySelector('#review-verdict').textContent.startsWith('Clip {number} ')"
    )


def test_three_keys_judge_three_clips(browser: Any, kept: Path, wasm: bytes) -> None:
    """Right, wrong, and the word it was; each is in the table before the page is closed."""
    with serving(kept.parent, wasm) as studio, looking(browser, studio.url + "#review") as page:
        showing(page, 1)
        page.keyboard.press("r")
        showing(page, 2)
        stored(page, kept, ["seven", "", ""])
        page.keyboard.press("w")
        showing(page, 3)
        page.keyboard.press("1")
        stored(page, kept, ["seven", "unknown", "one"])
        assert page.locator("#review-count").inner_text() == "3 of 3 judged"
        tags = page.locator("#review-clips .tag").all_inner_texts()
        assert tags == ["right", "wrong", "was one"]


def test_a_verdict_can_be_taken_back_and_another_word_typed(
    browser: Any, kept: Path, wasm: bytes
) -> None:
    with serving(kept.parent, wasm) as studio, looking(browser, studio.url + "#review") as page:
        showing(page, 1)
        page.keyboard.press("w")
        showing(page, 2)
        page.keyboard.press("ArrowLeft")
        showing(page, 1)
        page.keyboard.press("u")
        stored(page, kept, ["", "", ""])
        page.keyboard.press("o")
        page.keyboard.type("eleven 1r")  # letters in the field are not keys
        assert said(kept) == ["", "", ""]
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type("eleven")
        page.keyboard.press("Enter")
        stored(page, kept, ["eleven", "", ""])
        showing(page, 2)


def test_the_mouse_does_it_as_well(browser: Any, kept: Path, wasm: bytes) -> None:
    with serving(kept.parent, wasm) as studio, looking(browser, studio.url + "#review") as page:
        showing(page, 1)
        page.get_by_role("button", name="It was “seven”").click()
        showing(page, 2)
        page.get_by_role("button", name="Review 0003-nine.wav").click()
        showing(page, 3)
        assert "nearly detected with 90 %" in page.locator("#review-what").inner_text()
        page.locator("#review-words").get_by_role("button", name="five").click()
        stored(page, kept, ["seven", "", "five"])


def test_what_was_judged_is_shown_again(browser: Any, kept: Path, wasm: bytes) -> None:
    """The first clip without a verdict comes first, and the waveform is drawn."""
    verdicts.judge(kept, "0001-seven.wav", "seven")
    with serving(kept.parent, wasm) as studio, looking(browser, studio.url + "#review") as page:
        showing(page, 2)
        assert page.locator("#review-clips .tag").first.inner_text() == "right"
        until(
            page,
            """(() => {
            const canvas = document.querySelector("#review-wave");
            const context = canvas.getContext("2d");
            const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
            return new Set(new Uint32Array(data.buffer)).size > 2;
        })()""",
        )


def test_without_a_folder_it_says_how_to_get_one(page: Any) -> None:
    page.get_by_role("link", name="Review").click()
    until(page, "document.querySelector('#review-none').textContent.includes('board watch')")
    assert page.locator("#reviewing").is_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_it_is_accessible_and_fits_the_screen(
    browser: Any, kept: Path, wasm: bytes, size: dict[str, int], scheme: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    verdicts.judge(kept, "0001-seven.wav", "nine")
    with (
        serving(kept.parent, wasm) as studio,
        looking(browser, studio.url + "#review", viewport=size, color_scheme=scheme) as page,
    ):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        showing(page, 2)
        page.keyboard.press("ArrowLeft")
        showing(page, 1)
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_only_clips_of_the_table_are_served(kept: Path, tmp_path: Path) -> None:
    write_wav(tmp_path / "secret.wav", spoken("one"))
    (kept / "link.wav").symlink_to(tmp_path / "secret.wav")
    verdicts.add(kept, Kept("link.wav", "", "one", 1.0, DETECTION, "", ""))
    verdicts.add(kept, Kept("../secret.wav", "", "one", 1.0, DETECTION, "", ""))
    assert review.play(kept, "0001-seven.wav").startswith(b"RIFF")
    for name in ("../secret.wav", "link.wav", "clips.csv", "0009-six.wav"):
        with pytest.raises(DataError, match="does not exist"):
            review.play(kept, name)


def test_a_folder_without_a_table_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="board watch --save"):
        review.check(tmp_path)
