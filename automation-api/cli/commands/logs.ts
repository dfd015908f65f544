import { Command } from "commander";
import { deployment } from "../../deployments/contract.ts";
import { follow } from "../follow.ts";
import { type ClientFlags, examples, openClient, print, type Session, withServer } from "../session.ts";
import { findDeploymentId } from "../target.ts";

/** `logs` and `cancel`: one deployment that exists. */
export function logsCommand(session: Session): Command {
  return withServer(new Command("logs"))
    .description("Show what a deployment has done until now")
    .argument("<id|project/stack>", "deployment, or stack for its newest one")
    .option("-f, --follow", "go on until it ends, and exit by its result; Ctrl-C stops following", false)
    .addHelpText(
      "after",
      examples("roost logs -f hello/dev", "roost logs dep_01jd… > log.txt", "roost logs -f hello/dev --json"),
    )
    .action(async (text: string, flags: ClientFlags & { follow: boolean }) => {
      const client = await openClient(session, flags);
      const id = await findDeploymentId(client, text);
      if (flags.follow) {
        session.exitCode = await follow(client, id, session, { json: flags.json, onInterrupt: "detach" });
        return;
      }
      const log = await client.send({ path: `/api/v1/deployments/${id}/log` });
      print(session, flags, { id, log }, () => log);
    });
}

export function cancelCommand(session: Session): Command {
  return withServer(new Command("cancel"))
    .description("Cancel a deployment: a queued one at once, a running one by its worker")
    .argument("<id|project/stack>", "deployment, or stack for the one that runs, else the newest that waits")
    .addHelpText("after", examples("roost cancel hello/dev", "roost cancel dep_01jd…"))
    .action(async (text: string, flags: ClientFlags) => {
      const client = await openClient(session, flags);
      const id = await findDeploymentId(client, text, ["running", "queued"]);
      const cancelled = await client.send({
        method: "POST",
        path: `/api/v1/deployments/${id}/cancel`,
        reply: deployment,
      });
      print(session, flags, cancelled, ({ state }) =>
        state === "cancelled" ? `${id} is cancelled.\n` : `${id} is being cancelled: roost logs -f ${id}\n`,
      );
    });
}
