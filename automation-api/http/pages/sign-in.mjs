// Shows who is signed in with this browser, and where to sign in or out. Nothing is shown where no issuer is set.
const page = Reflect.get(globalThis, "document");
const address = Reflect.get(globalThis, "location");
const place = page.getElementById("sign-in");

/** @typedef {{issuer: string | null, account: {name: string} | null}} Status */
const { issuer, account } = /** @type {Status} */ (await (await fetch("/api/v1/sign-in/status")).json());

/** @param {string} name @param {Record<string, string>} attributes @param {string} text */
function element(name, attributes, text) {
  const made = page.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}

async function signOut() {
  const reply = await fetch("/api/v1/sign-out", { method: "POST" });
  /** @typedef {{issuerUrl?: string | null}} SignedOut */
  const { issuerUrl } = /** @type {SignedOut} */ (reply.ok ? await reply.json() : {});
  address.assign(issuerUrl ?? "/");
}

if (account !== null) {
  const button = element("button", { type: "button" }, "Sign out");
  button.addEventListener("click", signOut);
  place.append(`Signed in as ${account.name}. `, button);
  place.hidden = false;
} else if (issuer !== null) {
  place.append(element("a", { href: "/api/v1/sign-in" }, `Sign in at ${new URL(issuer).host}`));
  place.hidden = false;
}
