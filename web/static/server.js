// What the page asks its own server for; errors become one sentence.

export async function request(address, body, type) {
  let response;
  try {
    response = await fetch(address, { method: "POST", body, headers: { "Content-Type": type } });
  } catch {
    throw new Error("The server does not answer; is the command still running?");
  }
  if (!response.ok) throw new Error(await response.text());
  return response;
}

export const sendJson = (address, fields) =>
  request(address, JSON.stringify(fields), "application/json");

// Calls `ask` for the newest state alone: while one request is under way, older states are skipped.
export function newestOnly(ask) {
  let waiting = null;
  let busy = false;
  return async function update(state) {
    waiting = state;
    if (busy) return;
    busy = true;
    try {
      while (waiting !== null) {
        const next = waiting;
        waiting = null;
        await ask(next);
      }
    } finally {
      busy = false;
    }
  };
}
