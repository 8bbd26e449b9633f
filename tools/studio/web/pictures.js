// Waveform, log-mel spectrum and MFCC on canvases: one column per frame.
const Q24 = 2 ** 24;
const DECIBEL = 10 * Math.log10(2); // per step of log2
const DYNAMICS = 60; // dB between the background and the loudest point
const STEPS = 70; // int8 steps of a coefficient in each direction
const WAVES = 4; // waveform segments per column
const QUIETEST = 0.02; // smallest share of full scale that fills the waveform's height

// Columns of the newest `size` frames.
export function createHistory({ bands, coefficients, hop, fractionBits }, size) {
  const mel = new Float32Array(size * bands), mfcc = new Float32Array(size * coefficients);
  const low = new Float32Array(size * WAVES), high = new Float32Array(size * WAVES);
  const marks = []; // { frame, text }
  let frames = 0, heard = 0, made = 1, least = 0, most = 0;
  const waves = []; // { low, high } of hops whose frame is incomplete

  return {
    size, bands, coefficients, mel, mfcc, low, high, marks,
    get frames() { return frames; },

    samples(samples) {
      for (const sample of samples) {
        least = Math.min(least, sample);
        most = Math.max(most, sample);
        if (++heard * WAVES >= made * hop) {
          made++;
          waves.push({ least, most });
          least = most = sample;
        }
      }
    },

    frame(logMel, values) {
      const column = frames++ % size;
      logMel.forEach((value, band) => { mel[column * bands + band] = (value / Q24) * DECIBEL; });
      values.forEach((value, i) => { mfcc[column * coefficients + i] = value / 2 ** fractionBits / STEPS; });
      for (let i = 0; i < WAVES; i++) {
        const wave = waves.shift() ?? { least: 0, most: 0 };
        low[column * WAVES + i] = wave.least / 32768;
        high[column * WAVES + i] = wave.most / 32768;
      }
    },

    mark(text) {
      marks.push({ frame: frames - 1, text });
      while (marks.length && marks[0].frame < frames - size) {
        marks.shift();
      }
    },
  };
}

export function drawWaveform(canvas, history, { marked = true } = {}) {
  const { context, width, height, scale } = fitted(canvas);
  const style = colours();
  const size = history.size * WAVES, waves = history.frames * WAVES, shown = Math.min(waves, size);
  const larger = (most, value) => Math.max(most, Math.abs(value));
  const loudest = history.low.reduce(larger, history.high.reduce(larger, QUIETEST));
  const step = width / size, middle = height / 2;
  context.fillStyle = style.line;
  context.fillRect(0, Math.floor(middle), width, scale);
  context.fillStyle = style.accent;
  for (let i = 0; i < shown; i++) {
    const wave = (waves - shown + i) % size;
    const top = middle - (history.high[wave] / loudest) * middle * 0.95;
    const bottom = middle - (history.low[wave] / loudest) * middle * 0.95;
    context.fillRect(width - (shown - i) * step, top, Math.max(step, scale), Math.max(bottom - top, scale));
  }
  if (marked) {
    drawMarks(context, history, { width, height, scale, style });
  }
}

function drawMarks(context, history, { width, height, scale, style }) {
  context.font = `600 ${12 * scale}px system-ui, sans-serif`;
  context.textBaseline = "top";
  const places = history.marks.map(({ frame }) => width - ((history.frames - frame) * width) / history.size);
  history.marks.forEach(({ text }, i) => {
    const x = places[i], room = (places[i + 1] ?? width) - x, wide = context.measureText(text).width + 9 * scale;
    context.fillStyle = style.mark;
    context.fillRect(x, 0, 1.5 * scale, height);
    if (wide <= room) { // else only its line
      context.fillStyle = style.panel;
      context.fillRect(x + 2 * scale, 0, wide - 3 * scale, 15 * scale);
      context.fillStyle = style.mark;
      context.fillText(text, x + 5 * scale, scale);
    }
  });
}

// Returns the level of the brightest point (about dB of full scale).
export function drawMel(canvas, history) {
  const end = Math.min(history.frames, history.size) * history.bands;
  let top = -Infinity;
  for (let i = 0; i < end; i++) {
    top = Math.max(top, history.mel[i]);
  }
  drawPicture(canvas, history, history.mel, history.bands, ramp(["--ramp-0", "--ramp-1", "--ramp-2", "--ramp-3"]),
    (value) => (value - top) / DYNAMICS + 1);
  return top;
}

export function drawMfcc(canvas, history) {
  drawPicture(canvas, history, history.mfcc, history.coefficients, ramp(["--minus", "--ramp-0", "--plus"]),
    (value) => (value + 1) / 2);
}

const layer = document.createElement("canvas"); // where a picture is made, one pixel per value

function drawPicture(canvas, history, values, rows, table, share) {
  const { context, width, height } = fitted(canvas);
  const shown = Math.min(history.frames, history.size);
  if (!shown) {
    return;
  }
  layer.width = history.size;
  layer.height = rows;
  const image = new ImageData(history.size, rows), points = new Uint32Array(image.data.buffer);
  for (let i = 0; i < shown; i++) {
    const column = (history.frames - shown + i) % history.size, x = history.size - shown + i;
    for (let row = 0; row < rows; row++) {
      const index = Math.max(0, Math.min(255, Math.round(255 * share(values[column * rows + row]))));
      points[(rows - 1 - row) * history.size + x] = table[index];
    }
  }
  layer.getContext("2d").putImageData(image, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(layer, 0, 0, width, height);
}

// Clears the canvas and sets it to the screen's resolution.
function fitted(canvas) {
  const scale = Math.min(window.devicePixelRatio || 1, 2);
  const width = Math.round(canvas.clientWidth * scale), height = Math.round(canvas.clientHeight * scale);
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, width, height);
  return { context, width, height, scale };
}

let style, tables; // of the current theme
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { style = tables = undefined; });

function colours() {
  const found = getComputedStyle(document.documentElement);
  style ??= Object.fromEntries(["accent", "line", "mark", "panel"].map((n) => [n, found.getPropertyValue(`--${n}`)]));
  return style;
}

// 256 colours interpolated from the style, in ImageData format.
function ramp(names) {
  tables ??= new Map();
  const key = names.join();
  if (!tables.has(key)) {
    const canvas = document.createElement("canvas");
    canvas.width = 256;
    const context = canvas.getContext("2d", { willReadFrequently: true }), gradient = context.createLinearGradient(0, 0, 256, 0);
    const found = getComputedStyle(document.documentElement);
    names.forEach((name, i) => gradient.addColorStop(i / (names.length - 1), found.getPropertyValue(name).trim()));
    context.fillStyle = gradient;
    context.fillRect(0, 0, 256, 1);
    tables.set(key, new Uint32Array(context.getImageData(0, 0, 256, 1).data.buffer));
  }
  return tables.get(key);
}
