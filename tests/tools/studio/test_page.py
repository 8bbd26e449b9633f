"""The page in a real browser: what it hears, shows and keeps."""

import ctypes
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import soxr

from tests.firmware.app.scenario import spoken
from tests.firmware.library import load
from tests.tools.studio.conftest import RATE, looking, serving, until, write_wav
from tests.tools.studio.reading import (
    assert_same_bits,
    best_label,
    heard_by,
)
from tools.studio.server import StudioServer
from train.settings.words import DIGITS

DESKTOP, PHONE = {"width": 1200, "height": 850}, {"width": 360, "height": 740}


def open_wav(page: Any, path: Path, seconds: float) -> None:
    """Returns when all of it was heard."""
    page.set_input_files("#open", str(path))
    until(page, f"studio.listening.count.samples >= {int(seconds * RATE)}")


def test_ten_digits_of_a_file_are_those_of_the_firmware_bit_for_bit(
    page: Any, firmware: Path, tmp_path: Path
) -> None:
    samples = spoken(*DIGITS)
    open_wav(page, write_wav(tmp_path / "digits.wav", samples), len(samples) / RATE)
    np.testing.assert_array_equal(heard_by(page), samples)
    assert assert_same_bits(page, firmware) == list(DIGITS)


def test_ten_digits_through_the_microphone_bit_for_bit(
    chromium: Any, studio: StudioServer, firmware: Path, tmp_path: Path
) -> None:
    samples = spoken(*DIGITS)
    file = write_wav(tmp_path / "digits.wav", samples)
    with chromium(f"--use-file-for-fake-audio-capture={file}%noloop") as started:
        # bits agree whatever comes; browsers drop sound that a busy computer has no time for
        rounds = (heard_live(started, studio.url, firmware, len(samples)) for _ in range(3))
        assert any(words == list(DIGITS) for words in rounds)


def heard_live(browser: Any, url: str, firmware: Path, length: int) -> list[str]:
    with looking(browser, url, permissions=["microphone"]) as page:
        page.get_by_role("button", name="Start listening").click()
        until(page, f"studio.listening.count.samples >= {length}")
        page.get_by_role("button", name="Stop listening").click()
        return assert_same_bits(page, firmware)


def test_the_microphone_is_conditioned_as_on_a_board(page: Any, tmp_path: Path) -> None:
    samples = np.random.default_rng(0).normal(900, 3000, 10_000).clip(-32768, 32767)
    samples = samples.astype(np.int16)
    found = page.evaluate(
        "(samples) => [...studio.listener.condition(Int16Array.from(samples))]", samples.tolist()
    )
    c = load(tmp_path, "audio/kws_conditioner.c")
    state = np.zeros(64, np.int32)
    expected = samples.copy()
    c.kws_conditioner_start(state.ctypes.data_as(ctypes.c_void_p), 0, False)
    c.kws_conditioner_run(
        state.ctypes.data_as(ctypes.c_void_p),
        expected.ctypes.data_as(ctypes.c_void_p),
        len(expected),
    )
    np.testing.assert_array_equal(np.array(found, np.int16), expected)
    assert abs(expected[5000:].mean()) < 100


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
def test_wav_files_of_every_depth_are_read_as_training_reads_them(
    page: Any, tmp_path: Path, subtype: str
) -> None:
    from train.data.load import read_audio

    audio = np.stack([spoken("four"), spoken("four") // 3], 1) / 32768
    path = tmp_path / "four.wav"
    soundfile.write(path, audio, RATE, subtype=subtype)
    open_wav(page, path, len(audio) / RATE)
    np.testing.assert_array_equal(heard_by(page), read_audio(path)[0])


@pytest.mark.parametrize("rate", [8000, 22_050, 44_100, 48_000])
def test_other_rates_are_resampled_well(page: Any, tmp_path: Path, rate: int) -> None:
    """At least 60 dB against soxr, of what is below 3.6 kHz; and whole words stay whole."""
    limited = soxr.resample(soxr.resample(spoken("nine").astype(float), RATE, 7200), 7200, RATE)
    there = soxr.resample(limited, RATE, rate, quality="VHQ")
    path = tmp_path / "nine.wav"
    soundfile.write(path, there / 32768, rate, subtype="FLOAT")
    seconds = len(there) / rate
    open_wav(page, path, seconds - 0.001)
    got = heard_by(page).astype(float)
    expected = soxr.resample(there, rate, RATE, quality="VHQ")
    assert abs(len(got) - len(expected)) <= 1
    got, expected = got[200 : len(expected) - 200], expected[200 : len(got) - 200]
    power, error = np.mean(expected**2), np.mean((got - expected[: len(got)]) ** 2)
    assert 10 * np.log10(power / error) > 60


def test_resampling_does_not_depend_on_the_pieces(page: Any) -> None:
    assert page.evaluate(
        """async () => {
            const { createResampler, resampled } = await import("./resample.js");
            const whole = Float64Array.from({ length: 9000 }, (_, i) => Math.sin(i * i / 7e4));
            const push = createResampler(44100, 16000), found = [];
            for (let at = 0, size = 1; at < whole.length; at += size, size = (size * 7) % 501 + 1) {
                found.push(...push(whole.subarray(at, at + size)));
            }
            const once = createResampler(44100, 16000)(whole);
            return found.length === once.length && found.every((x, i) => x === once[i]);
        }"""
    )


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("text.wav", b"not a recording", "not a WAV"),
        ("empty.wav", b"", "not a WAV"),
        ("header.wav", b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0", "no samples"),
        ("rate.wav", None, "impossible rate"),
        ("cut.wav", None, "truncated"),
        ("coded.wav", None, "compressed"),
    ],
)
def test_a_file_that_is_no_wav_is_refused_in_one_line(
    page: Any, tmp_path: Path, name: str, content: bytes | None, said: str
) -> None:
    if content is None:
        good = io.BytesIO()
        soundfile.write(good, spoken("one"), RATE, subtype="PCM_16", format="WAV")
        content = good.getvalue()
        changed = {"rate.wav": (24, b"\1\0\0\0"), "coded.wav": (20, b"\2\0")}
        if name in changed:
            at, new = changed[name]
            content = content[:at] + new + content[at + len(new) :]
        else:
            content = content[:-100]
    path = tmp_path / name
    path.write_bytes(content)
    page.set_input_files("#open", str(path))
    page.wait_for_selector("#message:not([hidden])")
    assert said in page.locator("#message").inner_text()
    assert name in page.locator("#message").inner_text()


def test_a_clip_is_recorded_reviewed_compared_and_deleted(
    chromium: Any, tmp_path: Path, wasm: bytes
) -> None:
    """The word comes every 1.6 s: takes that cut it are refused, and taken again."""
    word = spoken("seven")[14_000:28_000]
    file = write_wav(
        tmp_path / "seven.wav", np.resize(np.pad(word, (0, 25_600 - len(word))), 256_000)
    )
    with (
        serving(tmp_path, wasm) as studio,
        chromium(f"--use-file-for-fake-audio-capture={file}") as started,
        looking(started, studio.url + "#record", permissions=["microphone"]) as page,
    ):
        page.get_by_label("Speaker").fill("anna")
        page.get_by_label("Label", exact=True).fill("seven")
        page.get_by_label("Takes").fill("2")
        page.get_by_role("button", name="Record", exact=True).click()
        page.wait_for_selector("#clips li:nth-child(2)")
        until(page, "document.querySelector('#take').innerText === 'Record'")
        folder = tmp_path / "clips"
        files = [folder / "seven" / "anna" / f"{number}.wav" for number in (1, 2)]
        assert sorted(folder.rglob("*.wav")) == files
        row = page.locator("#split tr", has_text="seven").inner_text().split()
        assert row[0] == "seven" and row.count("2") == 1  # in one split

        page.get_by_role("button", name="Review seven/anna/1.wav").click()
        card = page.locator("#clips .card")
        card.wait_for()
        recorded = soundfile.read(files[0], dtype="int16")[0]
        assert card.locator(".name").first.inner_text() == best_label(recorded)

        page.get_by_role("button", name="Compare seven/anna/1.wav").click()
        page.wait_for_selector("#cards .card")
        names = page.locator("#compare .card h2").all_inner_texts()
        assert names[:3] == ["as recorded", "trimmed", "augmented 1"]
        assert {"pitch", "speed", "room", "noise", "microphone"} <= set(names)

        page.get_by_role("link", name="Record").click()
        page.get_by_role("button", name="Delete seven/anna/1.wav").click()
        page.get_by_role("button", name="Keep").click()
        assert files[0].exists()
        page.get_by_role("button", name="Delete seven/anna/1.wav").click()
        page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        until(page, "document.querySelectorAll('#clips li').length === 1")
        assert sorted(folder.rglob("*.wav")) == files[1:]


def test_recording_ends_with_the_microphone(
    chromium: Any, studio: StudioServer, tmp_path: Path
) -> None:
    """In the middle of a take, of which nothing is kept."""
    with (
        chromium() as started,
        looking(started, studio.url + "#record", permissions=["microphone"]) as page,
    ):
        page.get_by_label("Speaker").fill("anna")
        page.get_by_label("Label", exact=True).fill("noise")
        page.get_by_role("button", name="Record", exact=True).click()
        until(page, "document.querySelector('#progress').value > 0.05")
        page.get_by_role("button", name="Stop listening").click()
        page.get_by_role("button", name="Record", exact=True).wait_for()
        assert page.locator("#prompt").inner_text() == "Stopped."
    assert not (tmp_path / "clips").exists()


def test_a_report_opens_and_may_not_ask_the_studio(
    browser: Any, studio: StudioServer, tmp_path: Path
) -> None:
    run = tmp_path / "runs" / "digits"
    run.mkdir(parents=True)
    (run / "metrics.json").write_text('{"models": {"int8": {"accuracy": 0.9876}}}')
    (run / "report.html").write_text(
        "<!doctype html><title>A report</title><h1>Report</h1><p id=asked>no</p><script>"
        "fetch('/api/clips').then(() => { asked.textContent = 'yes'; },"
        " () => { asked.textContent = 'refused'; });</script>"
    )
    with looking(browser, studio.url + "#reports") as page:
        assert "98.76 %" in page.locator("#runs li").inner_text()
        with page.context.expect_page() as opened:
            page.get_by_role("link", name="digits").click()
        report = opened.value
        until(report, "asked.textContent !== 'no'")
        assert report.locator("#asked").inner_text() == "refused"
        report.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_it_is_accessible_and_fits_the_screen(
    browser: Any, studio: StudioServer, tmp_path: Path, size: dict[str, int], scheme: str
) -> None:
    """axe finds nothing, and nothing sticks out, on any part of the page, with contents."""
    from axe_playwright_python.sync_playwright import Axe

    file = write_wav(tmp_path / "digits.wav", spoken("one", "two"))
    word = write_wav(tmp_path / "clips" / "two" / "anna" / "1.wav", spoken("two")[14_000:28_000])
    run = tmp_path / "runs" / "digits"
    run.mkdir(parents=True)
    (run / "report.html").write_text("<!doctype html><title>A report</title>")
    with looking(browser, studio.url, viewport=size, color_scheme=scheme) as page:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        open_wav(page, file, 3)
        for part in ("listen", "compare", "record", "reports"):
            page.get_by_role("navigation").get_by_role("link", name=part.capitalize()).click()
            if part == "compare":
                page.set_input_files("#compare-open", str(word))
                page.wait_for_selector("#cards .card")
            if part == "record":
                page.get_by_role("button", name="Review two/anna/1.wav").click()
                page.wait_for_selector("#clips .card")
            found = Axe().run(page)
            assert found.violations_count == 0, found.generate_report()
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= size["width"], part


def test_everything_can_be_reached_with_the_keyboard(page: Any) -> None:
    page.keyboard.press("Tab")
    reached = []
    for _ in range(7):
        reached.append(page.evaluate("document.activeElement.textContent.trim()"))
        page.keyboard.press("Tab")
    assert reached == [
        "Skip to the page", "Listen", "Compare", "Record", "Review", "Reports", "Start listening",
    ]  # fmt: skip
