// Names of container images.

import type { Fault } from "../faults.ts";
import { partitionOf } from "../regions.ts";
import { ImagePinning } from "./args.ts";

const IMAGE =
  /^(?:(?<registry>[\w.-]+(?:\.[\w-]+)+(?::\d+)?|localhost(?::\d+)?)\/)?(?<repository>[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)(?::(?<tag>\w[\w.-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$/;

/** An image that is not named, or not fixed, as it must be. */
export function checkImage(
  field: string,
  image: string,
  pinning: ImagePinning = ImagePinning.digest,
): Fault[] {
  const parts = IMAGE.exec(image)?.groups;
  if (!parts) return [{ field, value: image, allowed: "an image name such as registry/name@sha256:…" }];
  if (parts.digest) return [];
  if (pinning === ImagePinning.digest) {
    return [
      { field, value: image, allowed: "an image with its digest: …@sha256: and 64 hexadecimal digits" },
    ];
  }
  return parts.tag === undefined || parts.tag === "latest"
    ? [{ field, value: image, allowed: "an image with a tag other than latest, or with its digest" }]
    : [];
}

/** The ARN of the ECR repository that an image is in; nothing for other registries. */
export function repositoryArn(image: string): string | undefined {
  const parts = IMAGE.exec(image)?.groups;
  const host = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/.exec(parts?.registry ?? "");
  if (!parts || !host) return undefined;
  const [, account, region] = host as unknown as [string, string, string];
  return `arn:${partitionOf(region)}:ecr:${region}:${account}:repository/${parts.repository}`;
}
