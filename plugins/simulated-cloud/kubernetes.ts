import { isRecord, type Properties } from "../provider/index.ts";

export function isKubernetes(type: string): boolean {
  return type.startsWith("kubernetes:");
}

/** An object without a name gets one, as the real provider gives it: the same in previews and updates. */
export function nameObject(
  name: string,
  inputs: Properties,
  oldInputs: Properties | undefined,
  randomSeed: Uint8Array,
): Properties {
  const metadata = metadataOf(inputs);
  if (metadata.name !== undefined) return inputs;
  const suffix = Buffer.from(randomSeed).toString("hex").slice(0, 8);
  const given = metadataOf(oldInputs ?? {}).name ?? `${name}-${suffix}`;
  return { ...inputs, metadata: { ...metadata, name: given } };
}

/** The object as an API server would keep it; nothing runs, so its status stays empty. */
export function objectOf(id: string, inputs: Properties): Properties {
  const metadata = { namespace: "default", uid: id, generation: 1, ...metadataOf(inputs) };
  return { ...inputs, metadata };
}

function metadataOf(inputs: Properties): Properties {
  return isRecord(inputs.metadata) ? inputs.metadata : {};
}
