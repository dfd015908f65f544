import { z } from "zod";
import { ClientKind, type RealmArgs } from "../components/keycloak/args.ts";
import { checkRealm } from "../components/keycloak/check.ts";
import { structured } from "./fields.ts";

const names = z.array(z.string());

const client = z.strictObject({
  kind: z.enum(ClientKind, `must be one of ${Object.values(ClientKind).join(", ")}`),
  description: z.string().optional(),
  redirectUris: names.optional(),
  webOrigins: names.optional(),
  audiences: names.optional(),
  roles: names.optional(),
  passwordGrant: z.boolean().optional(),
});

const shape: z.ZodType<RealmArgs> = z.strictObject({
  name: z.string(),
  displayName: z.string().optional(),
  roles: z
    .record(z.string(), z.strictObject({ description: z.string(), includes: names.optional() }))
    .optional(),
  groups: z.record(z.string(), z.strictObject({ roles: names })).optional(),
  clients: z.record(z.string(), client),
  selfRegistration: z.boolean().optional(),
  passwordLength: z.number().optional(),
  accessTokenMinutes: z.number().optional(),
  idleMinutes: z.number().optional(),
  sessionHours: z.number().optional(),
  eventDays: z.number().optional(),
});

/** The realm of a Keycloak as configuration: the arguments of the component, judged as it judges them. */
export const realm = structured(
  shape.superRefine((given, { addIssue }) => {
    for (const { field, allowed } of checkRealm(given)) {
      addIssue({ code: "custom", path: field.split(".").slice(1), message: `must be ${allowed}` });
    }
  }),
).describe("Realm that the first start makes: name, roles, groups, and clients by id with their kind.");
