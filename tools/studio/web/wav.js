// Decodes WAV files itself, so that 16-bit samples at 16 kHz are unchanged, bit for bit.
import { resampled } from "./resample.js";

export const MOST_BYTES = 100e6;
const PCM = 1, FLOAT = 3, EXTENSIBLE = 0xfffe;

// Int16Array at `rate`, one channel.
export function decodeWav(buffer, rate) {
  const { format, data } = chunks(new DataView(buffer));
  const mono = mixed(format, data);
  return toInt16(format.rate === rate ? mono : resampled(mono, format.rate, rate));
}

// Rounds half to even, like numpy, and clips.
export function toInt16(samples) {
  return Int16Array.from(samples, (x) => {
    const down = Math.floor(x), rest = x - down;
    const round = rest > 0.5 || (rest === 0.5 && down % 2 !== 0) ? down + 1 : down;
    return Math.max(-32768, Math.min(32767, round));
  });
}

export function encodeWav(samples, rate) {
  const view = new DataView(new ArrayBuffer(44 + 2 * samples.length));
  const put = (at, letters) => [...letters].forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)));
  put(0, "RIFF");
  view.setUint32(4, 36 + 2 * samples.length, true);
  put(8, "WAVEfmt ");
  [[16, 16], [24, rate], [28, 2 * rate], [40, 2 * samples.length]].forEach(([at, v]) => view.setUint32(at, v, true));
  [[20, PCM], [22, 1], [32, 2], [34, 16]].forEach(([at, v]) => view.setUint16(at, v, true));
  put(36, "data");
  samples.forEach((sample, i) => view.setInt16(44 + 2 * i, sample, true));
  return view.buffer;
}

function chunks(view) {
  const name = (at) => String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(at + i)));
  if (view.byteLength < 12 || name(0) !== "RIFF" || name(8) !== "WAVE") {
    throw new Error("this is not a WAV file");
  }
  let format;
  for (let at = 12; at + 8 <= view.byteLength;) {
    const size = view.getUint32(at + 4, true), start = at + 8;
    const present = Math.min(size, view.byteLength - start);
    if (name(at) === "fmt " && present >= 16) {
      format = described(view, start, present);
    } else if (name(at) === "data") {
      if (!format) {
        break;
      }
      if (present < size && size !== 0xffffffff) {
        throw new Error("the WAV file is truncated");
      }
      return { format, data: new DataView(view.buffer, view.byteOffset + start, present) };
    }
    at = start + size + (size % 2);
  }
  throw new Error("the WAV file contains no samples");
}

function described(view, at, size) {
  const short = (offset) => view.getUint16(at + offset, true);
  const coding = short(0) === EXTENSIBLE && size >= 26 ? short(24) : short(0);
  const format = { coding, channels: short(2), rate: view.getUint32(at + 4, true), bits: short(14) };
  const known = coding === PCM ? [8, 16, 24, 32] : coding === FLOAT ? [32, 64] : [];
  if (!known.includes(format.bits)) {
    throw new Error("the WAV file is compressed, or in an unknown format");
  }
  if (format.channels < 1 || format.rate < 4000 || format.rate > 384000) {
    throw new Error("the WAV file has an impossible rate or channel count");
  }
  return format;
}

// The mean of all channels, in 16-bit steps.
function mixed({ coding, channels, bits }, data) {
  const bytes = bits / 8;
  const read = {
    8: (at) => (data.getUint8(at) - 128) * 256,
    16: (at) => data.getInt16(at, true),
    24: (at) => ((data.getInt8(at + 2) << 16) | data.getUint16(at, true)) / 256,
    32: (at) => (coding === FLOAT ? data.getFloat32(at, true) * 32768 : data.getInt32(at, true) / 65536),
    64: (at) => data.getFloat64(at, true) * 32768,
  }[bits];
  const mono = new Float64Array(Math.floor(data.byteLength / bytes / channels));
  for (let i = 0; i < mono.length; i++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) {
      sum += read((i * channels + channel) * bytes);
    }
    mono[i] = sum / channels;
  }
  if (!mono.length) {
    throw new Error("the WAV file contains no samples");
  }
  if (!mono.every(Number.isFinite)) {
    throw new Error("the WAV file has samples that are not numbers");
  }
  return mono;
}
