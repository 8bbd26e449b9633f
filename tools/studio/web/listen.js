// The firmware's results for the microphone or a recording: pictures, scores, detections.
import { $, element, percent } from "./dom.js";
import { createHistory, drawMel, drawMfcc, drawWaveform } from "./pictures.js";
import { scoreBars } from "./scores.js";

const LIVE_FRAMES = 300; // 6 s
const LONGEST = 3000; // most frames shown of a recording: a minute
const SLICE = 16000; // samples of a recording between two pictures
const KEPT = 300; // decisions
const DETECTIONS = 100; // listed

export function createListening(listener, live) {
  const { facts, labels } = listener;
  const bars = scoreBars($("scores"), listener);
  const decisions = [], buttons = new Map(); // by decision that detected a word
  const count = { decisions: 0, spared: 0, samples: 0, busy: 0 };
  let history = createHistory(facts, LIVE_FRAMES), heard = new Int16Array(0), due = false;
  let chosen; // a decision whose scores are shown instead of the latest

  function restart(frames) {
    listener.start();
    history = createHistory(facts, frames);
    decisions.length = 0;
    buttons.clear();
    Object.assign(count, { decisions: 0, spared: 0, samples: 0, busy: 0 });
    chosen = undefined;
    $("detections").replaceChildren();
    $("nothing").hidden = false;
    $("empty").hidden = true;
  }

  function hear(samples) {
    const before = performance.now();
    history.samples(samples);
    listener.hear(samples, history.frame, decide);
    count.busy += performance.now() - before;
    count.samples += samples.length;
    draw();
  }

  function decide(decision) {
    decisions.push(decision);
    decisions.splice(0, decisions.length - KEPT);
    count.decisions++;
    count.spared += !decision.ran;
    if (decision.word >= 0) {
      detected(decision);
      chosen = undefined;
    }
  }

  function detected(decision) {
    const { ms, word, score } = decision, item = element("li"), button = element("button");
    history.mark(labels[word]);
    const cells = [["time", seconds(ms)], ["name", labels[word]], ["score", percent(score / 256)]];
    button.append(...cells.map(([name, content]) => element("span", name, content)));
    button.type = "button";
    button.title = "Show the scores at this time";
    button.addEventListener("click", () => {
      chosen = chosen === decision ? undefined : decision;
      draw();
    });
    buttons.set(decision, button);
    item.append(button);
    $("detections").prepend(item);
    if (buttons.size > DETECTIONS) {
      $("detections").lastChild.remove();
      buttons.delete(buttons.keys().next().value);
    }
    $("nothing").hidden = true;
    $("word").classList.remove("fresh");
    requestAnimationFrame(() => $("word").classList.add("fresh"));
  }

  // Draws at most once per screen refresh.
  function draw() {
    if (!due) {
      due = true;
      requestAnimationFrame(() => {
        due = false;
        drawAll();
      });
    }
  }

  function drawAll() {
    drawWaveform($("waveform"), history);
    const top = drawMel($("mel"), history);
    drawMfcc($("mfcc"), history);
    $("mel-range").textContent = Number.isFinite(top) ? "60 dB" : "";
    showAxis();
    showScores();
    showFacts();
  }

  function showAxis() {
    const whole = (1000 * history.size * facts.hop) / facts.rate;
    const times = live.on ? [`${seconds(whole)} ago`, `${seconds(whole / 2)} ago`, "now"] : [0, whole / 2, whole].map(seconds);
    $("axis").replaceChildren(...times.map((time) => element("span", "", time)));
  }

  function showScores() {
    const last = decisions.at(-1), shown = chosen ?? last;
    bars(shown?.scores);
    const named = chosen ?? [...buttons.keys()].at(-1);
    $("word").textContent = named ? labels[named.word] : "\u00a0";
    $("level").textContent = last ? `${last.level} dB`.replace("-", "\u2212") : "";
    $("network").textContent = !shown ? "" : chosen ? `Scores at ${seconds(chosen.ms)}.` : shown.ran ? "The network's scores." : "No speech: its scores do not count.";
    buttons.forEach((button, decision) => button.setAttribute("aria-pressed", decision === chosen));
  }

  function showFacts() {
    const audio = count.samples / facts.rate;
    const cost = audio >= 1 ? `${(count.busy / audio / 10).toPrecision(2)} % of real time` : "";
    const rows = {
      "Model": listener.model,
      "Self-test": listener.selftest ? "passed" : "FAILED: do not trust these results",
      "Audio": audio ? `${audio.toFixed(0)} s` : "",
      "Decisions": count.decisions ? `${count.decisions}, ${count.spared} of them without speech` : "",
      "Processing": cost,
    };
    $("facts").replaceChildren(...Object.entries(rows).filter(([, value]) => value).map(([name, value]) => {
      const row = element("div");
      row.append(element("dt", "", name), element("dd", "", value));
      return row;
    }));
  }

  $("isolated").checked = listener.isolated;
  $("isolated").addEventListener("change", (event) => {
    listener.isolated = event.target.checked;
  });
  live.hear((samples) => {
    heard = undefined;
    hear(samples);
  });
  live.tell((on) => on && restart(LIVE_FRAMES));
  new ResizeObserver(draw).observe($("waveform"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  draw();

  return {
    decisions, count,
    heard: () => heard ?? live.heard(),

    // Plays a recording at full speed.
    async play(samples) {
      await live.stop();
      restart(Math.max(50, Math.min(LONGEST, Math.ceil(samples.length / facts.hop))));
      heard = samples;
      for (let at = 0; at < samples.length; at += SLICE) {
        hear(samples.subarray(at, at + SLICE));
        await new Promise((done) => setTimeout(done));
      }
    },
  };
}

function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`;
}
