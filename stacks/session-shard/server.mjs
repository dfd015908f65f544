// What a session of the template "desk" runs, which a first start makes: a page that says whose it is.
import http from "node:http";

const { HOST = "127.0.0.1", PORT = "8080", SESSION_ID = "none" } = process.env;
const since = new Date();
let visits = 0;

/** @param {string} text */
function escapeHtml(text) {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** @param {string} user */
const page = (user) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Desk of ${escapeHtml(user)}</title>
<style>
  :root { color-scheme: light dark }
  body { margin: 0; min-height: 100vh; display: grid; place-items: center; font: 1rem/1.6 system-ui, sans-serif }
  main { width: min(36rem, 90%) } dl { display: grid; grid-template-columns: max-content 1fr; gap: .35rem 1.5rem }
  dt { opacity: .7 } dd { margin: 0; font-family: ui-monospace, monospace; overflow-wrap: anywhere }
</style>
<main>
  <h1>The desk of ${escapeHtml(user)}</h1>
  <dl>
    <dt>Session</dt><dd>${escapeHtml(SESSION_ID)}</dd>
    <dt>Address</dt><dd>${escapeHtml(`${HOST}:${PORT}`)}</dd>
    <dt>Runs since</dt><dd>${since.toISOString()}</dd>
    <dt>Visits</dt><dd>${visits}</dd>
  </dl>
  <p>It is a process of its own, at an address and an origin of its own. It ends by <code>roost session end</code>, when
  nobody uses it for half an hour, or when its time is over.</p>
</main>
</html>
`;

http
  .createServer((request, response) => {
    if (request.url === "/") visits += 1;
    response.setHeader("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'");
    response.setHeader("content-type", "text/html; charset=utf-8");
    response.end(page(String(request.headers["x-roost-user"] ?? "nobody")));
  })
  .listen(Number(PORT), HOST, () => console.log(`the desk ${SESSION_ID} is ready`));
