import { z } from "zod";
import { confidentialClients } from "../../components/keycloak/realm-plan.ts";
import {
  accountId,
  alarms,
  domain,
  hostedZoneId,
  image,
  secretText,
  stage,
  structured,
  text,
  wholeNumber,
  zones,
} from "../fields.ts";
import { realm } from "../realm-fields.ts";

export const secretArn = text(
  /^arn:aws[a-z-]*:secretsmanager:[^:]+:\d{12}:secret:\S+$/,
  "the ARN of a secret of Secrets Manager",
);

/** What every stack with a Keycloak on AWS is told of it. */
export const keycloakFields = {
  identityDomain: domain.describe("Host where users sign in, such as id.example.com."),
  identityAdminDomain: domain.describe("Host where administrators sign in, inside the network only."),
  keycloakImage: image.describe("Image of Keycloak by digest, made of keycloakContainerfile, for ARM."),
  databasePassword: secretText(
    z.string().regex(/^[^/@" ]{8,128}$/, 'must be 8 to 128 characters without / @ " and spaces'),
  ).describe("Password that Keycloak's database is made with."),
  bootstrapAdminSecretArn: secretArn.describe(
    "ARN of a secret, JSON with username and password, of the first administrator.",
  ),
  realm,
  clientSecretArns: structured(z.record(z.string(), secretArn, "must be ARNs of secrets by client id"))
    .default({})
    .describe("ARN of the secret of each client of kind server or service, by client id."),
  keycloakInstances: wholeNumber(1, 20)
    .optional()
    .describe("Instances of Keycloak. Default: 2 in production, 1 in dev."),
};

type Given = Pick<z.infer<z.ZodObject<typeof keycloakFields>>, "realm" | "clientSecretArns">;

/** Clients without a secret, and secrets without a client. */
export function clientSecretFaults({ realm: given, clientSecretArns }: Given) {
  const parsed = realm.safeParse(given);
  if (!parsed.success) return [];
  const needed = confidentialClients(parsed.data);
  const has = Object.keys(clientSecretArns ?? {});
  return [
    ...needed
      .filter((id) => !has.includes(id))
      .map((id) => ({ id, message: "must be given: the client has a secret" })),
    ...has
      .filter((id) => !needed.includes(id))
      .map((id) => ({ id, message: "must not be given: no client of that id has a secret" })),
  ];
}

export const keycloakConfig = z
  .strictObject({ stage, accountId, zones, zoneId: hostedZoneId, alarms, ...keycloakFields })
  .superRefine(
    (config, { addIssue }) => {
      for (const { id, message } of clientSecretFaults(config)) {
        addIssue({ code: "custom", path: ["clientSecretArns", id], message });
      }
    },
    { when: () => true },
  );

export type KeycloakConfig = z.infer<typeof keycloakConfig>;
