// The web service of the "hello" stack: one file that needs nothing but Node.
// By environment: HOST, PORT, MESSAGE, REPLICA, VERSION, and API_KEY, of which it only ever says whether it is there.
import http from "node:http";

const { HOST = "127.0.0.1", PORT = "8080", MESSAGE = "Hello", REPLICA = "1", VERSION = "none" } = process.env;
const facts = {
  message: MESSAGE,
  replica: Number(REPLICA),
  version: VERSION,
  apiKey: process.env.API_KEY ? "given" : "not given",
};

/** @param {string} text */
function escapeHtml(text) {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(MESSAGE)}</title>
<style>
  :root { color-scheme: light dark; --ink: #1d2433; --soft: #5c667a; --paper: #f6f5f1; --card: #fff; --line: #dcd9d0; --mark: #b4532a }
  @media (prefers-color-scheme: dark) {
    :root { --ink: #eceae4; --soft: #a3a9b5; --paper: #171a20; --card: #1f232b; --line: #343a45; --mark: #e5895f }
  }
  body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem; box-sizing: border-box;
    background: var(--paper); color: var(--ink); font: 1rem/1.6 system-ui, sans-serif }
  main { width: min(40rem, 100%); padding: 2.5rem; box-sizing: border-box; background: var(--card);
    border: 1px solid var(--line); border-top: 4px solid var(--mark); border-radius: 8px }
  h1 { margin: 0 0 1.5rem; font: 600 clamp(1.8rem, 6vw, 2.8rem)/1.15 Georgia, serif; overflow-wrap: anywhere }
  dl { display: grid; grid-template-columns: max-content 1fr; gap: .35rem 1.5rem; margin: 0 0 1.5rem }
  dt { color: var(--soft) } dd { margin: 0; font-family: ui-monospace, monospace }
  p { margin: 0; color: var(--soft); border-top: 1px solid var(--line); padding-top: 1.25rem }
</style>
<main>
  <h1>${escapeHtml(MESSAGE)}</h1>
  <dl>
    <dt>Replica</dt><dd>${escapeHtml(REPLICA)}</dd>
    <dt>Version</dt><dd>${escapeHtml(VERSION)}</dd>
    <dt>API key</dt><dd>${facts.apiKey}</dd>
    <dt>Address</dt><dd>${escapeHtml(`${HOST}:${PORT}`)}</dd>
  </dl>
  <p>This service was deployed by Roost, a self-hosted platform on Pulumi. Every deploy is a stack update: change the
  message of this stack and the page follows; destroy the stack and nothing of it is left.</p>
</main>
</html>
`;

/** @type {Record<string, [type: string, body: string]>} */
const answers = {
  "/": ["text/html; charset=utf-8", page],
  "/health": ["text/plain; charset=utf-8", "ok\n"],
  "/facts": ["application/json", `${JSON.stringify(facts)}\n`],
};

const server = http.createServer((request, response) => {
  const [type, body] = answers[new URL(request.url ?? "/", "http://hello").pathname] ?? [];
  response.setHeader("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'");
  response.setHeader("x-content-type-options", "nosniff");
  response.setHeader("content-type", type ?? "text/plain; charset=utf-8");
  response.statusCode = body === undefined ? 404 : 200;
  response.end(body ?? "There is nothing here.\n");
});

process.on("SIGTERM", () => {
  server.close();
  server.closeIdleConnections();
});
server.listen(Number(PORT), HOST, () => console.log(`replica ${REPLICA} listens at http://${HOST}:${PORT}`));
