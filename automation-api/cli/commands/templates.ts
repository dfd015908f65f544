import { readFile } from "node:fs/promises";
import path from "node:path";
import { Command } from "commander";
import { parse } from "yaml";
import { z } from "zod";
import { invalid, messageOf, notFound } from "../../errors.ts";
import { stack as stackSchema } from "../../projects/contract.ts";
import { type Template, templatePage, template as templateSchema } from "../../templates/contract.ts";
import type { Client } from "../client.ts";
import {
  type ClientFlags,
  examples,
  openClient,
  print,
  type Session,
  widthOf,
  withServer,
} from "../session.ts";
import { type Column, renderList } from "../table.ts";
import { parseTarget, stackPath } from "../target.ts";

interface AddFlags extends ClientFlags {
  fromStack?: string;
}

/** The output `templates` of a `sessions` stack. What is in it is the server's to judge. */
const stackTemplates = z.record(
  z.string(),
  z.object({ port: z.number(), containerName: z.string(), runTask: z.looseObject({}) }),
);

const columns: Column<Template>[] = [
  { title: "NAME", value: ({ name }) => name, flexible: true },
  { title: "TARGET", value: ({ target }) => target },
  { title: "WARM", value: ({ sessions }) => sessions.warm, right: true },
  { title: "STARTING", value: ({ sessions }) => sessions.starting, right: true },
  { title: "ACTIVE", value: ({ sessions }) => sessions.active, right: true },
  { title: "POOL", value: ({ pool }) => (pool.paused ? "paused" : `${pool.floor}-${pool.ceiling}`) },
  { title: "REVISION", value: ({ revision }) => revision, right: true },
];

export function templateCommand(session: Session): Command {
  const command = new Command("template").description("Keep what users' sessions are started from");
  command.addCommand(listCommand(session), { isDefault: true });
  command.addCommand(addCommand(session));
  command.addCommand(removeCommand(session));
  return command.addHelpText(
    "after",
    examples(
      "roost template add desk.yaml",
      "roost template add --from-stack sessions/production",
      "roost template",
      "roost template remove desk",
    ),
  );
}

function listCommand(session: Session): Command {
  return withServer(new Command("list"))
    .description("List templates with how many sessions there are of each (default)")
    .action(async (flags: ClientFlags) => {
      const client = await openClient(session, flags);
      const found = await client.list({ path: "/api/v1/templates" }, templatePage, 10_000);
      print(session, flags, found, ({ items }) =>
        renderList(items, columns, "templates", widthOf(session.context)),
      );
    });
}

function addCommand(session: Session): Command {
  return withServer(new Command("add"))
    .description("Make a template of a file; its pool begins to fill")
    .argument(
      "[file]",
      "YAML or JSON as POST /api/v1/templates takes it; `program` may name a file beside it",
    )
    .option(
      "--from-stack <project/stack>",
      "take task definition, network and port from the outputs of a `sessions` stack; the file wins",
    )
    .action(async (file: string | undefined, flags: AddFlags) => {
      if (file === undefined && flags.fromStack === undefined)
        throw invalid("<file>", "is needed without --from-stack");
      const given = file === undefined ? {} : await readTemplate(file);
      const client = await openClient(session, flags);
      const body = flags.fromStack === undefined ? given : await overStack(client, flags.fromStack, given);
      const made = await client.send({
        method: "POST",
        path: "/api/v1/templates",
        body,
        reply: templateSchema,
      });
      print(session, flags, made, ({ name, id }) => `${name} is made (${id}): roost session start ${name}\n`);
    });
}

function removeCommand(session: Session): Command {
  return withServer(new Command("remove"))
    .description("Delete a template that no user has a session of, with its pool")
    .argument("<name>")
    .action(async (name: string, flags: ClientFlags) => {
      const client = await openClient(session, flags);
      const { id } = await findTemplate(client, name);
      await client.send({ method: "DELETE", path: `/api/v1/templates/${id}` });
      print(session, flags, { id, name, removed: true }, () => `${name} is deleted.\n`);
    });
}

async function findTemplate(client: Client, name: string): Promise<Template> {
  const { items } = await client.send({ path: "/api/v1/templates", query: { name }, reply: templatePage });
  const [found] = items;
  if (!found) throw notFound("Template", name);
  return found;
}

/** What a `sessions` stack says of a template, with what a file says laid over it. */
async function overStack(client: Client, target: string, given: unknown): Promise<unknown> {
  const { outputs } = await client.send({ path: stackPath(parseTarget(target)), reply: stackSchema });
  const { data } = stackTemplates.safeParse(outputs.templates);
  if (data === undefined)
    throw invalid("--from-stack", `${target} is no deployed stack of the program sessions`);
  const { name, workload, ...rest } = (given ?? {}) as { name?: string; workload?: Record<string, unknown> };
  const names = Object.keys(data);
  const chosen = name ?? (names.length === 1 ? names[0] : undefined);
  const found = chosen === undefined ? undefined : data[chosen];
  if (found === undefined) {
    throw invalid("name", "names no template of the stack", { allowed: names.join(", ") });
  }
  const { port, runTask, containerName } = found;
  return {
    name: chosen,
    target: "ecs",
    isolation: "required",
    ...rest,
    workload: { port, ecs: { runTask, containerName }, ...workload },
  };
}

/** The server says what is wrong with it; here only what it names is brought along. */
async function readTemplate(file: string): Promise<unknown> {
  const text = await readFile(file, "utf8").catch((error) => {
    throw invalid("<file>", `cannot be read: ${(error as NodeJS.ErrnoException).code}`);
  });
  let document: { workload?: { program?: unknown } } | null;
  try {
    document = parse(text);
  } catch (error) {
    throw invalid("<file>", `is neither YAML nor JSON: ${messageOf(error)}`);
  }
  const program = document?.workload?.program;
  if (typeof program !== "string" || !document?.workload) return document;
  const place = path.resolve(path.dirname(file), program);
  const source = await readFile(place, "utf8").catch((error) => {
    throw invalid("workload.program", `${place} cannot be read: ${(error as NodeJS.ErrnoException).code}`);
  });
  return {
    ...document,
    workload: { ...document.workload, program: { name: path.basename(place), text: source } },
  };
}
