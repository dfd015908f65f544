import { Command } from "commander";
import {
  type Credential,
  credentialPage,
  credential as credentialSchema,
} from "../../credentials/contract.ts";
import { ageOf } from "../duration.ts";
import { parseSecretSource, SecretReader, secretSourceHelp } from "../secret-source.ts";
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
    .description("Keep the keys that hosts are logged in to with: stored encrypted, rotated, never shown")
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

interface KeyFlags extends ClientFlags {
  privateKey: string;
}

function addCommand(session: Session): Command {
  return withServer(new Command("add"))
    .description("Store an SSH key for hosts")
    .argument("<name>", "what it is for")
    .requiredOption("--private-key <source>", `where it comes from: ${secretSourceHelp}`)
    .action(async (name: string, flags: KeyFlags) => {
      const privateKey = await read(session, flags);
      const client = await openClient(session, flags);
      const body = { name, kind: "ssh", privateKey };
      const made = await client.send({ method: "POST", path, body, reply: credentialSchema });
      print(session, flags, made, render);
    });
}

function rotateCommand(session: Session): Command {
  return withServer(new Command("rotate"))
    .description("Replace an SSH key; hosts that name it are logged in to with the new one from now on")
    .argument("<id>", "crd_…")
    .requiredOption("--private-key <source>", `where the new one comes from: ${secretSourceHelp}`)
    .action(async (id: string, flags: KeyFlags) => {
      const secret = await read(session, flags);
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

function read(session: Session, { privateKey }: KeyFlags): Promise<string> {
  const source = parseSecretSource(privateKey, "--private-key");
  return new SecretReader(session.context).read(source, "Private key");
}

function render({ id, name, publicKey }: Credential): string {
  return renderFields([
    ["credential", id],
    ["name", name],
    ["public key", publicKey],
  ]);
}
