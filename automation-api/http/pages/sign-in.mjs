// Shows who is signed in with this browser, and where to sign in or out. Nothing is shown where no issuer is set.
import { make, page } from "./dom.mjs";

const address = Reflect.get(globalThis, "location");
const place = page.getElementById("sign-in");

/** @typedef {{issuer: string | null, account: {name: string} | null}} Status */
const { issuer, account } = /** @type {Status} */ (await (await fetch("/api/v1/sign-in/status")).json());

async function signOut() {
  const reply = await fetch("/api/v1/sign-out", { method: "POST" });
  /** @typedef {{issuerUrl?: string | null}} SignedOut */
  const { issuerUrl } = /** @type {SignedOut} */ (reply.ok ? await reply.json() : {});
  address.assign(issuerUrl ?? "/");
}

if (account !== null) {
  const button = make("button", { type: "button" }, "Sign out");
  button.addEventListener("click", signOut);
  place.append(`Signed in as ${account.name}. `, button);
  place.hidden = false;
} else if (issuer !== null) {
  place.append(make("a", { href: "/api/v1/sign-in" }, `Sign in at ${new URL(issuer).host}`));
  place.hidden = false;
}
