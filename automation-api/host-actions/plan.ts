import { promisify } from "node:util";
import { zstdCompress, zstdDecompress } from "node:zlib";
import type { Draft } from "../../host-provisioning/undo/index.ts";
import type { IdCipher } from "../credentials/service.ts";
import type { MeasuredChange } from "../hosts/service.ts";
import type { ActionKind } from "./contract.ts";
import type { StoredPlan } from "./domain.ts";

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);
const zstdMagic = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

/** What a kind of action has found out to do. */
export interface Planning<Detail> {
  kind: ActionKind;
  /** What it is, in lists and in messages: `reset: light`. */
  title: string;
  /** What was asked for. */
  request: object;
  draft: Draft;
  detail: Detail;
  /** How many packages it is about. */
  packages: number;
  /** Takes so much away that it needs words bound to the plan. */
  needsWords?: boolean;
  /** Could lock everybody out: goes back by itself unless confirmed. */
  risky?: boolean;
  /** How it is measured once it is applied: it stands only when nothing became worse. */
  benchmark?: MeasuredChange;
}

/** The form that a row keeps: it holds texts of files, so nobody reads it in the database. */
export async function sealPlan(cipher: IdCipher, id: string, text: Buffer): Promise<Buffer> {
  return cipher.encrypt(id, await compress(text));
}

/** The plan of a row; those of older releases were not encrypted. */
export async function openPlan(cipher: IdCipher, id: string, bytes: Buffer): Promise<StoredPlan> {
  const isPlain = bytes.subarray(0, zstdMagic.length).equals(zstdMagic);
  const text = await decompress(isPlain ? bytes : cipher.decrypt(id, bytes));
  return JSON.parse(text.toString()) as StoredPlan;
}
