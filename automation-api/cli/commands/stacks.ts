import { Command, InvalidArgumentError } from "commander";
import {
  type FoundResource,
  resourcePage,
  type Stack,
  type StackSummary,
  stackPage,
  stack as stackSchema,
} from "../../projects/contract.ts";
import { ageOf } from "../duration.ts";
import {
  type ClientFlags,
  examples,
  openClient,
  print,
  type Session,
  widthOf,
  withServer,
} from "../session.ts";
import { type Column, renderFields, renderList, renderTable } from "../table.ts";
import { parseTarget, stackPath } from "../target.ts";

interface ListFlags extends ClientFlags {
  limit: number;
  project?: string;
}

const stackColumns: Column<StackSummary>[] = [
  { title: "STACK", value: ({ project, stack }) => `${project}/${stack}`, flexible: true },
  { title: "VERSION", value: ({ version }) => version, right: true },
  { title: "RESOURCES", value: ({ resources }) => resources, right: true },
  { title: "LAST UPDATE", value: ({ lastUpdate }) => lastUpdate && `${lastUpdate.kind} ${lastUpdate.state}` },
  {
    title: "AGE",
    value: ({ lastUpdate }) => lastUpdate && ageOf(lastUpdate.endedAt ?? lastUpdate.startedAt),
  },
  { title: "NOW", value: ({ running, queued }) => nowText(running, queued) },
];

const resourceColumns: Column<FoundResource>[] = [
  { title: "STACK", value: ({ project, stack }) => `${project}/${stack}` },
  { title: "TYPE", value: ({ type }) => type },
  { title: "NAME", value: ({ name }) => name },
  { title: "ID", value: ({ id }) => id, flexible: true },
];

export function stacksCommand(session: Session): Command {
  return withServer(new Command("stacks"))
    .description("List stacks, or show one with its outputs, configuration and resources")
    .argument("[project/stack]")
    .option("--project <name>", "only stacks of this project")
    .option("--deleted", "stacks that were deleted and can be had back", false)
    .option("--limit <n>", "stacks at most", wholeNumber, 100)
    .addHelpText("after", examples("roost stacks", "roost stacks hello/dev --json | jq .outputs"))
    .action(async (target: string | undefined, flags: ListFlags & { deleted: boolean }) => {
      const client = await openClient(session, flags);
      if (target !== undefined) {
        const found = await client.send({ path: stackPath(parseTarget(target)), reply: stackSchema });
        return print(session, flags, found, (one) => renderStack(one, widthOf(session.context)));
      }
      const query = { project: flags.project, deleted: flags.deleted || undefined };
      const found = await client.list({ path: "/api/v1/stacks", query }, stackPage, flags.limit);
      print(session, flags, found, ({ items, more }) =>
        listText(items, stackColumns, more, "stacks", session),
      );
    });
}

export function resourcesCommand(session: Session): Command {
  return withServer(new Command("resources"))
    .description("Find resources across stacks")
    .argument("[text]", "part of a URN, name or id")
    .option("--type <type>", "exact type, such as command:local:Command")
    .option("--project <name>", "only resources of this project")
    .option("--stack <name>", "only resources of stacks with this name")
    .option("--limit <n>", "resources at most", wholeNumber, 100)
    .addHelpText(
      "after",
      examples("roost resources web", "roost resources --type roost:local:Service --json"),
    )
    .action(async (text: string | undefined, flags: ListFlags & { type?: string; stack?: string }) => {
      const client = await openClient(session, flags);
      const query = { text, type: flags.type, project: flags.project, stack: flags.stack };
      const found = await client.list({ path: "/api/v1/resources", query }, resourcePage, flags.limit);
      print(session, flags, found, ({ items, more }) =>
        listText(items, resourceColumns, more, "resources", session),
      );
    });
}

function listText<T>(
  items: T[],
  columns: Column<T>[],
  more: boolean,
  what: string,
  session: Session,
): string {
  const rest = more ? `There are more than these ${items.length}: give a larger --limit.\n` : "";
  return renderList(items, columns, what, widthOf(session.context)) + rest;
}

function renderStack(stack: Stack, width: number | undefined): string {
  const { lastUpdate } = stack;
  const head = renderFields([
    ["stack", `${stack.project}/${stack.stack}`],
    ["version", stack.version],
    [
      "last update",
      lastUpdate &&
        `${lastUpdate.kind} ${lastUpdate.state} by ${lastUpdate.requester}, ${ageOf(lastUpdate.endedAt ?? lastUpdate.startedAt)} ago`,
    ],
    ["now", nowText(stack.running, stack.queued)],
  ]);
  const outputs = Object.entries(stack.outputs).map(([name, value]) => [name, valueText(value)] as const);
  const config = Object.entries(stack.config).map(
    ([name, value]) => [name, "value" in value ? value.value : "[secret]"] as const,
  );
  const section = (title: string, fields: (readonly [string, string])[]) =>
    fields.length > 0 ? `\n${title}\n${renderFields(fields)}` : "";
  const resources = renderTable(
    stack.resourceList,
    [
      { title: "TYPE", value: ({ type }) => type },
      { title: "NAME", value: ({ name }) => name },
      { title: "ID", value: ({ id }) => id, flexible: true },
    ],
    width,
  );
  const table = stack.resourceList.length > 0 ? `\n${resources}` : "";
  return head + section("OUTPUTS", outputs) + section("CONFIGURATION", config) + table;
}

function valueText(value: unknown): string {
  if (typeof value === "string") return value;
  const isSecret = typeof value === "object" && value !== null && "secret" in value;
  return isSecret ? "[secret]" : JSON.stringify(value);
}

function nowText(running: StackSummary["running"], queued: number): string {
  const parts = [running && `${running.kind} by ${running.by}`, queued > 0 && `${queued} queued`].filter(
    Boolean,
  );
  return parts.join(", ") || "idle";
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError("Expected a whole number above 0.");
  return Number(text);
}
