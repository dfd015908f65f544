import structs from "google-protobuf/google/protobuf/struct_pb.js";

/** Marks a value that is only known once its source has been created; seen in previews. */
export const unknown: unique symbol = Symbol("unknown");

/** A value that must stay hidden. Handlers see the value itself; they return this to add secrecy. */
export class Secret {
  readonly value: Value;
  constructor(value: Value) {
    this.value = value;
  }
}

export type Value =
  | null
  | boolean
  | number
  | string
  | typeof unknown
  | Secret
  | Value[]
  | { [name: string]: Value | undefined };

export type Properties = { [name: string]: Value | undefined };

/** The key under which the engine's wire form says that an object is not a plain one. */
export const signatureKey = "4dabf18193072939515e22adb298388d";
export const assetSignature = "c44067f5952c0a294b673a41bacd8c17";
export const archiveSignature = "0def7320c3a5731c473e5ecbe6d01bc7";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

/** One wire form of "unknown" per kind of value; the first is the one that is sent. */
const unknownMarks = [
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
];
const isUnknownMark = new Set<unknown>(unknownMarks);

export function secret(value: Value): Secret {
  return value instanceof Secret ? value : new Secret(value);
}

/** An asset that holds its text. Assets and archives travel in the engine's form: plain objects with a signature. */
export function textAsset(text: string): Value {
  return { [signatureKey]: assetSignature, text };
}

/** An asset that names a file of the machine on which the provider runs. */
export function fileAsset(path: string): Value {
  return { [signatureKey]: assetSignature, path };
}

/** An archive of named assets and archives. */
export function assetArchive(assets: { [name: string]: Value }): Value {
  return { [signatureKey]: archiveSignature, assets };
}

export function isRecord(value: Value | undefined): value is { [name: string]: Value | undefined } {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Secret);
}

export function isAsset(value: Value | undefined): value is { [name: string]: Value | undefined } {
  return isRecord(value) && value[signatureKey] === assetSignature;
}

export function isArchive(value: Value | undefined): value is { [name: string]: Value | undefined } {
  return isRecord(value) && value[signatureKey] === archiveSignature;
}

/** Reads a message's struct; an absent one is empty. Secrets and unknowns are kept as such. */
export function fromStruct(struct: structs.Struct | undefined): Properties {
  return struct === undefined ? {} : (fromWire(struct.toJavaScript()) as Properties);
}

export function toStruct(properties: Properties): structs.Struct {
  return structs.Struct.fromJavaScript(toWire(properties) as Record<string, structs.JavaScriptValue>);
}

function fromWire(wire: unknown): Value {
  if (isUnknownMark.has(wire)) return unknown;
  if (Array.isArray(wire)) return wire.map(fromWire);
  if (typeof wire !== "object" || wire === null) return wire as Value;
  const record = wire as Record<string, unknown>;
  if (record[signatureKey] === secretSignature) return secret(fromWire(record.value));
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, fromWire(value)]));
}

function toWire(value: Value | undefined): unknown {
  if (value === undefined) return null;
  if (value === unknown) return unknownMarks[0];
  if (value instanceof Secret) return { [signatureKey]: secretSignature, value: toWire(value.value) };
  if (Array.isArray(value)) return value.map(toWire);
  if (typeof value !== "object" || value === null) return value;
  const present = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(present.map(([name, item]) => [name, toWire(item)]));
}
