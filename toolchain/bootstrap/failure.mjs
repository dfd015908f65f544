/**
 * Why a step of the bootstrap could not be done, in the three things a reader needs.
 * what: the thing that is not available; why: the cause found; next: things to try, best first.
 */
export class Failure extends Error {
  /**
   * @param {{what: string, why: string, next: string[]}} account
   */
  constructor({ what, why, next }) {
    super(`${what}: ${why}`);
    this.name = "Failure";
    this.what = what;
    this.why = why;
    this.next = next;
  }

  /** The account as indented lines for a terminal. */
  toText() {
    const [first = "", ...rest] = this.next;
    return [
      `  what   ${this.what}`,
      `  why    ${this.why.trimEnd().split("\n").join("\n         ")}`,
      `  next   ${first}`,
      ...rest.map((line) => `    or   ${line}`),
    ].join("\n");
  }
}
