import type { ProgramInfo } from "@pulumi/pulumi/proto/language_pb.js";

/** What a project may set under `runtime.options` in its Pulumi.yaml. */
export interface RuntimeOptions {
  /** Load ts-node for `.ts` files. Off, Node itself strips the types. Default: true. */
  typescript: boolean;
  /** Flags for Node, in front of the program. */
  nodeArguments: string[];
  tsconfig: string | undefined;
  packageManager: string;
  /** Names of environment variables that reach the program. */
  environment: string | undefined;
}

export function readOptions(info: ProgramInfo | undefined): RuntimeOptions {
  const raw = info?.getOptions()?.toJavaScript() ?? {};
  return {
    typescript: String(raw.typescript ?? true) !== "false",
    nodeArguments: text(raw.nodeargs)?.split(/\s+/).filter(Boolean) ?? [],
    tsconfig: text(raw.tsconfig),
    packageManager: text(raw.packagemanager) ?? "npm",
    environment: text(raw.environment),
  };
}

function text(value: unknown): string | undefined {
  return value === undefined || value === null || value === "" ? undefined : String(value);
}
