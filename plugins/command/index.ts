export { type HeldLogin, holdLogin } from "./logins.ts";
export { commandProvider } from "./provider.ts";
