// Scores as bars.
import { element, percent } from "./dom.js";

// Makes a list of bars; returns a function that sets them to int8 scores.
export function scoreBars(list, { labels, thresholds, facts }, shown = labels.map((_, i) => i)) {
  const rows = shown.map((label) => {
    const row = element("li", thresholds[label] === facts.never ? "other" : "");
    const bar = element("div", "bar"), fill = element("i"), value = element("output");
    bar.setAttribute("role", "meter");
    bar.setAttribute("aria-label", labels[label]);
    bar.setAttribute("aria-valuemin", 0);
    bar.setAttribute("aria-valuemax", 100);
    bar.append(fill);
    if (thresholds[label] !== facts.never) {
      bar.title = `Detection threshold: ${percent(thresholds[label] / 256)}`;
      bar.style.setProperty("--threshold", `${(100 * thresholds[label]) / 256}%`);
      bar.append(element("b"));
    }
    row.append(element("span", "name", labels[label]), bar, value);
    return { row, label, bar, fill, value };
  });
  list.replaceChildren(...rows.map(({ row }) => row));
  const set = (scores) => {
    for (const { row, label, bar, fill, value } of rows) {
      const share = scores ? (scores[label] - facts.scoreZero) / 256 : 0;
      fill.style.setProperty("inline-size", share >= 0.005 ? `${100 * share}%` : 0);
      bar.setAttribute("aria-valuenow", Math.round(100 * share));
      value.textContent = share >= 0.005 ? percent(share) : "";
      row.classList.toggle("high", share >= thresholds[label] / 256);
    }
  };
  set();
  return set;
}
