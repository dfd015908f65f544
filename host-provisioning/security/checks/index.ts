import { accounts } from "./accounts.ts";
import type { Check } from "./check.ts";
import { files } from "./files.ts";
import { kernel } from "./kernel.ts";
import { network } from "./network.ts";
import { software } from "./software.ts";
import { ssh } from "./ssh.ts";

export type { Check, Expectation, Subject } from "./check.ts";

/** Every check, in the order of reports. */
export const checks: Check[] = [...ssh, ...accounts, ...files, ...network, ...kernel, ...software];
