import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type * as grpc from "@grpc/grpc-js";
import type services from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import type { AnalyzerStackConfigureRequest } from "@pulumi/pulumi/proto/analyzer_pb.js";

/** The modules that a pack itself is written against; another copy of them has classes of its own. */
export interface PackModules {
  grpc: typeof grpc;
  services: typeof services;
}

export function packModules(folder: string): PackModules {
  const fromPack = createRequire(join(folder, "index.js"));
  const policy = createRequire(fromPack.resolve("@pulumi/policy"));
  return {
    grpc: policy("@grpc/grpc-js"),
    services: policy("@pulumi/pulumi/proto/analyzer_grpc_pb.js"),
  };
}

/** Says what a stack is before a pack is loaded: the SDK reads it from here when it starts. */
export function setStackEnvironment(request: AnalyzerStackConfigureRequest): void {
  Object.assign(process.env, {
    PULUMI_NODEJS_ORGANIZATION: request.getOrganization(),
    PULUMI_NODEJS_PROJECT: request.getProject(),
    PULUMI_NODEJS_STACK: request.getStack(),
    PULUMI_NODEJS_DRY_RUN: String(request.getDryRun()),
    PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().getEntryList())),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigSecretKeysList()),
  });
}

/**
 * How a pack's code is loaded: by Node itself, or by the SDK's own loader, which brings ts-node along for packs that
 * are written as TypeScript without being modules.
 */
export type Loader = "node" | "sdk" | "sdk-typescript";

/**
 * Loads a pack and catches the service that it wants to serve by itself.
 * A pack that throws, or that makes no PolicyPack, is an error: then nothing may be deployed.
 */
export async function loadPack(
  folder: string,
  modules: PackModules,
  loader: Loader,
): Promise<grpc.UntypedServiceImplementation> {
  const server = modules.grpc.Server.prototype;
  const { addService, bindAsync } = server;
  let caught: grpc.UntypedServiceImplementation | undefined;
  server.addService = (_definition, implementation) => {
    caught = implementation;
  };
  server.bindAsync = () => undefined;
  try {
    if (loader === "node") await import(pathToFileURL(packEntry(folder)).href);
    else await loadBySdk(folder, loader === "sdk-typescript");
  } finally {
    Object.assign(server, { addService, bindAsync });
  }
  if (caught === undefined) throw new Error(`${folder} makes no PolicyPack when it is loaded`);
  return caught;
}

function loadBySdk(folder: string, typeScript: boolean): Promise<unknown> {
  const { run } = createRequire(join(folder, "index.js"))("@pulumi/pulumi/cmd/run-policy-pack/run.js");
  const nothing = (): void => undefined;
  return run({ argv: { _: [folder] }, programStarted: nothing, reportLoggedError: nothing, typeScript });
}

function packEntry(folder: string): string {
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { main?: string };
  const names = [manifest.main, "index.ts", "index.js", "index.mjs"].filter((name) => name !== undefined);
  const found = names.map((name) => join(folder, name)).find((path) => existsSync(path));
  if (found === undefined) throw new Error(`${folder} has none of ${names.join(", ")}`);
  return found;
}
