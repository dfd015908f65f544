/**
 * A text as one word of zsh that stands for exactly these characters, whatever options are set.
 * @throws RangeError for NUL, which no shell word can hold.
 */
export function quote(text: string): string {
  if (text.includes("\0")) throw new RangeError("a shell word cannot hold NUL");
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** A text that a prompt shows as it is: `%` starts an escape there. */
export function quotePrompt(text: string): string {
  return text.replaceAll("%", "%%");
}
