import { z } from "zod";
import { checkTaskSize, DEFAULT_CPU, leastMemory } from "../../components/fargate-task/task-size.ts";
import {
  accountId,
  alarms,
  domain,
  hostedZoneId,
  image,
  stage,
  structured,
  text,
  wholeNumber,
  zones,
} from "../fields.ts";

const size = z.object({ cpu: wholeNumber(256, 16_384), memoryMiB: wholeNumber(512, 122_880) }).partial();

export const webServiceConfig = z
  .strictObject({
    stage,
    accountId,
    zones,
    domain,
    zoneId: hostedZoneId,
    alarms,
    image: image.describe(
      "Image of the service by digest, for ARM; it runs as user 65532 on a read-only disk.",
    ),
    port: wholeNumber(1, 65_535).default(8080).describe("Port that the service listens on, by HTTP."),
    healthPath: text(/^\/\S*$/, "a path that begins with /")
      .default("/")
      .describe("Path that answers 200 to 299 when a task is well."),
    environment: structured(
      z.record(z.string().regex(/^[A-Za-z_]\w*$/), z.string(), "must be names with texts"),
    )
      .default({})
      .describe("Variables of the service, beside those of its database. Not for secrets."),
    cpu: size.shape.cpu.default(DEFAULT_CPU).describe("CPU units of a task, 1024 to a virtual processor."),
    memoryMiB: size.shape.memoryMiB.describe(
      "Memory of a task in MiB. Default: the least for its CPU units.",
    ),
    minimumTasks: wholeNumber(1, 1000)
      .optional()
      .describe("Fewest tasks. Default: 2 in production, 1 in dev."),
    maximumTasks: wholeNumber(1, 1000)
      .optional()
      .describe("Most tasks. Default: 10 in production, 2 in dev."),
    databaseVersion: text(/^\d+(\.\d+)?$/, "a version of PostgreSQL, such as 17 or 17.6")
      .default("17")
      .describe("Version of PostgreSQL; a major version alone is kept at its newest minor version."),
    databaseClass: text(/^db\.[a-z0-9-]+\.[a-z0-9-]+$/, "a class of RDS, such as db.m7g.large")
      .default("db.t4g.medium")
      .describe("Class of the database's instances, such as db.m7g.large."),
  })
  .superRefine(
    (config, { addIssue }) => {
      for (const { field, message } of [...sizeFaults(config), ...limitFaults(config)]) {
        addIssue({ code: "custom", path: [field], message });
      }
    },
    // Told beside the faults of single fields, whose values may be anything then.
    { when: () => true },
  );

export type WebServiceConfig = z.infer<typeof webServiceConfig>;

/** How many tasks there are at least and at most. */
export function taskLimits({
  stage,
  minimumTasks,
  maximumTasks,
}: Pick<WebServiceConfig, "stage" | "minimumTasks" | "maximumTasks">) {
  const usual = stage === "production" ? { minimum: 2, maximum: 10 } : { minimum: 1, maximum: 2 };
  return { minimum: minimumTasks ?? usual.minimum, maximum: maximumTasks ?? usual.maximum };
}

function sizeFaults(config: Partial<Pick<WebServiceConfig, "cpu" | "memoryMiB">>) {
  const given = size.safeParse({ cpu: config.cpu, memoryMiB: config.memoryMiB });
  if (!given.success) return [];
  const { cpu = DEFAULT_CPU, memoryMiB = leastMemory(cpu) } = given.data;
  return checkTaskSize(cpu, memoryMiB).map(({ field, allowed }) => ({
    field,
    message: `must be ${allowed}`,
  }));
}

function limitFaults(config: WebServiceConfig) {
  const { minimum, maximum } = taskLimits(config);
  const isWrong = stage.safeParse(config.stage).success && minimum > maximum;
  return isWrong ? [{ field: "minimumTasks", message: `must not be above the most tasks, ${maximum}` }] : [];
}
