import { z } from "zod";
import { checkTaskSize, DEFAULT_CPU, leastMemory } from "../../components/fargate-task/task-size.ts";
import {
  accountId,
  alarms,
  image,
  secretText,
  stage,
  structured,
  text,
  wholeNumber,
  zones,
} from "../fields.ts";

const template = z
  .strictObject({
    image: image.describe("Image by digest, for ARM; it runs as user 65532 on a read-only disk."),
    port: wholeNumber(1, 65_535).describe("Port that users of a session are led to."),
    cpu: wholeNumber(256, 16_384).default(DEFAULT_CPU),
    memoryMiB: wholeNumber(512, 122_880).optional(),
    ttlSeconds: wholeNumber(60, 604_800).default(14_400),
    spot: z.boolean("must be true or false").default(false),
    environment: z
      .record(z.string().regex(/^[A-Za-z_]\w*$/), z.string(), "must be names with texts")
      .default({}),
    writablePaths: z.array(text(/^\/\S+$/, "an absolute path")).default([]),
  })
  .superRefine(({ cpu, memoryMiB = leastMemory(cpu) }, { addIssue }) => {
    for (const { field, allowed } of checkTaskSize(cpu, memoryMiB)) {
      addIssue({ code: "custom", path: [field], message: `must be ${allowed}` });
    }
  });

const templateName = text(
  /^[a-z][a-z0-9-]{0,23}$/,
  "a name of small letters, digits and hyphens, 24 at most",
);

export const sessionsConfig = z
  .strictObject({
    stage,
    accountId,
    zones,
    templates: structured(
      z
        .record(templateName, template, "must be templates by name")
        .refine((templates) => Object.keys(templates).length > 0, "must have at least one template"),
    ).describe(
      "What sessions are made from, by name: image and port; cpu, memoryMiB, ttlSeconds, spot, environment, writablePaths.",
    ),
    usualSessions: wholeNumber(1, 5000)
      .default(50)
      .describe("Sessions at a time up to which nobody is told; more cost money and may be leaked."),
    alarms,
    eventsUrl: text(/^https:\/\/[^\s/]+$/, "the https:// address of Roost, without a path")
      .optional()
      .describe(
        "Where Roost is told that a task has changed its state, so that it need not look; AWS has to reach it. Default: it looks every two seconds.",
      ),
    eventsToken: secretText()
      .optional()
      .describe("API token for it, with the scope session:report and no other."),
  })
  .superRefine(
    ({ eventsUrl, eventsToken }, { addIssue }) => {
      if ((eventsUrl === undefined) === (eventsToken === undefined)) return;
      const [field, other] =
        eventsUrl === undefined ? ["eventsUrl", "eventsToken"] : ["eventsToken", "eventsUrl"];
      addIssue({ code: "custom", path: [field as string], message: `must be given with ${other}` });
    },
    { when: () => true },
  );

export type SessionsConfig = z.infer<typeof sessionsConfig>;
