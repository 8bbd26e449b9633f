// Clips for training: records, lists, plays and deletes them.
import { createCard } from "./cards.js";
import { $, element } from "./dom.js";
import { ask } from "./server.js";
import { decodeWav, encodeWav } from "./wav.js";

const EACH = "each digit";
const DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
const OTHERS = ["noise", "yes", "no", "hello"];
const NOISES = ["noise", "_background_noise_"];
const READY = 0.4, TAKE = 2.2, NOISE = 10; // seconds
const PAGE = 40; // clips listed per page
const SPLITS = ["train", "validation", "test"];

export function createRecording(judge, live, compare, attempt) {
  const { rate } = judge.facts;
  let clips = [], shown = PAGE, running = false, finish; // of the current take

  async function refresh() {
    const found = await ask("GET", "clips");
    clips = found.clips;
    showSplit(found);
    const labels = [...new Set(clips.map((clip) => clip.label))];
    const kept = $("filter").value;
    $("filter").replaceChildren(new Option("all labels", ""), ...labels.map((label) => new Option(label)));
    $("filter").value = labels.includes(kept) ? kept : "";
    showClips();
  }

  function showClips() {
    const wanted = clips.filter((clip) => !$("filter").value || clip.label === $("filter").value);
    const open = new Set([...$("clips").querySelectorAll("li[data-open]")].map((row) => row.dataset.id));
    $("clips").replaceChildren(...wanted.slice(0, shown).map((clip) => clipRow(clip, open.has(clip.id))));
    $("clips-none").textContent = "None yet.";
    $("clips-none").hidden = clips.length > 0;
    $("more").hidden = wanted.length <= shown;
  }

  function clipRow(clip, open) {
    const row = element("li");
    row.dataset.id = clip.id;
    const review = button("Review", `Review ${clip.id}`, () => toggle(row, clip));
    review.setAttribute("aria-expanded", "false");
    const line = element("div", "line");
    line.append(
      element("span", "name", clip.label), element("span", "quiet file", clip.id), element("span", "tag", clip.split || "noise"),
      review,
      button("Compare", `Compare ${clip.id}`, async () => {
        const samples = await read(clip);
        location.hash = "#compare";
        await compare.show(clip.id, samples);
      }),
      button("Delete", `Delete ${clip.id}`, () => remove(clip)),
    );
    row.append(line);
    if (open) {
      attempt(() => toggle(row, clip));
    }
    return row;
  }

  async function toggle(row, clip) {
    const review = row.querySelector("[aria-expanded]"), opening = !("open" in row.dataset);
    review.setAttribute("aria-expanded", opening);
    if (opening) {
      row.dataset.open = "";
      row.append(createCard(judge, clip.id, await read(clip)));
    } else {
      delete row.dataset.open;
      row.querySelector(".card")?.remove();
    }
  }

  const read = async (clip) => decodeWav(await ask("GET", "clip", { id: clip.id }), rate);

  async function remove(clip) {
    if (await confirmed(`Delete ${clip.id}? This cannot be undone.`)) {
      await ask("DELETE", "clip", { id: clip.id });
      await refresh();
      $("filter").focus();
    }
  }

  function button(name, label, act) {
    const made = element("button", "small", name);
    made.type = "button";
    made.setAttribute("aria-label", label);
    made.addEventListener("click", () => attempt(act));
    return made;
  }

  async function record() {
    const speaker = $("speaker").value.trim(), label = $("label").value.trim();
    localStorage.setItem("speaker", speaker);
    const words = label === EACH ? DIGITS : [label];
    running = true;
    $("taking").hidden = false;
    $("take").querySelector("span").textContent = "Stop";
    try {
      await live.start();
      for (let take = 0; running && take < Number($("takes").value); ) {
        take += await oneTake(speaker, words[take % words.length]);
      }
      say(running ? "Done." : "Stopped.");
    } finally {
      running = false;
      $("take").querySelector("span").textContent = "Record";
      $("taking").hidden = true;
      $("progress").value = 0;
      await refresh();
    }
  }

  // Returns true if a clip was kept; else the user repeats it.
  async function oneTake(speaker, label) {
    const noise = NOISES.includes(label);
    say("Get ready …");
    await next(READY * rate);
    say(noise ? "Recording noise …" : `Say “${label}”`, true);
    const samples = await next((noise ? NOISE : TAKE) * rate, (share) => { $("progress").value = share; });
    if (!running) {
      return false;
    }
    const { id, again } = await ask("POST", "clip", { label, speaker }, encodeWav(samples, rate));
    if (again) {
      say(`${label}: ${again}`);
      await next(4 * READY * rate);
      return false;
    }
    await refresh();
    say(`Saved ${id}`);
    await next(READY * rate);
    return true;
  }

  // Returns that many samples from now on, fewer if stopped.
  function next(length, progress) {
    return new Promise((done) => {
      const pieces = [];
      let got = 0;
      finish = () => {
        live.unhear(hear);
        const all = new Int16Array(got);
        pieces.reduce((at, piece) => (all.set(piece, at), at + piece.length), 0);
        done(all.subarray(0, Math.min(got, length)));
      };
      const hear = (samples) => {
        pieces.push(samples);
        got += samples.length;
        progress?.(Math.min(1, got / length));
        showLevel(samples);
        if (got >= length || !running) {
          finish();
        }
      };
      live.hear(hear);
    });
  }

  $("recorder").addEventListener("submit", (event) => {
    event.preventDefault();
    if (running) {
      running = false;
    } else {
      attempt(record);
    }
  });
  live.tell((on) => {
    if (running && !on) {
      running = false;
      finish?.();
    }
  });
  $("filter").addEventListener("change", () => { shown = PAGE; showClips(); });
  $("more").addEventListener("click", () => { shown += PAGE; showClips(); });
  $("labels").replaceChildren(...[EACH, ...DIGITS, ...OTHERS].map((label) => new Option(label)));
  $("speaker").value = localStorage.getItem("speaker") ?? "";
  return { refresh };
}

function say(text, loud = false) {
  $("prompt").textContent = text;
  $("prompt").classList.toggle("loud", loud);
}

function showLevel(samples) {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length / 2 ** 30;
  const share = Math.max(0, Math.min(1, 1 + Math.log10(power + 1e-12) / 6)); // 60 dB
  $("loudness").style.setProperty("inline-size", `${100 * share}%`);
}

function showSplit({ clips, counts, speakers, folder }) {
  const spoken = clips.filter((clip) => !NOISES.includes(clip.label));
  const labels = [...DIGITS, ...new Set(spoken.map((clip) => clip.label).filter((label) => !DIGITS.includes(label)))];
  const most = Math.max(1, ...labels.map((label) => spoken.filter((clip) => clip.label === label).length));
  $("split").tBodies[0].replaceChildren(...labels.map((label) => {
    const row = element("tr"), name = element("th", "", label), cell = element("td", "stack");
    name.scope = "row";
    const numbers = SPLITS.map((split) => counts[split][label] ?? 0);
    cell.append(...numbers.map((number, i) => {
      const part = element("i", SPLITS[i]);
      part.style.setProperty("inline-size", `${(100 * number) / most}%`);
      return part;
    }));
    row.append(name, ...numbers.map((number) => element("td", "n", number || "–")), cell);
    return row;
  }));
  $("speakers").textContent = `${clips.length} clips of ${speakers} ${speakers === 1 ? "speaker" : "speakers"} in ${folder}`;
  $("split-problem").textContent = speakers && speakers < 3 ? "Fewer than three speakers: all are used for training, and testing uses synthesized voices." : "";
}

function confirmed(text) {
  const dialog = $("confirm");
  $("confirm-text").textContent = text;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((done) => dialog.addEventListener("close", () => done(dialog.returnValue === "delete"), { once: true }));
}
