import { Command } from "commander";
import {
  type Credential,
  credentialPage,
  credential as credentialSchema,
} from "../../credentials/contract.ts";
import { invalid } from "../../errors.ts";
import { ageOf } from "../duration.ts";
import { secretSourceHelp } from "../secret-source.ts";
import {
  type ClientFlags,
  examples,
  openClient,
  print,
  type Session,
  widthOf,
  withServer,
} from "../session.ts";
import { type Column, renderFields, renderList } from "../table.ts";
import { readLogin } from "./host-login.ts";

const path = "/api/v1/credentials";

const columns: Column<Credential>[] = [
  { title: "ID", value: ({ id }) => id },
  { title: "NAME", value: ({ name }) => name, flexible: true },
  { title: "KIND", value: ({ kind }) => kind },
  { title: "ROTATED", value: ({ rotatedAt }) => (rotatedAt ? `${ageOf(rotatedAt)} ago` : "never") },
  { title: "USED", value: ({ lastUsedAt }) => (lastUsedAt ? `${ageOf(lastUsedAt)} ago` : "never") },
  { title: "BY", value: ({ lastUsedBy }) => lastUsedBy },
];

export function credentialCommand(session: Session): Command {
  return new Command("credential")
    .description(
      "Keep the keys and passwords that hosts are logged in to with: stored encrypted, rotated, never shown",
    )
    .addCommand(listCommand(session), { isDefault: true })
    .addCommand(addCommand(session))
    .addCommand(rotateCommand(session))
    .addCommand(removeCommand(session))
    .addHelpText(
      "after",
      examples(
        "roost credential add fleet --private-key file:~/.ssh/id_ed25519",
        "roost credential rotate crd_… --private-key file:~/.ssh/id_new",
      ),
    );
}

function listCommand(session: Session): Command {
  return withServer(new Command("list"))
    .description("List credentials without their values, and what used each last (default)")
    .action(async (flags: ClientFlags) => {
      const client = await openClient(session, flags);
      const found = await client.list({ path }, credentialPage, 10_000);
      print(session, flags, found, ({ items }) =>
        renderList(items, columns, "credentials", widthOf(session.context)),
      );
    });
}

interface LoginFlags extends ClientFlags {
  privateKey?: string;
  password?: string;
}

function addCommand(session: Session): Command {
  return withServer(new Command("add"))
    .description("Store an SSH key, or a password, for hosts")
    .argument("<name>", "what it is for")
    .option("--private-key <source>", `where it comes from: ${secretSourceHelp}`)
    .option("--password <source>", "a password in place of a key, from such a place")
    .action(async (name: string, flags: LoginFlags) => {
      const login = await read(session, flags);
      const client = await openClient(session, flags);
      const body = { name, kind: "ssh", ...login };
      const made = await client.send({ method: "POST", path, body, reply: credentialSchema });
      print(session, flags, made, render);
    });
}

function rotateCommand(session: Session): Command {
  return withServer(new Command("rotate"))
    .description(
      "Replace a key or password; hosts that name it are logged in to with the new one from now on",
    )
    .argument("<id>", "crd_…")
    .option("--private-key <source>", `where the new one comes from: ${secretSourceHelp}`)
    .option("--password <source>", "where the new password comes from")
    .action(async (id: string, flags: LoginFlags) => {
      const [secret] = Object.values(await read(session, flags));
      const client = await openClient(session, flags);
      const at = `${path}/${encodeURIComponent(id)}/rotate`;
      const rotated = await client.send({
        method: "POST",
        path: at,
        body: { secret },
        reply: credentialSchema,
      });
      print(session, flags, rotated, render);
    });
}

function removeCommand(session: Session): Command {
  return withServer(new Command("remove"))
    .description("Delete a credential; one that a host is logged in to with stays")
    .argument("<id>", "crd_…")
    .action(async (id: string, flags: ClientFlags) => {
      const client = await openClient(session, flags);
      await client.send({ method: "DELETE", path: `${path}/${encodeURIComponent(id)}` });
      print(session, flags, { id, removed: true }, () => `${id} is removed.\n`);
    });
}

async function read(session: Session, flags: LoginFlags) {
  const isOne = (flags.privateKey === undefined) !== (flags.password === undefined);
  const login = isOne ? await readLogin(session, flags) : undefined;
  if (login === undefined) throw invalid("--private-key", "give either it or --password");
  return login;
}

function render({ id, name, publicKey }: Credential): string {
  return renderFields([
    ["credential", id],
    ["name", name],
    ["public key", publicKey],
  ]);
}
