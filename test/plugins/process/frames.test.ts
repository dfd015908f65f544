import { expect, it } from "@jest/globals";
import fc from "fast-check";
import {
  encodeData,
  encodeFrame,
  encodeJson,
  type Frame,
  FrameError,
  FrameReader,
  frameBytes,
  kinds,
} from "../../../plugins/process/frames.ts";

const frame = fc.record({
  kind: fc.constantFrom(...kinds),
  content: fc.uint8Array({ maxLength: 3_000 }).map((bytes) => Buffer.from(bytes)),
});

function readAll(reader: FrameReader, bytes: Buffer, cuts: number[]): Frame[] {
  const frames: Frame[] = [];
  let at = 0;
  for (const cut of [...cuts, bytes.length]) {
    frames.push(...reader.read(bytes.subarray(at, at + cut)));
    at += cut;
    if (at >= bytes.length) break;
  }
  frames.push(...reader.read(bytes.subarray(Math.min(at, bytes.length))));
  return frames;
}

it("reads every series of frames as it was written, however the stream is cut into pieces", () => {
  fc.assert(
    fc.property(
      fc.array(frame, { maxLength: 8 }),
      fc.array(fc.nat(500), { maxLength: 40 }),
      (frames, cuts) => {
        const bytes = Buffer.concat(frames.map(({ kind, content }) => encodeFrame(kind, content)));
        const reader = new FrameReader();
        const read = readAll(reader, bytes, cuts);
        expect(read.map(({ kind, content }) => [kind, content.toString("hex")])).toEqual(
          frames.map(({ kind, content }) => [kind, content.toString("hex")]),
        );
        expect(reader.isEmpty).toBe(true);
      },
    ),
  );
});

it("gives nothing for a frame that was cut off, and knows that something is missing", () => {
  fc.assert(
    fc.property(frame, fc.nat(), ({ kind, content }, where) => {
      const bytes = encodeFrame(kind, content);
      const reader = new FrameReader();
      const cut = where % bytes.length;
      expect(reader.read(bytes.subarray(0, cut))).toEqual([]);
      expect(reader.isEmpty).toBe(cut === 0);
      expect(reader.read(bytes.subarray(cut))).toHaveLength(1);
    }),
  );
});

it("splits data of any length into frames that the other side accepts", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4 * frameBytes }), (length) => {
      const data = Buffer.alloc(length, "x");
      const frames = new FrameReader().read(Buffer.concat(encodeData("stdout", data)));
      expect(Buffer.concat(frames.map(({ content }) => content)).equals(data)).toBe(true);
      expect(frames.every(({ content }) => content.length > 0 && content.length <= frameBytes)).toBe(true);
    }),
    { numRuns: 20 },
  );
});

const strange: [string, Buffer][] = [
  ["an unknown kind", Buffer.from([0, 0, 0, 0, kinds.length])],
  ["a length beyond all frames", Buffer.from([0xff, 0xff, 0xff, 0xff, kinds.indexOf("stdout")])],
  ["a request beyond what an environment can hold", Buffer.from([0x7f, 0, 0, 0, kinds.indexOf("request")])],
  ["a request for a key, as to an agent for SSH keys", Buffer.from([0, 0, 0, 1, 11, 0, 0, 0, 1, 13])],
];

it.each(strange)("refuses %s before it waits for its content", (_what, bytes) => {
  expect(() => new FrameReader().read(bytes)).toThrow(FrameError);
});

it("writes JSON as the other side reads it", () => {
  const [frame] = new FrameReader().read(encodeJson("exit", { code: 3, signal: null }));
  expect(JSON.parse(String(frame?.content))).toEqual({ code: 3, signal: null });
});
