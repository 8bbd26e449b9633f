// One clip as recorded, trimmed and augmented, side by side.
import { createCard } from "./cards.js";
import { $ } from "./dom.js";
import { ask, fromBase64 } from "./server.js";
import { decodeWav, encodeWav } from "./wav.js";

const LONGEST = 30; // seconds

export function createComparison(judge, listening, attempt) {
  let chosen, seed = 0;

  async function show(name, samples) {
    const { rate } = judge.facts;
    if (samples.length > LONGEST * rate) {
      throw new Error(`a clip of ${Math.round(samples.length / rate)} s is not a word; at most ${LONGEST} s`);
    }
    chosen = { name, samples };
    $("compare-what").textContent = `${name}: the server is making copies …`;
    $("cards").setAttribute("aria-busy", "true");
    try {
      const { versions } = await ask("POST", "versions", { seed }, encodeWav(samples, rate));
      const cards = (alone) => versions.filter((version) => version.alone === alone)
        .map(({ name, wav }) => createCard(judge, name, decodeWav(fromBase64(wav).buffer, rate)));
      $("cards").replaceChildren(...cards(false));
      $("alone").replaceChildren(...cards(true));
      $("alone-title").hidden = false;
      $("compare-what").textContent = `${name}: as recorded, cut close to the word, and augmented as in training.`;
      $("compare-again").disabled = false;
    } catch (error) {
      $("compare-what").textContent = "";
      throw error;
    } finally {
      $("cards").removeAttribute("aria-busy");
    }
  }

  $("compare-heard").addEventListener("click", () => attempt(() => {
    const heard = listening.heard().slice(-judge.facts.window);
    if (heard.length < judge.facts.window) {
      throw new Error("there is no audio yet; press Start listening and speak");
    }
    return show("the last second", heard);
  }));
  $("compare-again").addEventListener("click", () => attempt(() => {
    seed++;
    return show(chosen.name, chosen.samples);
  }));
  return { show };
}
