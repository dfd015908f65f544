import { existsSync, readdirSync } from "node:fs";
import { openSessionTargets } from "../../plugins/roost/index.ts";
import { stopService } from "../../plugins/roost/service/control.ts";
import { servicesFolder } from "../../plugins/roost/service/place.ts";
import { readStatus, type ServiceStatus, servicePaths } from "../../plugins/roost/service/record.ts";

/** Ids of the local services whose records lie below a data folder. */
export function serviceIds(dataFolder: string): string[] {
  const folder = servicesFolder(dataFolder);
  return existsSync(folder) ? readdirSync(folder).filter((name) => !name.startsWith(".")) : [];
}

/** What the only service of a data folder said of itself last. */
export function onlyStatus(dataFolder: string): ServiceStatus {
  const [id, ...others] = serviceIds(dataFolder);
  const status = id === undefined || others.length > 0 ? undefined : readStatus(servicePaths(dataFolder, id));
  if (status === undefined)
    throw new Error(`There is no service, or more than one: ${[id, ...others].join(", ")}`);
  return status;
}

/** Ends what a test that failed half-way has left running: services outlive their server. */
export async function endServices(dataFolder: string): Promise<void> {
  const { process: sessions } = openSessionTargets(dataFolder);
  for (const id of serviceIds(dataFolder)) {
    // With a session go the rules of the firewall that were set for it.
    if (/^ses-[0-9a-z]{26}$/.test(id)) await sessions?.stop(id.replace("-", "_"), AbortSignal.abort());
    else (await stopService(servicePaths(dataFolder, id), AbortSignal.abort()))();
  }
}
