import { Command, Option } from "commander";
import { type Optimized, profileList } from "../../tuning/contract.ts";
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
import { type ExecuteFlags, executeAction, previewAction, withExecute } from "./host-actions.ts";

interface OptimizeFlags extends ExecuteFlags {
  profile?: string;
  mounts?: boolean;
}

const areas = ["auto", "kernel", "memory", "disk", "network"];

export function hostOptimizeCommand(session: Session): Command {
  return withExecute(withServer(new Command("optimize")))
    .description("Judge a tuning profile for a host and show what it would set, or carry out what was shown")
    .argument("<host>", "name or id")
    .argument("[area]", areas.join(", "), "auto")
    .addOption(
      new Option("--profile <name>", "default: what its hardware speaks for").choices([
        "laptop_battery",
        "desktop_performance",
        "server_production",
      ]),
    )
    .option("--mounts", "change mount options and trim too, as they are judged")
    .addHelpText(
      "after",
      examples("roost host optimize web-1", "roost host optimize web-1 network --profile server_production"),
    )
    .action(async (host: string, area: string, flags: OptimizeFlags) => {
      const client = await openClient(session, flags);
      if (flags.execute !== undefined) return executeAction(client, session, flags, host, flags.execute);
      const { profile, mounts } = flags;
      const request = {
        path: `/api/v1/optimize/${encodeURIComponent(area)}`,
        body: { host, profile, mounts },
        command: `roost host optimize ${host}`,
      };
      await previewAction(client, session, flags, request, (detail) =>
        renderDetail(detail as Optimized["detail"], widthOf(session.context)),
      );
    });
}

export function hostProfilesCommand(session: Session): Command {
  return withServer(new Command("profiles"))
    .description("List the tuning profiles; with a host, what becomes of each value there and why")
    .argument("[host]", "name or id; its last scan is what counts")
    .action(async (host: string | undefined, flags: ClientFlags) => {
      const client = await openClient(session, flags);
      const found = await client.send({ path: "/api/v1/profiles", query: { host }, reply: profileList });
      const width = widthOf(session.context);
      print(session, flags, found, ({ items }) =>
        items
          .map(({ name, summary, values, judgements }) => {
            const asked = Object.entries(values).map(([value, wish]) => `${value}: ${wish}\n`);
            return `${name}: ${summary}\n${judgements ? renderJudgements(judgements, width) : asked.join("")}`;
          })
          .join("\n"),
      );
    });
}

function renderJudgements(judgements: Optimized["detail"]["judgements"], width: number | undefined): string {
  return renderTable(
    judgements,
    [
      { title: "VALUE", value: ({ value, device }) => (device === null ? value : `${value} ${device}`) },
      { title: "ASKED", value: ({ asked }) => asked },
      { title: "VERDICT", value: ({ verdict }) => verdict },
      { title: "BECAUSE", value: ({ reason }) => reason, flexible: true },
    ],
    width,
  );
}

function renderDetail(detail: Optimized["detail"], width: number | undefined): string {
  const { profile, reason, judgements, writes, kept, mounts } = detail;
  const table = renderJudgements(judgements, width);
  const lines = [
    ...writes.map(({ path, before, value }) => `${path}: ${before} -> ${value}`),
    ...kept.map(({ path, by }) => `${path} stays: ${by} sets it`),
    ...mounts.map(({ mount, wish, verdict, reason: why }) => `${mount} ${wish}: ${verdict}. ${why}`),
  ];
  return `\n${profile}: ${reason}\n\n${table}\n${lines.map((line) => `${line}\n`).join("")}`;
}
