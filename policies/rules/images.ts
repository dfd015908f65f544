import { z } from "zod";

export const registries = z
  .array(z.string())
  .default([])
  .describe("Hosts of registries, or the begin of image names; empty: all.");

interface ImageConfig {
  registries: string[];
  immutable: string[];
}

/** What is wrong with how an image is named; undefined when it is pinned and from where it may be. */
export function imageFault(image: string, { registries, immutable }: ImageConfig): string | undefined {
  if (registries.length > 0 && !registries.some((each) => isFrom(image, each))) {
    return `uses ${image}, which is from no approved registry,`;
  }
  if (/@sha256:[0-9a-f]{64}$/.test(image)) return undefined;
  const tag = /:([\w][\w.-]*)$/.exec(image)?.[1];
  const isImmutable = immutable.some((each) => isFrom(image, each));
  if (isImmutable && tag !== undefined && tag !== "latest") return undefined;
  return `uses ${image || "no image"}, which is pinned by no digest,`;
}

/** A whole part of the name: `example.com` is no begin of `example.com.evil.org`. */
function isFrom(image: string, begin: string): boolean {
  const folder = begin.endsWith("/") ? begin : `${begin}/`;
  return image.startsWith(folder);
}
