// The page on which people choose what goes in a reset, see what that does, carry it out and take it back.
import { formatBytes } from "./bytes.mjs";
import { Choice, leafOf, treeOf } from "./choice.mjs";
import { make, page } from "./dom.mjs";

/** @typedef {import("./choice.mjs").Node} Node */
/** @typedef {{id: string, state: string, error: string | null} | null} Run */
/**
 * @typedef {object} Reset
 * @property {string} id
 * @property {string} title
 * @property {string} state
 * @property {{freedBytes: number, packages: number, removed: number, changed: number, created: number}} summary
 * @property {{state: string, step: number | null, steps: number | null} | null} progress
 * @property {string | null} confirmBefore
 * @property {Run} deployment
 * @property {Run} undo
 * @property {string} createdAt
 */
/** @typedef {{name: string, version: string, bytes: number, class: string, reasons: string[], neededBy: string[]}} Package */

const find = (/** @type {string} */ selector) => page.querySelector(selector);
const pollMilliseconds = 1_000;

/** In this page's memory only: it goes with the page. */
let token = "";
let choice = new Choice();
/** @type {any} */
let planned;
/** @type {Package[]} */
let known = [];
/** Of each path that is shown: looks again how much of it goes. @type {(() => void)[]} */
let looks = [];

/** @param {string} method @param {string} path @param {object} [body] */
async function call(method, path, body) {
  /** @type {Record<string, string>} */
  const headers = {};
  if (token) headers.authorization = `Bearer ${token}`;
  if (body) headers["content-type"] = "application/json";
  const reply = await fetch(`/api/v1/${path}`, { method, headers, body: body && JSON.stringify(body) });
  const said = /** @type {any} */ (await reply.json());
  if (reply.ok) return said;
  const faults = (said.faults ?? []).map(
    (/** @type {{field: string, message: string, allowed?: string}} */ { field, message, allowed }) =>
      `${field} ${message}${allowed ? ` (${allowed})` : ""}`,
  );
  throw new Error([said.detail, ...faults].join("; "));
}

/** Nothing else is begun while something is waited for, and what fails is said. */
async function during(/** @type {string} */ words, /** @type {() => Promise<unknown>} */ work) {
  const status = find("#said");
  status.textContent = words;
  status.className = "";
  find("main").inert = true;
  try {
    await work();
    if (status.textContent === words) status.textContent = "";
  } catch (error) {
    status.textContent = error instanceof Error ? error.message : String(error);
    status.className = "fault";
  } finally {
    find("main").inert = false;
  }
}

/** @param {string} selector @param {string} words @param {(form: any) => Promise<unknown>} work */
function onSubmit(selector, words, work) {
  const form = find(selector);
  form.addEventListener("submit", (/** @type {any} */ event) => {
    event.preventDefault();
    void during(words, () => work(form.elements));
  });
}

const host = () => find("#what").elements.host.value;
const profile = () => find("#what").elements.profile.value;

async function showHosts() {
  const [hosts, profiles] = await Promise.all([
    call("GET", "hosts?limit=200"),
    call("GET", "reset/profiles"),
  ]);
  if (hosts.items.length === 0) throw new Error("There is no host yet: roost host add.");
  const options = hosts.items.map((/** @type {{name: string}} */ { name }) => make("option", {}, name));
  find("#what").elements.host.replaceChildren(...options);
  const choices = profiles.items.map(
    (/** @type {{name: string, summary: string}} */ { name, summary }, /** @type {number} */ index) =>
      make(
        "label",
        {},
        make("input", { type: "radio", name: "profile", value: name, checked: index === 0 }),
        make("b", {}, ` ${name} `),
        summary,
      ),
  );
  find("#profiles").append(...choices);
  find("#connect").hidden = true;
  find("#what").hidden = false;
  await showResets();
}

async function preview() {
  planned = await call("POST", "reset/preview", choice.request(host(), profile()));
  const { summary, services, ports, users, people, others, renewed, kept, confirm } = planned;
  const facts = {
    "Given back": formatBytes(summary.freedBytes),
    Packages: summary.packages,
    "Paths removed": summary.removed,
    "Paths changed": summary.changed,
    "Paths made": summary.created,
    "Services that go": services.join(", "),
    "Ports that close": ports.map((/** @type {{port: string}} */ { port }) => port).join(", "),
    "Not of apt": others
      .map((/** @type {{manager: string, name: string}} */ { manager, name }) => `${manager} ${name}`)
      .join(", "),
    "Folders of": people
      .map(
        (/** @type {{name: string, paths: number, bytes: number}} */ { name, paths, bytes }) =>
          `${name} (${paths} paths, ${formatBytes(bytes)})`,
      )
      .join(", "),
    "People who lose their accounts": users.join(", "),
    Renewed: renewed.join(", "),
    "Stays all the same": kept
      .map((/** @type {{name: string, reason: string}} */ { name, reason }) => `${name}: ${reason}`)
      .join("; "),
  };
  const told = Object.entries(facts).filter(([, value]) => value !== "" && value !== 0);
  find("#effects").replaceChildren(
    ...told.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]),
  );
  showPackages();
  const tree = treeOf(planned.changes);
  const largest = Math.max(1, ...tree.map(({ bytes }) => bytes));
  looks = [];
  const stay = [...choice.paths.exclude].map((path) => pathItem(leafOf(path), largest));
  find("#paths").replaceChildren(
    ...tree.map((node) => pathItem(node, largest)),
    ...(stay.length > 0 ? [group("stay by choice", stay, true)] : []),
  );
  find("#words").hidden = confirm === null;
  find("#words code").textContent = confirm ?? "";
  find("#execute").disabled = planned.changes.length === 0;
  find("#preview").hidden = false;
}

/** What is shown is no longer what would be done. */
function isStale() {
  find("#execute").disabled = true;
}

/** @param {string} title @param {unknown[]} items @param {boolean} open */
function group(title, items, open) {
  const summary = make("summary", {}, `${title} (${items.length})`);
  return make("li", {}, make("details", { open }, summary, make("ul", {}, ...items)));
}

function showPackages() {
  const going = new Set(planned.packages.map((/** @type {Package} */ { name }) => name));
  const items = (/** @type {Package[]} */ packages) =>
    packages.map((each) => packageItem(each, going.has(each.name)));
  const staying = Map.groupBy(
    known.filter(({ name }) => !going.has(name)),
    (each) => each.class,
  );
  find("#packages").replaceChildren(
    group("go", items(planned.packages), true),
    ...[...staying].map(([name, packages]) => group(`stay: ${name}`, items(packages), false)),
  );
}

/** @param {Package} found @param {boolean} goes */
function packageItem({ name, version, bytes, class: kind, reasons, neededBy }, goes) {
  const box = make("input", { type: "checkbox", checked: goes && !choice.packages.exclude.has(name) });
  box.addEventListener("change", () => {
    choice.set("packages", [name], box.checked);
    isStale();
  });
  const needed = neededBy.length > 0 ? `; needed by ${neededBy.join(", ")}` : "";
  const why = make("small", {}, `${formatBytes(bytes)}; ${kind}: ${reasons.join(" ")}${needed}`);
  return make("li", {}, make("label", {}, box, ` ${name} ${version} `, why));
}

/**
 * A folder's content is made when it is opened: there can be very many.
 * @param {Node} node @param {number} largest
 */
function pathItem(node, largest) {
  const { name, path, kind, bytes, leaves, children } = node;
  const box = make("input", { type: "checkbox", disabled: leaves.length === 0, ariaLabel: path });
  const look = () => {
    const state = choice.stateOf(node);
    box.checked = leaves.length > 0 && state !== "none";
    box.indeterminate = state === "some";
  };
  look();
  looks.push(look);
  box.addEventListener("change", () => {
    const others = leaves.filter((each) => choice.paths.exclude.has(each) === box.checked);
    choice.set("paths", others, box.checked);
    for (const each of looks) each();
    isStale();
  });
  const size = bytes > 0 ? [make("meter", { max: largest, value: bytes }), ` ${formatBytes(bytes)}`] : [];
  const words = [box, ` ${name} `, make("small", {}, kind ?? "", " ", ...size)];
  if (children.length === 0) return make("li", {}, make("label", {}, ...words));
  const list = make("ul");
  const folder = make("details", {}, make("summary", {}, ...words), list);
  folder.addEventListener("toggle", () => {
    if (list.childElementCount === 0) list.append(...children.map((child) => pathItem(child, largest)));
  });
  return make("li", {}, folder);
}

async function showResets() {
  const { items } = await call("GET", `host-actions?kind=reset&host=${encodeURIComponent(host())}`);
  const done = items.filter((/** @type {Reset} */ { state }) => state !== "planned");
  find("#resets").hidden = done.length === 0;
  // How far one is, its host says when it is asked for this one.
  const told = await Promise.all(
    done.map((/** @type {Reset} */ one) => (isUnderWay(one) ? call("GET", `reset/status/${one.id}`) : one)),
  );
  find("#resets tbody").replaceChildren(...told.map(resetRow));
  return done.some(isUnderWay);
}

const isUnderWay = (/** @type {Reset} */ { state }) => /ing$/.test(state);

/** @param {Reset} reset */
function wordsOf({ state, progress, confirmBefore }) {
  if (progress?.step) return `${state}: step ${progress.step} of ${progress.steps}`;
  if (progress) return `${state}: ${progress.state}`;
  if (state === "unconfirmed" && confirmBefore)
    return `unconfirmed: goes back by itself at ${new Date(confirmBefore).toLocaleTimeString()}`;
  return state === "lapsed" ? "lapsed: not confirmed in time, so the host took it back" : state;
}

/** @param {Reset} reset */
function resetRow(reset) {
  const { id, title, state, summary, deployment, undo, createdAt } = reset;
  const fault = undo?.error ?? deployment?.error;
  /** @type {any[]} */
  const buttons = [];
  const button = (/** @type {string} */ text, /** @type {string} */ path, /** @type {object} */ body) => {
    const made = make("button", { type: "button" }, text);
    made.addEventListener(
      "click",
      () => void during(`${text} …`, () => call("POST", path, body).then(watch)),
    );
    buttons.push(made);
  };
  if (state === "unconfirmed") button("Confirm", `host-actions/${id}/confirm`, {});
  if (state === "applied" || state === "unconfirmed") {
    const isStopped = undo?.state === "failed";
    button("Take it back", "reset/rollback", { reset: id, onChange: "stop" });
    if (isStopped)
      button("… and keep what people changed", "reset/rollback", { reset: id, onChange: "keep" });
    if (isStopped) button("… and replace it", "reset/rollback", { reset: id, onChange: "replace" });
  }
  return make(
    "tr",
    {},
    make("td", {}, new Date(createdAt).toLocaleString()),
    make("td", {}, title),
    make("td", {}, wordsOf(reset), fault ? make("p", { className: "fault" }, fault) : ""),
    make("td", {}, formatBytes(summary.freedBytes)),
    make("td", {}, ...buttons),
  );
}

/** Follows what is under way to its end. */
async function watch() {
  while (await showResets()) await new Promise((resolve) => setTimeout(resolve, pollMilliseconds));
}

onSubmit("#connect", "Signing in …", async ({ token: field }) => {
  token = field.value.trim();
  await showHosts();
});
onSubmit("#what", "Rehearsing on the host …", async () => {
  choice = new Choice();
  known = (await call("GET", `reset/analyze?host=${encodeURIComponent(host())}`)).packages;
  await preview();
});
onSubmit("#more", "Rehearsing on the host …", async ({ path: field }) => {
  choice.set("paths", [field.value.replace(/(?<=.)\/+$/, "")], true);
  await preview();
  field.value = "";
});
onSubmit("#act", "Carrying it out …", async ({ confirm }) => {
  const words = planned.confirm === null ? {} : { confirm: confirm.value };
  await call("POST", "reset/execute", { reset: planned.id, planHash: planned.planHash, ...words });
  find("#preview").hidden = true;
  await watch();
  // What would go back otherwise stays once a login of its own has succeeded.
  const { state } = await call("GET", `reset/status/${planned.id}`);
  if (state !== "unconfirmed") return;
  await call("POST", `host-actions/${planned.id}/confirm`, {});
  await watch();
});
find("#again").addEventListener("click", () => void during("Rehearsing on the host …", preview));
find("#what").elements.host.addEventListener("change", () => {
  find("#preview").hidden = true;
  void during("", showResets);
});

const { account } = /** @type {{account: object | null}} */ (
  await (await fetch("/api/v1/sign-in/status")).json()
);
if (account === null) find("#connect").hidden = false;
else await during("", showHosts);
