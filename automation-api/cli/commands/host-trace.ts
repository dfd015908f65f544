import { Argument, Command } from "commander";
import { probeNames, type TracedReply, traced } from "../../traces/contract.ts";
import {
  type ClientFlags,
  examples,
  openClient,
  print,
  type Session,
  widthOf,
  withServer,
} from "../session.ts";
import { renderTable } from "../table.ts";
import { wholeNumber } from "./host-actions.ts";

export function hostTraceCommand(session: Session): Command {
  return withServer(new Command("trace"))
    .description("Look into a host's kernel for some seconds, by its own bpftrace; nothing is changed")
    .argument("<host>", "name or id")
    .addArgument(new Argument("<probe>", "what is looked at").choices(probeNames))
    .option("--seconds <number>", "how long, 1 to 60 (default 5)", (text) => wholeNumber(text, "--seconds"))
    .addHelpText(
      "after",
      examples("roost host trace web-1 run-queue", "roost host trace web-1 system-calls --json"),
    )
    .action(async (host: string, probe: string, flags: ClientFlags & { seconds?: number }) => {
      const client = await openClient(session, flags);
      const body = { host, probe, seconds: flags.seconds };
      const found = await client.send({ method: "POST", path: "/api/v1/traces", body, reply: traced });
      print(session, flags, found, (shown) => render(shown, widthOf(session.context)));
    });
}

function render({ unit, counts, histogram }: TracedReply, width: number | undefined): string {
  const rows = [
    ...counts.map(({ of, count }) => ({ what: of, count })),
    ...histogram.map(({ min, max, count }) => ({ what: `${min ?? ""} to ${max ?? ""}`, count })),
  ];
  if (rows.length === 0) return "Nothing of the kind happened.\n";
  return renderTable(
    rows,
    [
      { title: (unit ?? "what").toUpperCase(), value: ({ what }) => what, flexible: true },
      { title: "COUNT", value: ({ count }) => String(count) },
    ],
    width,
  );
}
