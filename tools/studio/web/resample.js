// Converts any rate to any other with a windowed sinc, one row for each position between two samples.
// The result does not depend on how the samples are split into pieces.
const CROSSINGS = 32; // zero crossings of the sinc, on each side
const BETA = 9; // Kaiser: 90 dB
const PASSED = 0.93; // share of the narrower band that passes

export function createResampler(from, to) {
  const common = divisor(from, to), up = to / common, down = from / common;
  const band = Math.min(1, to / from) * PASSED;
  const half = Math.ceil(CROSSINGS / band);
  const rows = Array.from({ length: up }, (_, phase) => row(phase / up, band, half));
  let kept = new Float64Array(half - 1); // input that later results need, initially silence
  let index = 0, phase = 0; // position of the next result in `kept`

  return function push(samples) {
    const input = new Float64Array(kept.length + samples.length);
    input.set(kept);
    input.set(samples, kept.length);
    const found = [];
    while (index + 2 * half <= input.length) {
      const weights = rows[phase];
      let sum = 0;
      for (let i = 0; i < weights.length; i++) {
        sum += weights[i] * input[index + i];
      }
      found.push(sum);
      phase += down;
      index += Math.floor(phase / up);
      phase %= up;
    }
    const used = Math.min(index, input.length);
    kept = input.slice(used);
    index -= used;
    return Float64Array.from(found);
  };
}

// Resamples a whole recording, preserving its duration.
export function resampled(samples, from, to) {
  const push = createResampler(from, to);
  const length = Math.round((samples.length * to) / from);
  const tail = new Float64Array(Math.ceil((2 * CROSSINGS) / PASSED * Math.max(1, from / to)) + 2);
  const found = [push(samples), push(tail)];
  const whole = new Float64Array(found[0].length + found[1].length);
  whole.set(found[0]);
  whole.set(found[1], found[0].length);
  return whole.slice(0, length);
}

// Weights of `half` samples before and after a point that is `fraction` after a sample; their sum
// is 1.
function row(fraction, band, half) {
  const weights = Float64Array.from({ length: 2 * half }, (_, i) => {
    const distance = i - (half - 1) - fraction;
    const sinc = distance === 0 ? 1 : Math.sin(Math.PI * distance * band) / (Math.PI * distance * band);
    return sinc * kaiser(distance / half);
  });
  const sum = weights.reduce((a, b) => a + b);
  return weights.map((weight) => weight / sum);
}

function kaiser(x) {
  return Math.abs(x) >= 1 ? 0 : bessel(BETA * Math.sqrt(1 - x * x)) / bessel(BETA);
}

function bessel(x) {
  let sum = 1, term = 1;
  for (let k = 1; term > 1e-12 * sum; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function divisor(a, b) {
  return b ? divisor(b, a % b) : a;
}
