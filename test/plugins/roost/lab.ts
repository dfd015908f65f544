import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Context, Properties } from "../../../plugins/provider/index.ts";
import { stopService } from "../../../plugins/roost/service/control.ts";
import { serviceHandler } from "../../../plugins/roost/service/handler.ts";
import type { ServiceOutputs } from "../../../plugins/roost/service/outputs.ts";
import { servicesFolder } from "../../../plugins/roost/service/place.ts";
import { serviceId, servicePaths } from "../../../plugins/roost/service/record.ts";
import type { ServiceInputs } from "../../../plugins/roost/service/spec.ts";

const program = readFileSync(new URL("./fixtures/answer.mjs", import.meta.url), "utf8");

/** The fixture as a program file, with quick settings: tests wait for conditions, not for intervals. */
export function answering(change: Partial<ServiceInputs> = {}): ServiceInputs {
  return {
    command: { name: "answer.mjs", text: program },
    healthCheck: { path: "/health", intervalSeconds: 0.1, timeoutSeconds: 1, unhealthyAfter: 2 },
    restart: { policy: "always", backoffSeconds: 0.05, maxPerMinute: 10 },
    stopGraceSeconds: 2,
    ...change,
  };
}

/** A data folder of its own with the real handler on it: services are real processes. */
export class Lab {
  readonly dataFolder = mkdtempSync(join(tmpdir(), "roost-services-"));

  /** @param mode services of a superuser run as users of their own, who must be able to pass through */
  constructor(mode = 0o711) {
    chmodSync(this.dataFolder, mode);
  }

  urn(name: string): string {
    return `urn:pulumi:dev::lab::roost:local:Service::${name}`;
  }

  paths(name: string) {
    return servicePaths(this.dataFolder, serviceId(this.urn(name)));
  }

  context(name: string, change: Partial<Context> = {}): Context {
    return {
      urn: this.urn(name),
      type: "roost:local:Service",
      name,
      preview: false,
      signal: new AbortController().signal,
      timeoutSeconds: 20,
      directory: this.dataFolder,
      config: { dataFolder: this.dataFolder },
      connection: "lab",
      secretInputs: new Set(),
      mask: (text) => text,
      log: () => undefined,
      ...change,
    };
  }

  async create(name: string, inputs: ServiceInputs, change: Partial<Context> = {}): Promise<ServiceOutputs> {
    const { state } = await serviceHandler.create(this.context(name, change), {
      inputs: asProperties(inputs),
    });
    return state as unknown as ServiceOutputs;
  }

  async update(
    name: string,
    old: ServiceInputs,
    inputs: ServiceInputs,
    change: Partial<Context> = {},
  ): Promise<ServiceOutputs> {
    const request = {
      id: this.id(name),
      inputs: asProperties(inputs),
      oldInputs: asProperties(old),
      state: {},
    };
    return (await serviceHandler.update!(this.context(name, change), request)) as unknown as ServiceOutputs;
  }

  async read(name: string) {
    const found = await serviceHandler.read!(this.context(name), {
      id: this.id(name),
      inputs: {},
      state: {},
    });
    return found && { ...found, state: found.state as unknown as ServiceOutputs };
  }

  delete(name: string, change: Partial<Context> = {}): Promise<void> {
    return serviceHandler.delete!(this.context(name, change), { id: this.id(name), inputs: {}, state: {} });
  }

  id(name: string): string {
    return serviceId(this.urn(name));
  }

  async close(): Promise<void> {
    const folder = servicesFolder(this.dataFolder);
    const ids = existsSync(folder) ? readdirSync(folder).filter((name) => !name.startsWith(".")) : [];
    for (const id of ids) (await stopService(servicePaths(this.dataFolder, id), AbortSignal.abort()))();
    rmSync(this.dataFolder, { recursive: true, force: true });
  }
}

function asProperties(inputs: ServiceInputs): Properties {
  return inputs as unknown as Properties;
}

/** Asks a service; undefined while it does not answer. */
export async function ask<T = Record<string, unknown>>(url: string, path = "/"): Promise<T | undefined> {
  try {
    return (await (await fetch(url + path)).json()) as T;
  } catch {
    return undefined;
  }
}

/** Every process whose command line or environment speaks of a folder, by reading all of them. */
export function processesAbout(folder: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .map((pid) => `${pid} ${read(`/proc/${pid}/cmdline`)} ${read(`/proc/${pid}/environ`)}`)
    .filter((text) => text.includes(folder));
}

function read(path: string): string {
  try {
    return readFileSync(path, "latin1").replaceAll("\0", " ");
  } catch {
    return "";
  }
}
