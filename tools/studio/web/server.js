// What the page gets from elsewhere: the studio's server, or, exported, from inside itself.
const inside = document.getElementById("inside");
const contents = inside && JSON.parse(inside.textContent);

export const hasServer = !contents;

export async function loadModule() {
  if (hasServer) {
    return WebAssembly.compile(await (await fetch("kws.wasm")).arrayBuffer());
  }
  return WebAssembly.compile(fromBase64(contents.wasm));
}

// Opened as a file, the page may not load it from a Blob.
export function captureUrl() {
  return hasServer ? "capture.js" : `data:text/javascript,${encodeURIComponent(contents.capture)}`;
}

// JSON, or an error with what the server says.
export async function ask(method, path, query = {}, body = undefined) {
  const token = document.querySelector('meta[name="studio-token"]').content;
  const address = `api/${path}?${new URLSearchParams(query)}`;
  const headers = method === "GET" ? {} : { "X-Studio-Token": token };
  let response;
  try {
    response = await fetch(address, { method, body, headers });
  } catch {
    throw new Error("the studio does not answer; is it still running?");
  }
  const type = response.headers.get("Content-Type") ?? "";
  if (response.ok && type.startsWith("audio/")) {
    return response.arrayBuffer();
  }
  const answer = await response.json();
  if (!response.ok) {
    throw new Error(answer.error);
  }
  return answer;
}

export function fromBase64(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}
