import { z } from "zod";
import type { Principal } from "../access/permissions.ts";
import { notFound } from "../errors.ts";
import type { Names } from "./backend.ts";

/** Letters that cannot be taken for a part of a path. */
export const name = z
  .string()
  .regex(/^(?!\.{1,2}$)[A-Za-z0-9_.-]{1,100}$/, "must be 1 to 100 of A-Z a-z 0-9 _ . -");

export const projectParams = z.object({ organization: name, project: name });
export const stackParams = z.object({ organization: name, project: name, stack: name });
export const updateParams = z.object({ ...stackParams.shape, update: z.uuid() });

/** The stack that a path names; another organization's is as good as none. */
export function namesOf(
  principal: Principal,
  { organization, ...names }: { organization: string; project: string; stack: string },
): Names {
  if (organization !== principal.organizationName) {
    throw notFound("Stack", `${organization}/${names.project}/${names.stack}`);
  }
  return names;
}

export const tags = z.record(z.string().min(1).max(40), z.string().max(256));

/** `null` is how the command's language writes an empty value. */
export const bytes = z
  .base64()
  .nullish()
  .transform((text) => Buffer.from(text ?? "", "base64"));

export const configValue = z.object({
  string: z.string(),
  secret: z.boolean().nullish().transform(Boolean),
  object: z.boolean().nullish().transform(Boolean),
});
