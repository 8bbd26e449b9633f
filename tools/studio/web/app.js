// The page: selects the visible part, handles dropped files and errors.
import { createComparison } from "./compare.js";
import { $ } from "./dom.js";
import { createListener } from "./engine.js";
import { createListening } from "./listen.js";
import { createLive } from "./live.js";
import { createRecording } from "./record.js";
import { showReports } from "./reports.js";
import { createReview } from "./review.js";
import { hasServer, loadModule } from "./server.js";
import { decodeWav, MOST_BYTES } from "./wav.js";

// Errors are one line at the top, until an action succeeds.
async function attempt(act) {
  try {
    const done = await act();
    $("message").hidden = true;
    return done;
  } catch (error) {
    $("message").textContent = error.name === "NotAllowedError" ? "The browser may not use the microphone; allow it in the browser's settings." : error.message;
    $("message").hidden = false;
  }
}

async function readFile(file) {
  if (file.size > MOST_BYTES) {
    throw new Error(`${file.name}: ${Math.round(file.size / 1e6)} MB; the limit is ${MOST_BYTES / 1e6} MB`);
  }
  try {
    return decodeWav(await file.arrayBuffer(), judge.facts.rate);
  } catch (error) {
    throw new Error(`${file.name}: ${error.message}`);
  }
}

function openFile(file) {
  return attempt(async () => {
    const samples = await readFile(file);
    if (location.hash === "#compare") {
      await comparison.show(file.name, samples);
    } else {
      location.hash = "#listen";
      await listening.play(samples);
    }
  });
}

function showPart() {
  const parts = [...document.querySelectorAll("main > section")].filter((part) => hasServer || !("server" in part.dataset));
  const chosen = parts.find((part) => `#${part.id}` === location.hash) ?? parts[0];
  parts.forEach((part) => { part.hidden = part !== chosen; });
  document.querySelectorAll("nav a").forEach((link) => {
    if (link.hash === `#${chosen.id}`) {
      link.setAttribute("aria-current", "page");
    } else {
      link.removeAttribute("aria-current");
    }
  });
  document.title = `${chosen.querySelector("h1").textContent} · tinykws studio`;
  const refresh = { record: recording?.refresh, review: review?.refresh, reports: showReports }[chosen.id];
  if (hasServer && refresh) {
    attempt(refresh);
  }
}

function acceptDrops() {
  let inside = 0;
  const show = () => { $("drop").hidden = inside <= 0; };
  addEventListener("dragenter", (event) => { event.preventDefault(); inside++; show(); });
  addEventListener("dragleave", () => { inside--; show(); });
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    inside = 0;
    show();
    const [file] = event.dataTransfer.files;
    if (file) {
      openFile(file);
    }
  });
}

document.querySelectorAll("nav a[data-server]").forEach((link) => { link.hidden = !hasServer; });
if (!hasServer) {
  document.querySelector("nav").hidden = true;
}
const module = await attempt(loadModule);
const judge = createListener(module); // for clips, so that live listening is not disturbed
const listener = createListener(module);
const live = createLive(listener);
const listening = createListening(listener, live);
const comparison = hasServer ? createComparison(judge, listening, attempt) : undefined;
const recording = hasServer ? createRecording(judge, live, comparison, attempt) : undefined;
const review = hasServer ? createReview(judge, attempt) : undefined;

$("microphone").addEventListener("click", () => attempt(() => (live.on ? live.stop() : live.start())));
live.tell((on) => {
  $("microphone").setAttribute("aria-pressed", on);
  $("microphone").querySelector("span").textContent = on ? "Stop listening" : "Start listening";
});
for (const id of ["open", "compare-open"]) {
  $(id).addEventListener("change", ({ target }) => {
    const [file] = target.files;
    target.value = "";
    if (file) {
      openFile(file);
    }
  });
}
acceptDrops();
addEventListener("hashchange", showPart);
showPart();

// For the console and for tests: the audio and the results.
globalThis.studio = { listener, listening, live, ready: true };
