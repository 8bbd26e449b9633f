// The microphone, shared by all parts of the page: switched on and off with one button.
import { openMicrophone } from "./microphone.js";

const KEPT = 60; // seconds of audio

export function createLive(listener) {
  const wanting = new Set(), told = new Set();
  let opening, close, kept = [], length = 0;
  const tell = () => told.forEach((tell) => tell(Boolean(close)));

  function heard(raw) {
    const samples = listener.condition(raw);
    kept.push(samples);
    for (length += samples.length; length - kept[0].length >= KEPT * listener.facts.rate;) {
      length -= kept.shift().length;
    }
    wanting.forEach((want) => want(samples));
  }

  async function open() {
    kept = [];
    length = 0;
    listener.start();
    close = await openMicrophone(listener.facts.rate, heard);
    tell();
  }

  return {
    get on() { return Boolean(close); },
    hear: (want) => wanting.add(want),
    unhear: (want) => wanting.delete(want),
    tell: (want) => told.add(want),

    async start() {
      opening ??= close ? undefined : open();
      try {
        await opening;
      } finally {
        opening = undefined;
      }
    },

    async stop() {
      const closing = close;
      close = undefined;
      tell();
      await closing?.();
    },

    // The audio passed to the firmware's C, at most a minute.
    heard() {
      const all = new Int16Array(length);
      kept.reduce((at, samples) => (all.set(samples, at), at + samples.length), 0);
      return all;
    },
  };
}
