import { readFileSync } from "node:fs";
import { basename } from "node:path";
import * as pulumi from "@pulumi/pulumi";

/** A Node program of one file. It is read when the Pulumi program runs and kept with the service. */
export interface NodeProgramArgs {
  /** Path of the file; relative to the Pulumi program's working folder. */
  program: string;
  arguments?: pulumi.Input<pulumi.Input<string>[]>;
}

export interface HealthCheckArgs {
  /** Path that must answer with a status below 400. Default: the port must accept a connection. */
  path?: pulumi.Input<string>;
  /** Between two checks of a healthy service. Default: 5. */
  intervalSeconds?: pulumi.Input<number>;
  /** Default: 2. */
  timeoutSeconds?: pulumi.Input<number>;
  /** Good answers in a row that make it healthy. Default: 1. */
  healthyAfter?: pulumi.Input<number>;
  /** Bad answers in a row after which its restart policy applies. Default: 3. */
  unhealthyAfter?: pulumi.Input<number>;
}

export interface RestartArgs {
  /** Default: "always". */
  policy?: pulumi.Input<"always" | "on-failure" | "never">;
  /** Before the first restart; doubles up to 30 while the service keeps ending. Default: 0.5. */
  backoffSeconds?: pulumi.Input<number>;
  /** More restarts than this within a minute and it is given up until the next update. Default: 10. */
  maxPerMinute?: pulumi.Input<number>;
}

export interface LogArgs {
  /** Size at which a new file is begun. Default: 10,000,000. */
  maxBytes?: pulumi.Input<number>;
  /** Older files that are kept. Default: 3. */
  keep?: pulumi.Input<number>;
}

export interface ServiceArgs {
  /** Program and arguments (seen by everyone on the machine), or a Node program of one file. */
  command: pulumi.Input<pulumi.Input<string>[]> | NodeProgramArgs;
  /** Beside PATH, locale and proxy settings, and HOST, PORT and HOME, which the service is always given. */
  environment?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** The same, encrypted in the state and kept in a file that only the supervisor reads. */
  secretEnvironment?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Absolute. Default: a folder of the service's own. */
  workingDirectory?: pulumi.Input<string>;
  /** Default: 8080, or a free one where services share one loopback address. */
  port?: pulumi.Input<number>;
  /** Default: a service is healthy when it has stayed up for a second. */
  healthCheck?: pulumi.Input<HealthCheckArgs>;
  restart?: pulumi.Input<RestartArgs>;
  log?: pulumi.Input<LogArgs>;
  /** Between asking the service to end and ending it. Default: 10. */
  stopGraceSeconds?: pulumi.Input<number>;
}

/**
 * A service that runs on this machine at a loopback address of its own, and goes on running when the update,
 * the terminal and the server have ended. Creating and updating return when it is healthy.
 *
 *     const web = new Service("web", { command: ["node", "server.js"], workingDirectory: "/srv/web",
 *       healthCheck: { path: "/health" } });
 *     export const url = web.url;
 */
export class Service extends pulumi.CustomResource {
  declare readonly address: pulumi.Output<string>;
  declare readonly port: pulumi.Output<number>;
  /** `http://<address>:<port>` */
  declare readonly url: pulumi.Output<string>;
  /** Process id of the service itself; absent while it is down. */
  declare readonly pid: pulumi.Output<number | undefined>;
  /** The newest part of what the service prints. */
  declare readonly logPath: pulumi.Output<string>;
  /** "down" after a refresh found it so: the next update starts it. */
  declare readonly state: pulumi.Output<"running" | "down">;

  constructor(name: string, args: ServiceArgs, options?: pulumi.CustomResourceOptions) {
    const { command, secretEnvironment, ...rest } = args;
    const inputs: pulumi.Inputs = {
      port: undefined,
      ...rest,
      command: isProgram(command) ? readProgram(command) : command,
      secretEnvironment: secretEnvironment === undefined ? undefined : pulumi.secret(secretEnvironment),
      address: undefined,
      url: undefined,
      pid: undefined,
      logPath: undefined,
      state: undefined,
    };
    // An id belongs to one service at a time: a replacement that was asked for begins with the deletion.
    super("roost:local:Service", name, inputs, { ...options, deleteBeforeReplace: true });
  }
}

function isProgram(command: ServiceArgs["command"]): command is NodeProgramArgs {
  return !pulumi.Output.isInstance(command) && typeof (command as NodeProgramArgs).program === "string";
}

/** With the rights of the program that asks for it, so nothing is read that its author could not read. */
function readProgram({ program, arguments: words }: NodeProgramArgs): pulumi.Inputs {
  return { name: basename(program), text: readFileSync(program, "utf8"), arguments: words };
}

export interface SessionArgs {
  /** Where it runs. */
  target: pulumi.Input<"process" | "docker" | "ecs">;
  /** Id in the ledger of sessions, `ses_…`. */
  session: pulumi.Input<string>;
  /** What it runs: the workload of its template. */
  workload: pulumi.Input<object>;
  /** More of its environment, encrypted in the state. */
  secretEnvironment?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** With which others it is started by one call. */
  batch?: pulumi.Input<{ id: string; sessions: string[] }>;
}

/**
 * One session of a template: a private workload that a user has, or will have. Creating returns when the target has
 * accepted the start. Sessions are made by the server's own shard stacks, from its ledger.
 */
export class Session extends pulumi.CustomResource {
  constructor(name: string, args: SessionArgs, options?: pulumi.CustomResourceOptions) {
    const { secretEnvironment } = args;
    super(
      "roost:session:Session",
      name,
      { ...args, secretEnvironment: secretEnvironment && pulumi.secret(secretEnvironment) },
      options,
    );
  }
}

/** Where the services of a stack are kept, when it is not the default folder. */
export class Provider extends pulumi.ProviderResource {
  constructor(
    name: string,
    args: { dataFolder?: pulumi.Input<string> } = {},
    options?: pulumi.ResourceOptions,
  ) {
    super("roost", name, { ...args }, options);
  }
}
