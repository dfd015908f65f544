import { z } from "zod";
import { type Route, route } from "../http/route.ts";
import type { StateBackend } from "./service.ts";
import { bytes, namesOf, stackParams } from "./wire-schemas.ts";

const stackPath = "/api/stacks/:organization/:project/:stack";
const common = { tag: "Pulumi protocol", protocol: "pulumi", method: "post", params: stackParams } as const;
const batchLimitBytes = 64 * 1024 * 1024;

/** Encryption under the stack's own key, one by one and in batches, and what is said of values that were shown. */
export function secretRoutes(backend: StateBackend): Route[] {
  return [
    route({
      ...common,
      path: `${stackPath}/encrypt`,
      summary: "Encrypt a value",
      access: "deployment:create",
      body: z.looseObject({ plaintext: bytes }),
      bodyLimitBytes: batchLimitBytes,
      replies: { 200: { description: "The ciphertext" } },
      handler: async ({ principal, params, body }) => {
        const [ciphertext] = await backend.encrypt(principal, namesOf(principal, params), [body.plaintext]);
        return { status: 200, body: { ciphertext: ciphertext?.toString("base64") } };
      },
    }),
    route({
      ...common,
      path: `${stackPath}/batch-encrypt`,
      summary: "Encrypt values, in order",
      access: "deployment:create",
      body: z.looseObject({ plaintexts: z.array(bytes).nullish() }),
      bodyLimitBytes: batchLimitBytes,
      replies: { 200: { description: "The ciphertexts, in the same order" } },
      handler: async ({ principal, params, body }) => {
        const sealed = await backend.encrypt(principal, namesOf(principal, params), body.plaintexts ?? []);
        return {
          status: 200,
          body: { ciphertexts: sealed.map((ciphertext) => ciphertext.toString("base64")) },
        };
      },
    }),
    route({
      ...common,
      path: `${stackPath}/decrypt`,
      summary: "Decrypt a value; audited",
      access: "secret:read",
      body: z.looseObject({ ciphertext: bytes }),
      bodyLimitBytes: batchLimitBytes,
      replies: { 200: { description: "The plaintext" } },
      handler: async ({ principal, params, body, requestId }) => {
        const names = namesOf(principal, params);
        const [plaintext] = await backend.decrypt(principal, names, [body.ciphertext], requestId);
        return { status: 200, body: { plaintext: plaintext?.toString("base64") } };
      },
    }),
    route({
      ...common,
      path: `${stackPath}/batch-decrypt`,
      summary: "Decrypt values; audited",
      access: "secret:read",
      body: z.looseObject({ ciphertexts: z.array(bytes).nullish() }),
      bodyLimitBytes: batchLimitBytes,
      replies: { 200: { description: "The plaintexts, by ciphertext" } },
      handler: async ({ principal, params, body, requestId }) => {
        const ciphertexts = body.ciphertexts ?? [];
        const opened = await backend.decrypt(principal, namesOf(principal, params), ciphertexts, requestId);
        const plaintexts = ciphertexts.map((ciphertext, position) => [
          ciphertext.toString("base64"),
          opened[position]?.toString("base64"),
        ]);
        return { status: 200, body: { plaintexts: Object.fromEntries(plaintexts) } };
      },
    }),
    ...["log-decryption", "log-batch-decryption"].map((action) =>
      route({
        ...common,
        path: `${stackPath}/decrypt/${action}`,
        summary: "Note that secrets were shown to a person",
        access: "stack:read",
        body: z.looseObject({
          secretName: z.string().max(1000).nullish(),
          commandName: z.string().max(1000).nullish(),
        }),
        replies: { 204: { description: "Noted" } },
        handler: async ({ principal, params, body, requestId }) => {
          const shown = {
            secretName: body.secretName || undefined,
            commandName: body.commandName || undefined,
          };
          await backend.noteDecryption(principal, namesOf(principal, params), shown, requestId);
          return { status: 204 };
        },
      }),
    ),
  ];
}
