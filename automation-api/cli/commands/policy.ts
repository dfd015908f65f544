import { Command } from "commander";
import type { Outcome, Verdict } from "../../../policies/index.ts";
import { RoostError } from "../../errors.ts";
import { exitCodes } from "../exit-codes.ts";
import { type GraphFlags, readGraphSource, withGraph } from "../graph-source.ts";
import { readSettings, refuse } from "../policy-settings.ts";
import { examples, print, type Session, widthOf, withJson } from "../session.ts";
import { renderTable } from "../table.ts";
import { forceCommand, releaseCommand, showCommand } from "./policy-forced.ts";

interface CheckFlags extends GraphFlags {
  settings?: string;
  strict?: boolean;
  sarif?: boolean;
  json?: boolean;
}

export function policyCommand(session: Session): Command {
  return new Command("policy")
    .description(
      "Judge stacks by policies, without an engine or an account, and say which are forced on projects",
    )
    .addCommand(checkCommand(session))
    .addCommand(listCommand(session))
    .addCommand(showCommand(session))
    .addCommand(forceCommand(session))
    .addCommand(releaseCommand(session));
}

function checkCommand(session: Session): Command {
  return withGraph(new Command("check"))
    .description(
      "Judge a program that comes with Roost, a recorded graph, or a stack of a server by every policy",
    )
    .option("--settings <file>", "levels, settings and exceptions of policies, as YAML or JSON")
    .option("--sarif", "print SARIF 2.1.0, for code scanning")
    .option("--strict", "fail also for advisories and for what cannot be decided")
    .addHelpText(
      "after",
      "\nPolicies ask more of --stack production. The exit code is 1 when there is a violation.\n",
    )
    .addHelpText(
      "after",
      examples(
        "roost policy check web-service --config stacks/web-service/examples/production.yaml --stack production",
        "roost graph web-service --config shop.yaml | roost policy check --graph -",
        "roost policy check --deployed shop/production --sarif",
      ),
    )
    .action(async (program: string | undefined, flags: CheckFlags) => {
      if (flags.json && flags.sarif) throw new RoostError("invalid", "Only one of --json and --sarif.");
      const policies = await import("../../../policies/index.ts");
      const graph = await readGraphSource(session, program, flags);
      const settings = await readSettings(flags.settings, policies.settings);
      const verdict = refuse(policies.SettingsError, () =>
        policies.evaluate(policies.rules, graph, { settings }),
      );
      const { stdout } = session.context;
      if (flags.sarif) {
        stdout.write(`${JSON.stringify(policies.sarifOf(verdict, policies.rules, "0.1.0"), null, 2)}\n`);
      } else {
        print(session, flags, policies.reportOf(verdict), () => table(verdict, widthOf(session.context)));
      }
      const fatal = flags.strict ? ["violation", "advisory", "cannot-decide"] : ["violation"];
      if (verdict.outcomes.some(({ kind }) => fatal.includes(kind))) session.exitCode = exitCodes.failed;
    });
}

function listCommand(session: Session): Command {
  return withJson(new Command("list"))
    .description("List the policies")
    .option("--markdown", "as docs/policies.md", false)
    .action(async (flags: { json?: boolean; markdown: boolean }) => {
      const { policiesDocument, rules } = await import("../../../policies/index.ts");
      if (flags.markdown) {
        session.context.stdout.write(policiesDocument(rules));
        return;
      }
      const rows = rules.map(({ id, title, severity, level, scope, frameworks, remediation, kinds }) => ({
        ...{ id, title, severity, level, scope, frameworks, remediation, kinds },
      }));
      print(session, flags, rows, () =>
        renderTable(
          rows,
          [
            { title: "POLICY", value: ({ id }) => id },
            { title: "SEVERITY", value: ({ severity }) => severity },
            { title: "LEVEL", value: ({ level }) => level },
            { title: "WHAT HOLDS", value: ({ title }) => title, flexible: true },
          ],
          widthOf(session.context),
        ),
      );
    });
}

function table(verdict: Verdict, width: number | undefined): string {
  const counts = new Map<string, number>();
  for (const { kind } of verdict.outcomes) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const found = [...counts].map(([kind, count]) => `${count} ${kind}`).join(", ") || "nothing found";
  const summary = `${verdict.checks} checks of ${verdict.resources} resources: ${found}\n`;
  if (verdict.outcomes.length === 0) return summary;
  const rows = renderTable<Outcome>(
    verdict.outcomes,
    [
      { title: "OUTCOME", value: ({ kind }) => kind },
      { title: "SEVERITY", value: ({ rule }) => rule.severity },
      { title: "POLICY", value: ({ rule }) => rule.id },
      { title: "RESOURCE", value: ({ type, name }) => `${type.split(":").at(-1)} ${name}` },
      { title: "FINDING", value: ({ message }) => message, flexible: true },
    ],
    width,
  );
  return `${rows}\n${summary}`;
}
