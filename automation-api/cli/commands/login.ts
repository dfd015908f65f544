import { Command } from "commander";
import { me } from "../../access/contract.ts";
import { RoostError } from "../../errors.ts";
import { Client } from "../client.ts";
import { findConnection, isLoopbackOrigin, originOf } from "../connection.ts";
import { keepLogin } from "../credentials-file.ts";
import { parseSecretSource, SecretReader, secretSourceHelp } from "../secret-source.ts";
import { type ClientFlags, examples, print, type Session, withServer } from "../session.ts";

interface LoginFlags extends ClientFlags {
  token?: string;
}

export function loginCommand(session: Session): Command {
  return withServer(new Command("login"))
    .description("Keep a token for a server, and use that server from now on")
    .argument("[address]", "address of the server (default: where the commands would go now)")
    .option("--token <source>", `where the token comes from: ${secretSourceHelp} (default: asked for)`)
    .addHelpText(
      "after",
      examples(
        "roost login https://roost.example.com",
        "roost login --token file:.roost/admin-token",
        "vault read -field=token secret/roost | roost login https://roost.example.com",
      ),
    )
    .action(async (address: string | undefined, flags: LoginFlags) => {
      const { context } = session;
      const source =
        flags.token === undefined ? { kind: "ask" as const } : parseSecretSource(flags.token, "--token");
      const found = await findConnection(
        { ...flags, url: address ?? flags.url },
        { ...context, env: withoutToken(context.env) },
      );
      const origin = originOf(found.origin, "address");
      if (origin.startsWith("http:") && !isLoopbackOrigin(origin) && !flags.plainHttp) {
        throw new RoostError(
          "invalid",
          `The token would travel in clear to ${origin}: use https, or --plain-http.`,
        );
      }
      const token = (await new SecretReader(context).read(source, `Token for ${origin}`)).trim();
      if (!/^[\x21-\x7e]{8,512}$/.test(token)) throw new RoostError("invalid", "This is not a token.");
      const client = new Client({ ...found, origin, token, tokenFrom: "what was given" });
      const { account, organization } = await client.send({ path: "/api/v1/me", reply: me });
      const login = { token, account: account.name, organization: organization.name };
      const file = await keepLogin(context, origin, login);
      const shown = { origin, account: account.name, organization: organization.name, file };
      print(
        session,
        flags,
        shown,
        () => `Logged in at ${origin} as ${account.name} of ${organization.name}; the token is in ${file}.\n`,
      );
    });
}

/** A login is about another token than the one that the environment gives now. */
function withoutToken(env: Session["context"]["env"]) {
  return { ...env, ROOST_TOKEN: undefined };
}
