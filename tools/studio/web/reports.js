// Lists the reports of training runs.
import { $, element } from "./dom.js";
import { ask } from "./server.js";

export async function showReports() {
  const { runs, folder } = await ask("GET", "runs");
  $("runs").replaceChildren(...runs.map(({ name, accuracy }) => {
    const row = element("li"), link = element("a", "", name);
    link.href = `runs/${encodeURIComponent(name)}`;
    link.target = "_blank";
    link.rel = "noopener";
    row.append(link, element("span", "quiet", accuracy === null ? "" : `${(100 * accuracy).toFixed(2)} % of development windows, int8`));
    return row;
  }));
  $("runs-none").textContent = runs.length ? "" : `None in ${folder}; make one with python -m train.kws.`;
}
