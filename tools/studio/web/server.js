// External data: from the studio's server or, if the page was exported, embedded in it.
const inside = document.getElementById("inside");
const contents = inside && JSON.parse(inside.textContent);

export const hasServer = !contents;

export async function loadModule() {
  if (hasServer) {
    return WebAssembly.compile(await (await fetch("kws.wasm")).arrayBuffer());
  }
  return WebAssembly.compile(fromBase64(contents.wasm));
}

// A page opened as a file may not load it from a Blob.
export function captureUrl() {
  return hasServer ? "capture.js" : `data:text/javascript,${encodeURIComponent(contents.capture)}`;
}

// Returns JSON or samples; throws the server's error message.
export async function ask(method, path, query = {}, body = undefined) {
  const token = document.querySelector('meta[name="studio-token"]').content;
  const address = `api/${path}?${new URLSearchParams(query)}`;
  const headers = method === "GET" ? {} : { "X-Studio-Token": token };
  let response;
  try {
    response = await fetch(address, { method, body, headers });
  } catch {
    throw new Error("the studio does not respond; is it still running?");
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
