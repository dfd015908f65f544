// What a person sees of the steps: one line each, live on a terminal, a line every ten seconds elsewhere.

const LIVE_MS = 200;
const QUIET_MS = 10_000;
/** A step that was done before is not worth a line; one that takes longer than this is. */
const WORTH_A_LINE_MS = 700;

/**
 * @typedef {object} Output
 * @property {(text: string) => unknown} write
 * @property {boolean} [isTTY]
 * @property {number} [columns]
 */

/**
 * The line of a step.
 * @param {{index: number, total: number, name: string, elapsedMs: number, doing: string}} step
 */
export function stepLine({ index, total, name, elapsedMs, doing }) {
  return `step ${index} of ${total}  ${name.padEnd(12)}  ${formatSeconds(elapsedMs).padStart(7)}  ${doing}`;
}

/** @param {number} elapsedMs @returns {string} "0.4 s", "12 s", "3 min 05 s" */
export function formatSeconds(elapsedMs) {
  const seconds = elapsedMs / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  return `${Math.floor(seconds / 60)} min ${String(Math.floor(seconds % 60)).padStart(2, "0")} s`;
}

/**
 * Runs one step and shows it while it lasts.
 * @template T
 * @param {{index: number, total: number, name: string, output: Output}} step
 * @param {(say: (doing: string) => void) => Promise<T>} work `say` replaces the text of what is happening
 * @param {(result: T) => string} summary the closing text
 * @returns {Promise<T>}
 */
export async function showStep({ index, total, name, output }, work, summary) {
  const started = Date.now();
  let doing = "looking";
  let busy = false;
  const line = () => stepLine({ index, total, name, elapsedMs: Date.now() - started, doing });
  const live = () => output.write(`\r\u001b[2K${line().slice(0, (output.columns ?? 100) - 1)}`);
  const timer = setInterval(
    output.isTTY ? live : () => output.write(`${line()}\n`),
    output.isTTY ? LIVE_MS : QUIET_MS,
  );
  timer.unref();
  try {
    const result = await work((text) => {
      doing = text;
      if (!busy && !output.isTTY) output.write(`${line()}\n`);
      busy = true;
    });
    if (output.isTTY) output.write("\r\u001b[2K");
    doing = summary(result);
    if (busy || Date.now() - started > WORTH_A_LINE_MS) output.write(`${line()}\n`);
    return result;
  } catch (error) {
    if (output.isTTY) output.write("\r\u001b[2K");
    doing = "failed";
    output.write(`${line()}\n`);
    throw error;
  } finally {
    clearInterval(timer);
  }
}
