// A clip as a card: its pictures, playback and the model's scores.
import { element } from "./dom.js";
import { createHistory, drawMel, drawMfcc, drawWaveform } from "./pictures.js";
import { scoreBars } from "./scores.js";

const BEST = 3; // scores shown
let playing; // an AudioContext

export function createCard(judge, name, samples) {
  const { facts } = judge;
  const window_ = centred(samples, facts.window);
  const history = createHistory(facts, facts.frames);
  history.samples(window_);
  const scores = judge.judge(window_, history.frame);
  const best = [...scores.keys()].sort((a, b) => scores[b] - scores[a]).slice(0, BEST);

  const card = element("article", "card");
  const head = element("div", "head");
  const play = element("button", "play", "Play");
  play.type = "button";
  play.setAttribute("aria-label", `Play ${name}`);
  play.addEventListener("click", () => playSamples(samples, facts.rate));
  head.append(element("h2", "", name), play);
  const [wave, mel, mfcc] = ["Waveform", "Log-mel spectrum", "MFCC"].map((what) => {
    const canvas = element("canvas");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `${what} of ${name}`);
    return canvas;
  });
  const list = element("ul", "bars");
  list.setAttribute("aria-label", `Best scores of ${name}`);
  scoreBars(list, judge, best)(scores);
  card.append(head, wave, mel, mfcc, list);
  new ResizeObserver(() => {
    drawWaveform(wave, history, { marked: false });
    drawMel(mel, history);
    drawMfcc(mfcc, history);
  }).observe(card);
  card.scores = scores;
  return card;
}

// A window with the clip in its middle, like train.data.clip.centre.
export function centred(samples, size) {
  const missing = size - samples.length;
  if (missing < 0) {
    const start = Math.floor(-missing / 2);
    return samples.slice(start, start + size);
  }
  const window_ = new Int16Array(size);
  window_.set(samples, Math.floor(missing / 2));
  return window_;
}

export async function playSamples(samples, rate) {
  await playing?.close();
  playing = new AudioContext();
  const buffer = playing.createBuffer(1, samples.length, rate);
  buffer.copyToChannel(Float32Array.from(samples, (sample) => sample / 32768), 0);
  const source = playing.createBufferSource();
  source.buffer = buffer;
  source.connect(playing.destination);
  source.start();
}
