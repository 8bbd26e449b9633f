// Clips that a board has kept: plays each, and stores whether the board was right.
import { playSamples } from "./cards.js";
import { $, element } from "./dom.js";
import { createHistory, drawMel, drawWaveform } from "./pictures.js";
import { ask } from "./server.js";
import { decodeWav } from "./wav.js";

const UNKNOWN = "unknown"; // said: any other word or sound
const KEYED = 10; // words that have a key, 0 to 9

export function createReview(judge, attempt) {
  const { facts, labels, thresholds } = judge;
  const words = labels.filter((_, i) => thresholds[i] !== facts.never);
  let clips = [], chosen = 0, samples, history;

  async function refresh() {
    const found = await ask("GET", "review");
    const before = clips[chosen]?.file;
    clips = found.clips;
    const again = clips.findIndex((clip) => clip.file === before);
    $("review-none").textContent = !found.folder
      ? "Nothing to review: fill a folder with tinykws board watch --save FOLDER, and start tinykws studio --review FOLDER."
      : `No clips in ${found.folder} yet; the page shows new ones when it is opened again.`;
    $("review-none").hidden = clips.length > 0;
    $("reviewing").hidden = $("review-list").hidden = !clips.length;
    if (clips.length) {
      await choose(again >= 0 ? again : Math.max(0, clips.findIndex((clip) => !clip.said)));
    }
    showList();
  }

  async function choose(number, { sound = false } = {}) {
    chosen = number;
    const clip = clips[number];
    showChosen();
    const read = decodeWav(await ask("GET", "kept", { file: clip.file }), facts.rate);
    if (clips[chosen] !== clip) {
      return; // another was chosen meanwhile
    }
    samples = read;
    history = createHistory(facts, Math.max(1, Math.floor((samples.length - facts.fftSize) / facts.hop) + 1));
    judge.start();
    history.samples(samples);
    judge.hear(samples, history.frame);
    draw();
    if (sound) {
      await playSamples(samples, facts.rate);
    }
  }

  function showChosen() {
    const clip = clips[chosen];
    $("review-word").textContent = clip.word;
    $("review-what").textContent = `${clip.kind === "near" ? "nearly detected" : "detected"} with ${clip.score.toFixed(0)} %, ${new Date(clip.time).toLocaleString()}`;
    $("review-right").firstChild.textContent = `It was “${clip.word}”`;
    $("review-verdict").textContent = `Clip ${chosen + 1} of ${clips.length}: ${verdict(clip)}.`;
    $("review-before").disabled = chosen === 0;
    $("review-after").disabled = chosen === clips.length - 1;
    $("review-undo").disabled = !clip.said;
    [...$("review-words").children].forEach((button) => button.setAttribute("aria-pressed", button.dataset.word === clip.said));
    [...$("review-clips").children].forEach((row, i) => row.toggleAttribute("data-chosen", i === chosen));
  }

  function showList() {
    const left = clips.filter((clip) => !clip.said).length;
    $("review-count").textContent = clips.length ? `${clips.length - left} of ${clips.length} judged` : "";
    $("review-clips").replaceChildren(...clips.map((clip, i) => {
      const row = element("li"), line = element("div", "line"), button = element("button", "small", "Review");
      row.toggleAttribute("data-chosen", i === chosen);
      button.type = "button";
      button.setAttribute("aria-label", `Review ${clip.file}`);
      button.addEventListener("click", () => attempt(() => choose(i, { sound: true })));
      line.append(element("span", "name", clip.word), element("span", "quiet file", clip.file), element("span", "tag", verdict(clip)), button);
      row.append(line);
      return row;
    }));
  }

  // Stores it at once, and goes on to the next clip without a verdict.
  async function judged(said) {
    const clip = clips[chosen];
    clip.said = said;
    const after = [...clips.keys()].map((i) => (chosen + i) % clips.length).find((i) => !clips[i].said);
    showList();
    const stored = ask("POST", "verdict", { file: clip.file, said });
    if (said && after !== undefined) {
      await choose(after, { sound: true });
    } else {
      showChosen();
    }
    try {
      await stored;
    } catch (error) {
      await refresh();
      throw error;
    }
  }

  const step = (by) => (clips[chosen + by] ? choose(chosen + by, { sound: true }) : undefined);
  const acts = {
    " ": () => samples && playSamples(samples, facts.rate),
    r: () => judged(clips[chosen].word),
    w: () => judged(UNKNOWN),
    u: () => judged(""),
    ArrowLeft: () => step(-1),
    ArrowRight: () => step(1),
    ...Object.fromEntries(words.slice(0, KEYED).map((word, i) => [i, () => judged(word)])),
  };

  function draw() {
    if (history) {
      drawWaveform($("review-wave"), history, { marked: false });
      drawMel($("review-mel"), history);
    }
  }

  Object.entries({ play: " ", right: "r", wrong: "w", undo: "u", before: "ArrowLeft", after: "ArrowRight" }).forEach(([name, key]) => {
    $(`review-${name}`).addEventListener("click", () => attempt(acts[key]));
  });
  $("review-words").replaceChildren(...words.map((word, i) => {
    const button = element("button", "small", word);
    button.type = "button";
    button.dataset.word = word;
    if (i < KEYED) {
      button.append(" ", element("kbd", "", i));
    }
    button.addEventListener("click", () => attempt(() => judged(word)));
    return button;
  }));
  $("review-other").addEventListener("submit", (event) => {
    event.preventDefault();
    const said = $("review-said").value.trim();
    $("review-said").value = "";
    $("review-said").blur();
    attempt(() => judged(said));
  });
  addEventListener("keydown", (event) => {
    const { key, target } = event;
    if ($("review").hidden || !clips.length || event.ctrlKey || event.metaKey || event.altKey || event.repeat) {
      return;
    }
    const writes = target.matches("input, select"), presses = key === " " && target.matches("button, a");
    if (key === "o" && !writes) {
      event.preventDefault();
      $("review-said").focus();
    } else if (acts[key] && !writes && !presses) {
      event.preventDefault();
      attempt(acts[key]);
    }
  });
  new ResizeObserver(draw).observe($("review-wave"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  return { refresh };
}

function verdict({ word, said }) {
  return !said ? "not judged" : said === word ? "right" : said === UNKNOWN ? "wrong" : `was ${said}`;
}
