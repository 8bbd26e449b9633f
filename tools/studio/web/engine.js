// The firmware's listener, compiled to WebAssembly (kws_studio.c). Each listener is a separate instance.
const FRAME = 1, WINDOW = 2, WORD = 4;
const FACTS = [
  "rate", "window", "fftSize", "hop", "bands", "coefficients", "frames", "labels", "scoreZero",
  "never", "fractionBits", "logFloor", "modelHigh", "modelLow",
];

export function createListener(module) {
  const c = new WebAssembly.Instance(module).exports;
  const at = (Type, pointer, count) => new Type(c.memory.buffer, pointer, count);
  c.studio_start();
  const facts = Object.fromEntries([...at(Int32Array, c.studio_facts(), FACTS.length)].map((v, i) => [FACTS[i], v]));
  const selftest = c.studio_selftest() === 3;
  c.studio_start();
  const numbers = [...Array(facts.labels).keys()];
  const labels = numbers.map((i) => text(c.memory.buffer, c.studio_label(i)));
  const thresholds = numbers.map((i) => c.studio_threshold(i));
  const most = c.studio_most();
  let isolated = Boolean(c.studio_isolated()); // as the bundle has it

  function* pieces(samples) {
    for (let first = 0; first < samples.length; first += most) {
      const piece = samples.subarray(first, first + most);
      at(Int16Array, c.studio_samples(), piece.length).set(piece);
      yield piece.length;
    }
  }

  return {
    facts, labels, thresholds, selftest,
    model: [facts.modelHigh, facts.modelLow].map((half) => (half >>> 0).toString(16).padStart(8, "0")).join(""),

    start() {
      c.studio_start();
      c.studio_isolate(isolated);
    },

    // Whether only words that are spoken alone are detected.
    get isolated() { return isolated; },
    set isolated(wanted) {
      isolated = wanted;
      c.studio_isolate(wanted);
    },

    // Conditions a microphone's samples as a board does; returns a new array.
    condition(samples) {
      const out = new Int16Array(samples.length);
      let done = 0;
      for (const count of pieces(samples)) {
        c.studio_condition(count);
        out.set(at(Int16Array, c.studio_samples(), count), done);
        done += count;
      }
      return out;
    },

    // Calls frame(logMel, coefficients) and decision(what) as they are made, with copies.
    hear(samples, frame, decision) {
      for (const count of pieces(samples)) {
        for (let first = 0; first < count;) {
          first = c.studio_hear(first, count);
          const events = c.studio_events();
          if (events & FRAME) {
            frame?.(at(Int32Array, c.studio_log_mel(), facts.bands).slice(),
              at(Int16Array, c.studio_frame(), facts.coefficients).slice());
          }
          if (events & WINDOW) {
            const word = Boolean(events & WORD);
            decision?.({
              ms: c.studio_time_ms() >>> 0,
              level: c.studio_level_db(),
              ran: Boolean(c.studio_network_ran()),
              scores: at(Int8Array, c.studio_scores(), facts.labels).slice(),
              features: at(Int8Array, c.studio_features(), facts.frames * facts.coefficients).slice(),
              word: word ? c.studio_detected() : -1,
              score: word ? c.studio_detected_score() : 0,
            });
          }
        }
      }
    },

    // Scores of one window, with or without speech, and its pictures.
    judge(window, frame) {
      c.studio_start();
      this.hear(window, frame);
      const scores = c.studio_judge();
      return scores ? at(Int8Array, scores, facts.labels).slice() : null;
    },
  };
}

function text(buffer, pointer) {
  const bytes = new Uint8Array(buffer, pointer);
  return new TextDecoder().decode(bytes.slice(0, bytes.indexOf(0)));
}
