import { Command } from "commander";
import { notFound } from "../../errors.ts";
import { groupPage, group as groupSchema } from "../../hosts/contract.ts";
import { assignments, assignmentsText } from "../config-arguments.ts";
import {
  type ClientFlags,
  examples,
  openClient,
  print,
  type Session,
  widthOf,
  withServer,
} from "../session.ts";
import { renderList } from "../table.ts";

export function hostGroupCommand(session: Session): Command {
  return new Command("group")
    .description("Name hosts by their labels: whoever has them belongs to the group, now and later")
    .addCommand(listCommand(session), { isDefault: true })
    .addCommand(addCommand(session))
    .addCommand(removeCommand(session))
    .addHelpText(
      "after",
      examples("roost host group add web --label env=prod --label role=web", "roost host scan --group web"),
    );
}

function listCommand(session: Session): Command {
  return withServer(new Command("list"))
    .description("List groups of hosts (default)")
    .action(async (flags: ClientFlags) => {
      const client = await openClient(session, flags);
      const found = await client.list({ path: "/api/v1/host-groups" }, groupPage, 1000);
      print(session, flags, found, ({ items }) =>
        renderList(
          items,
          [
            { title: "GROUP", value: ({ name }) => name },
            { title: "HOSTS", value: ({ hosts }) => hosts, right: true },
            { title: "LABELS", value: ({ selector }) => assignmentsText(selector), flexible: true },
          ],
          "groups",
          widthOf(session.context),
        ),
      );
    });
}

function addCommand(session: Session): Command {
  return withServer(new Command("add"))
    .description("Name the hosts that have all these labels")
    .argument("<group>")
    .requiredOption(
      "--label <name=value>",
      "a label that they have; may be given again",
      assignments("--label", String),
    )
    .action(async (name: string, flags: ClientFlags & { label: [string, string][] }) => {
      const client = await openClient(session, flags);
      const body = { name, selector: Object.fromEntries(flags.label) };
      const path = "/api/v1/host-groups";
      const made = await client.send({ method: "POST", path, body, reply: groupSchema });
      print(session, flags, made, ({ hosts }) => `${name} has ${hosts} ${hosts === 1 ? "host" : "hosts"}.\n`);
    });
}

function removeCommand(session: Session): Command {
  return withServer(new Command("remove"))
    .description("Forget a group; its hosts stay")
    .argument("<group>")
    .action(async (name: string, flags: ClientFlags) => {
      const client = await openClient(session, flags);
      const { items } = await client.list({ path: "/api/v1/host-groups" }, groupPage, 10_000);
      const found = items.find((group) => group.name === name);
      if (!found) throw notFound("Host group", name);
      await client.send({ method: "DELETE", path: `/api/v1/host-groups/${found.id}` });
      print(session, flags, { id: found.id, name, removed: true }, () => `${name} is removed.\n`);
    });
}
