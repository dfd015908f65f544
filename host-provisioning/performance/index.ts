import { readFileSync } from "node:fs";

export { pictureStyle, toPicture } from "./picture.ts";
export { type Reading, readReading } from "./reading.ts";
export { type Sample, samplesOf, type TimedReading } from "./samples.ts";

/** The probe of a sample, without its mark; `readReading` reads what it prints. */
export const sampleScript = readFileSync(new URL("./sample.sh", import.meta.url), "utf8");
