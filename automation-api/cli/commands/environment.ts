import { Command } from "commander";
import { type Environment, environment, environmentPage } from "../../environments/contract.ts";
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

const ofStacks = "STACK in every project, or PROJECT/STACK; * for any text";
const columns: Column<Environment>[] = [
  { title: "ENVIRONMENT", value: ({ name }) => name },
  { title: "STACKS", value: ({ stacks }) => stacks.join(" "), flexible: true },
  {
    title: "POLICIES",
    value: ({ policies }) => (policies === null ? "none forced" : `forced, level ${policies.level ?? "own"}`),
  },
];
const pathOf = (name: string) => `/api/v1/environments/${encodeURIComponent(name)}`;

/** Named groups of stacks with one set of protections; `roost policy force --environment` sets these. */
export function environmentCommand(session: Session): Command {
  return new Command("environment")
    .description("Group stacks of all projects, to protect them alike")
    .addCommand(listCommand(session))
    .addCommand(addCommand(session))
    .addCommand(setCommand(session))
    .addCommand(removeCommand(session));
}

function listCommand(session: Session): Command {
  return withServer(new Command("list"))
    .description("List environments")
    .addHelpText("after", examples("roost environment list"))
    .action(async (flags: ClientFlags) => {
      const client = await openClient(session, flags);
      const page = await client.send({ path: "/api/v1/environments?limit=200", reply: environmentPage });
      print(session, flags, page, ({ items }) => rows(items, session));
    });
}

function addCommand(session: Session): Command {
  return withServer(new Command("add"))
    .description("Make an environment")
    .argument("<environment>")
    .argument("<stacks...>", ofStacks)
    .addHelpText("after", examples("roost environment add production production '*/live' 'shop/prod-*'"))
    .action(async (name: string, stacks: string[], flags: ClientFlags) => {
      const client = await openClient(session, flags);
      const body = { name, stacks };
      const made = await client.send({
        method: "POST",
        path: "/api/v1/environments",
        body,
        reply: environment,
      });
      print(session, flags, made, (one) => rows([one], session));
    });
}

function setCommand(session: Session): Command {
  return withServer(new Command("set"))
    .description("Give an environment other stacks")
    .argument("<environment>")
    .argument("<stacks...>", ofStacks)
    .addHelpText("after", examples("roost environment set production production 'shop/prod-*'"))
    .action(async (name: string, stacks: string[], flags: ClientFlags) => {
      const client = await openClient(session, flags);
      const body = { stacks };
      const set = await client.send({ method: "PUT", path: pathOf(name), body, reply: environment });
      print(session, flags, set, (one) => rows([one], session));
    });
}

function removeCommand(session: Session): Command {
  return withServer(new Command("remove"))
    .description("Delete an environment with its protections; its stacks stay")
    .argument("<environment>")
    .addHelpText("after", examples("roost environment remove old"))
    .action(async (name: string, flags: ClientFlags) => {
      const client = await openClient(session, flags);
      await client.send({ method: "DELETE", path: pathOf(name) });
      print(session, flags, { removed: name }, () => `The environment ${name} is deleted.\n`);
    });
}

function rows(environments: Environment[], session: Session): string {
  return renderList(environments, columns, "environments", widthOf(session.context));
}
