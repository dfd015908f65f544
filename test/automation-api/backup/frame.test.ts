import { beforeAll, expect, it } from "@jest/globals";
import { frameBytes, openFrames, sealFrames } from "../../../automation-api/backup/frame.ts";
import { newSeal, type Seal, sealOf } from "../../../automation-api/backup/seal.ts";

const passphrase = "a passphrase of a test";

async function* pieces(...all: Buffer[]) {
  yield* all;
}

async function collect(source: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const piece of source) all.push(piece);
  return Buffer.concat(all);
}

/** Made once: each costs half a second. */
const seals = {} as Record<"encrypted" | "in clear", Seal>;
beforeAll(async () => {
  seals.encrypted = await newSeal(passphrase);
  seals["in clear"] = await newSeal(undefined);
});

const seal = (data: Buffer, by: Seal) => collect(sealFrames(pieces(data), by));
const open = (file: Buffer, by: Seal) => collect(openFrames(pieces(file), async () => by));

for (const name of ["encrypted", "in clear"] as const) {
  const sealed = (data: Buffer) => seal(data, seals[name]);
  const opened = (file: Buffer) => open(file, seals[name]);
  const tagBytes = name === "encrypted" ? 16 : 32;

  it.each([0, 1, frameBytes - 1, frameBytes, frameBytes + 1, 3 * frameBytes])(
    `a file ${name} of %i bytes comes back as it was`,
    async (length) => {
      const data = Buffer.alloc(length, "roost");
      expect((await opened(await sealed(data))).equals(data)).toBe(true);
    },
  );

  it(`a file ${name} that is cut anywhere is refused`, async () => {
    const file = await sealed(Buffer.alloc(2 * frameBytes + 100, "x"));
    const frame = frameBytes + 4 + tagBytes;
    const head = file.length - 2 * frame - (100 + frame - frameBytes);
    const cuts = [
      0,
      5,
      head - 1,
      head,
      head + 3,
      head + frame - 1,
      head + frame,
      head + 2 * frame,
      file.length - 1,
    ];
    for (const cut of cuts) await expect(opened(file.subarray(0, cut))).rejects.toThrow();
  });

  it(`a file ${name} is refused when one bit of it is flipped, wherever`, async () => {
    const file = await sealed(Buffer.from("rows and rows"));
    for (let at = 0; at < file.length; at++) {
      const bad = Buffer.from(file);
      bad.writeUInt8(bad.readUInt8(at) ^ 0x10, at);
      await expect(opened(bad)).rejects.toThrow(/backup|passphrase/);
    }
  });

  it(`frames of a file ${name} that change places, or more after the end, are refused`, async () => {
    const data = Buffer.concat([
      Buffer.alloc(frameBytes, "a"),
      Buffer.alloc(frameBytes, "b"),
      Buffer.from("c"),
    ]);
    const file = await sealed(data);
    const frame = frameBytes + 4 + tagBytes;
    const head = file.length - 2 * frame - (frame - frameBytes + 1);
    const first = file.subarray(head, head + frame);
    const second = file.subarray(head + frame, head + 2 * frame);
    const rest = file.subarray(head + 2 * frame);
    const swapped = Buffer.concat([file.subarray(0, head), second, first, rest]);
    await expect(opened(swapped)).rejects.toThrow("was changed");
    await expect(opened(Buffer.concat([file, Buffer.from("x")]))).rejects.toThrow("more after its end");
    const shortened = Buffer.concat([file.subarray(0, head), first, rest]);
    await expect(opened(shortened)).rejects.toThrow("was changed");
  });
}

it("a wrong, missing or short passphrase is told apart from damage", async () => {
  const file = await seal(Buffer.from("rows"), seals.encrypted);
  const openedWith = (secret: string | undefined, bytes = file) =>
    collect(openFrames(pieces(bytes), (head) => sealOf(head, secret)));
  expect((await openedWith(passphrase)).toString()).toBe("rows");
  await expect(openedWith("another passphrase")).rejects.toThrow("The passphrase is wrong");
  await expect(openedWith(undefined)).rejects.toThrow("its passphrase is needed");
  await expect(newSeal("too short")).rejects.toThrow("12 characters");
  const other = Buffer.from("SQLite format 3 and so on and on");
  await expect(openedWith(undefined, other)).rejects.toThrow("is not a backup of Roost");
});

it("two backups with the same passphrase have different keys", async () => {
  const data = Buffer.alloc(1000, "same");
  const one = await seal(data, seals.encrypted);
  const two = await seal(data, await newSeal(passphrase));
  expect(one.subarray(-1000).equals(two.subarray(-1000))).toBe(false);
});
