import { Command, InvalidArgumentError } from "commander";
import { createdToken, type Token, tokenPage } from "../../access/contract.ts";
import { permissionNames } from "../../access/permissions.ts";
import { ageOf, formatAge } from "../duration.ts";
import {
  type ClientFlags,
  examples,
  openClient,
  print,
  type Session,
  widthOf,
  withServer,
} from "../session.ts";
import { type Column, renderTable } from "../table.ts";

const columns: Column<Token>[] = [
  { title: "ID", value: ({ id }) => id },
  { title: "NAME", value: ({ name }) => name, flexible: true },
  { title: "PREFIX", value: ({ prefix }) => prefix },
  { title: "SCOPES", value: ({ scopes }) => scopes?.join(",") ?? "all of the account" },
  {
    title: "USED",
    value: ({ lastUsedAt }) => lastUsedAt && `${ageOf(lastUsedAt)} ago`,
  },
  { title: "STATE", value: stateOf },
];

function stateOf({ expiresAt, revokedAt }: Token): string {
  if (revokedAt) return "revoked";
  if (!expiresAt) return "never expires";
  const left = Date.parse(expiresAt) - Date.now();
  return left > 0 ? `${formatAge(left)} left` : "expired";
}

export function tokensCommand(session: Session): Command {
  const command = new Command("tokens").description("List, create and revoke API tokens");
  command.addCommand(listCommand(session), { isDefault: true });
  command.addCommand(createCommand(session));
  command.addCommand(revokeCommand(session));
  return command.addHelpText(
    "after",
    examples(
      "roost tokens",
      "roost tokens create ci --scope deployment:create --days 30",
      "roost tokens revoke tok_01jd…",
    ),
  );
}

function listCommand(session: Session): Command {
  return withServer(new Command("list"))
    .description("List your tokens, newest first (default)")
    .option("--account <id>", "tokens of this account instead")
    .action(async (flags: ClientFlags & { account?: string }) => {
      const client = await openClient(session, flags);
      const query = { account: flags.account };
      const found = await client.list({ path: "/api/v1/tokens", query }, tokenPage, 1000);
      print(session, flags, found, ({ items }) => renderTable(items, columns, widthOf(session.context)));
    });
}

interface CreateFlags extends ClientFlags {
  scope?: string[];
  days: number | null;
  account?: string;
}

function createCommand(session: Session): Command {
  return withServer(new Command("create"))
    .description("Create a token and print it; it cannot be shown again")
    .argument("<name>", "what it is for")
    .option(
      "--scope <permission>",
      "only this permission; may be given again (default: all of the account)",
      scope,
    )
    .option("--days <n>", "days until it expires, or never", days, 90)
    .option("--account <id>", "whose token it is (default: your own account)")
    .addHelpText("after", `\nPermissions: ${permissionNames.join(", ")}\n`)
    .addHelpText("after", examples("roost tokens create ci --scope deployment:create --scope stack:read"))
    .action(async (name: string, flags: CreateFlags) => {
      const client = await openClient(session, flags);
      const created = await client.send({
        method: "POST",
        path: "/api/v1/tokens",
        body: { name, scopes: flags.scope ?? null, expiresInDays: flags.days, account: flags.account },
        reply: createdToken,
      });
      print(session, flags, created, ({ token }) => `${token}\n`);
      if (!flags.json)
        session.context.stderr.write(`${created.id} was created. The token is not shown again.\n`);
    });
}

function revokeCommand(session: Session): Command {
  return withServer(new Command("revoke"))
    .description("End a token at once; open streams close within 5 s")
    .argument("<id>", "id of the token, tok_…")
    .action(async (id: string, flags: ClientFlags) => {
      const client = await openClient(session, flags);
      await client.send({ method: "DELETE", path: `/api/v1/tokens/${encodeURIComponent(id)}` });
      print(session, flags, { id, revoked: true }, () => `${id} is revoked.\n`);
    });
}

function scope(value: string, before: string[] = []): string[] {
  if (!(permissionNames as readonly string[]).includes(value)) {
    throw new InvalidArgumentError(`Expected one of ${permissionNames.join(", ")}.`);
  }
  return [...before, value];
}

function days(text: string): number | null {
  if (text === "never") return null;
  const value = Number(text);
  if (!(value > 0 && value <= 3650)) throw new InvalidArgumentError("Expected 1 to 3650, or never.");
  return value;
}
