import { z } from "zod";
import { quote, quotePrompt } from "./quote.ts";

const names = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"] as const;
const colour = z
  .union([z.enum(names), z.int().min(0).max(255), z.string().regex(/^#[0-9a-f]{6}$/i, "expected #rrggbb")])
  .describe("A name, a number of the 256 colours, or #rrggbb where the terminal has 24 bits.");
type Colour = z.output<typeof colour>;

const text = z
  .string()
  .max(40)
  .regex(/^\P{Cc}*$/u, "must be without control characters");
/** Two of them leave a separator of `byUser` free. */
const short = text.min(1).max(8);
const look = { colour: colour.optional(), bold: z.boolean().default(false) };
const plain = <K extends string>(kind: K) => z.strictObject({ kind: z.literal(kind), ...look });

export const segmentSchema = z.discriminatedUnion("kind", [
  plain("user"),
  plain("host"),
  z.strictObject({
    kind: z.literal("directory"),
    ...look,
    depth: z.int().min(1).max(10).default(3).describe("Trailing parts of the path that are shown."),
  }),
  plain("git").describe(
    "Branch and state of the work tree, found beside the prompt and filled in when known.",
  ),
  plain("status").describe("The last command's exit code, unless it is 0."),
  z.strictObject({
    kind: z.literal("duration"),
    ...look,
    atLeastSeconds: z.int().min(0).max(3600).default(3).describe("Shorter commands are passed over."),
  }),
  plain("jobs").describe("How many jobs are suspended or in the background, unless none is."),
  plain("time").describe("Hours and minutes."),
  z.strictObject({ kind: z.literal("text"), ...look, text: text.min(1) }),
  z.strictObject({ kind: z.literal("newline") }),
  z.strictObject({
    kind: z.literal("character"),
    text: short.default("❯"),
    colour: colour.default("green"),
    failed: colour.default("red").describe("Its colour after a command that failed."),
    root: short.default("#").describe("What root sees in its place."),
  }),
]);

export type Segment = z.output<typeof segmentSchema>;

export const promptSchema = z.strictObject({
  left: z.array(segmentSchema).min(1).max(20),
  right: z.array(segmentSchema).max(10).default([]),
});

export type Prompt = z.output<typeof promptSchema>;

/** Slots of `psvar`. Text in them is shown and never evaluated, so a branch called `$(reboot)` is only a name. */
const gitSlot = 1;
const durationSlot = 2;

/** The assignments that make a prompt. Pure. */
export function renderPrompt({ left, right }: Prompt): string {
  const all = [...left, ...right];
  const duration = all.find(({ kind }) => kind === "duration");
  const lines = [
    "setopt no_prompt_subst prompt_percent prompt_cr prompt_sp",
    `PROMPT=${quote(`${render(left)}${endsOpen(left) ? " " : ""}`)}`,
    `RPROMPT=${quote(render(right))}`,
    ...(duration?.kind === "duration" ? [`typeset -gi _roost_duration_from=${duration.atLeastSeconds}`] : []),
  ];
  return `${lines.join("\n")}\n`;
}

/** Parts of the run-time support that a prompt needs. */
export function promptParts({ left, right }: Prompt): { git: boolean; duration: boolean } {
  const kinds = new Set([...left, ...right].map(({ kind }) => kind));
  return { git: kinds.has("git"), duration: kinds.has("duration") };
}

function endsOpen(segments: readonly Segment[]): boolean {
  return segments.at(-1)?.kind !== "newline";
}

/** Segments with one blank between those that show something. A conditional one brings its own blank. */
function render(segments: readonly Segment[]): string {
  let made = "";
  let isStart = true;
  for (const segment of segments) {
    if (segment.kind === "newline") {
      made += "\n";
      isStart = true;
      continue;
    }
    const { shown, condition } = show(segment);
    const blank = isStart ? "" : " ";
    if (condition === undefined) {
      made += blank + shown;
      isStart = false;
    } else {
      // At the start of a line the blank follows, so that nothing is left of a segment that shows nothing.
      const part = isStart ? `${shown} ` : `${blank}${shown}`;
      made += condition === "?" ? `%(?..${part})` : `%(${condition}.${part}.)`;
    }
  }
  return made;
}

/** `condition`: the test `x` of zsh's `%(x.true.false)`; `?`, success, is the one under which nothing is shown. */
function show(segment: Exclude<Segment, { kind: "newline" }>): { shown: string; condition?: string } {
  switch (segment.kind) {
    case "user":
      return { shown: paint("%n", segment) };
    case "host":
      return { shown: paint("%m", segment) };
    case "directory":
      return { shown: paint(`%${segment.depth}~`, segment) };
    case "git":
      return { shown: paint(`%${gitSlot}v`, segment), condition: `${gitSlot}V` };
    case "status":
      return { shown: paint("%?", segment), condition: "?" };
    case "duration":
      return { shown: paint(`%${durationSlot}v`, segment), condition: `${durationSlot}V` };
    case "jobs":
      return { shown: paint("%j", segment), condition: "1j" };
    case "time":
      return { shown: paint("%D{%H:%M}", segment) };
    case "text":
      return { shown: paint(quotePrompt(segment.text), segment) };
    case "character":
      return {
        shown: `%(?.${begin(segment.colour)}.${begin(segment.failed)})${byUser(segment.root, segment.text)}%f`,
      };
  }
}

/** What root sees, and others; parted by a character that is in neither. */
function byUser(root: string, other: string): string {
  const part = [...'.:,;|/+~^@_=-!*&"'].find((character) => !`${root}${other}`.includes(character));
  const [first, second] = [root, other].map((shown) => quotePrompt(shown).replaceAll(")", "%)"));
  return `%(!${part}${first}${part}${second})`;
}

function paint(shown: string, { colour: wanted, bold }: { colour?: Colour; bold: boolean }): string {
  const painted = wanted === undefined ? shown : `${begin(wanted)}${shown}%f`;
  return bold ? `%B${painted}%b` : painted;
}

function begin(wanted: Colour): string {
  return `%F{${wanted}}`;
}
