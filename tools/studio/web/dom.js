// DOM helpers for every part of the page.
export const $ = (id) => document.getElementById(id);

export function element(tag, name = "", content = "") {
  const made = document.createElement(tag);
  made.className = name;
  made.textContent = content;
  return made;
}

export function percent(share) {
  return `${Math.round(100 * share)} %`;
}
