import { isIPv4 } from "node:net";
import { z } from "zod";

const boolean = z.enum(["0", "1", "false", "true"]).transform((text) => text === "1" || text === "true");
const list = z.string().transform((text) =>
  text
    .split(",")
    .map((item) => item.trim())
    .filter(Boolean),
);
const port = z.coerce.number().int().min(0).max(65_535);
const positive = z.coerce.number().int().positive();
const days = z.coerce.number().positive();

const isPlace = (place: string) => {
  const [, address = "", bits = "32", number = "1"] = /^([\d.]+)(?:\/(\d\d?)|:(\d{1,5}))?$/.exec(place) ?? [];
  return isIPv4(address) && Number(bits) <= 32 && Number(number) > 0 && Number(number) <= 65_535;
};
const readPlace = (place: string) => {
  const [address = "", port] = place.split(":");
  return { address, ...(port && { port: Number(port) }) };
};

/**
 * Every setting: an environment variable, its default and its meaning. The
 * table in docs/settings.md is printed from here.
 */
export const settingsSchema = z.strictObject({
  ROOST_HOST: z
    .string()
    .min(1)
    .default("127.0.0.1")
    .describe("Address to listen on. Anything but loopback needs TLS or ROOST_BEHIND_PROXY=1."),
  ROOST_PORT: port
    .default(8000)
    .describe("Port of the API, the documentation and the state backend; 0 takes a free one."),
  ROOST_PUBLIC_URL: z
    .url()
    .optional()
    .describe("Address under which users reach the server, when it is not the one it listens on."),
  ROOST_DATA_DIR: z
    .string()
    .min(1)
    .optional()
    .describe("Folder of the embedded database, keys and running services. Default: .roost in the project."),
  ROOST_TLS_CERT: z.string().optional().describe("Certificate chain (PEM file); read again when it changes."),
  ROOST_TLS_KEY: z.string().optional().describe("Private key of ROOST_TLS_CERT (PEM file)."),
  ROOST_TLS_KEY_PASSWORD: z.string().optional().describe("Password of ROOST_TLS_KEY."),
  ROOST_BEHIND_PROXY: boolean
    .default(false)
    .describe("1 when a proxy in front ends TLS; its X-Forwarded-Proto and -Host are then believed."),
  ROOST_MASTER_KEY: z
    .string()
    .regex(/^[A-Za-z0-9+/]{43}=$/, "expected 32 bytes in base64")
    .optional()
    .describe(
      "Key that encrypts every secret, 32 bytes in base64. Default: a 0600 file made on first start.",
    ),
  ROOST_MASTER_KEY_FILE: z.string().optional().describe("File that holds the master key."),
  ROOST_ADMIN_TOKEN: z
    .string()
    .min(32)
    .optional()
    .describe("First admin token, 32 characters or more, instead of a generated one."),
  ROOST_ADMIN_TOKEN_FILE: z.string().optional().describe("File that holds the first admin token."),
  ROOST_ORGANIZATION: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/)
    .default("roost")
    .describe("Name of the organization made on first start; the first part of a full stack name."),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, "expected postgres://…")
    .optional()
    .describe("PostgreSQL 14 or newer. Default: an embedded one."),
  ROOST_DATABASE_POOL: positive
    .max(200)
    .default(10)
    .describe("Connections to the database at most, per process."),
  ROOST_DATABASE_PORT: port
    .optional()
    .describe(
      "Lets the embedded database listen on this loopback port too; 0 takes a free one. Default: Unix socket only.",
    ),
  ROOST_WORKERS: z.coerce
    .number()
    .int()
    .min(0)
    .max(64)
    .default(2)
    .describe("Deployments that this process runs at once; 0 runs none here."),
  ROOST_WARM_RUNNERS: z.coerce
    .number()
    .int()
    .min(0)
    .max(16)
    .default(1)
    .describe("Runners kept started and waiting."),
  ROOST_RUNNER_MEMORY_MB: positive.default(2048).describe("Heap limit of a runner."),
  ROOST_DEPLOYMENT_MINUTES: positive.default(720).describe("A deployment is cancelled after this time."),
  ROOST_ENGINE: z
    .string()
    .optional()
    .describe("Path of the pulumi command. Default: looked for, see `roost doctor`."),
  ROOST_PRICES: z
    .string()
    .optional()
    .describe("Price table (JSON file, roost-prices/1) that costs are estimated by. Default: an example."),
  ROOST_COMMAND_PROVIDER: z
    .enum(["roost", "official"])
    .default("roost")
    .describe("Which provider runs `command` resources in deployments."),
  ROOST_PROGRAM_ROOTS: list
    .default([])
    .describe("Folders, separated by commas, below which folder programs may lie."),
  ROOST_SECURITY_TRACKER: z
    .string()
    .min(1)
    .optional()
    .describe(
      "File with the Debian security tracker's data (https://security-tracker.debian.org/tracker/data/json) that full scans of hosts are joined with; its time of change is told as the data's.",
    ),
  ROOST_HOST_FAN_OUT: positive
    .max(500)
    .default(16)
    .describe("Hosts that this process scans or samples at the same time."),
  ROOST_SAMPLE_SECONDS: z.coerce
    .number()
    .int()
    .min(10)
    .max(3600)
    .default(60)
    .describe("How often a host's performance is sampled where that is asked for without an interval."),
  ROOST_SESSION_IMAGES: list
    .default([])
    .describe(
      "Beginnings of the names of images that session templates may run, such as 123456789012.dkr.ecr.eu-west-1.amazonaws.com/; sha256: means images of the Docker daemon by their id.",
    ),
  ROOST_SESSION_REACH: list
    .pipe(
      z.array(
        z
          .string()
          .refine(isPlace, "expected an IPv4 address or network, such as 10.1.0.0/16 or 10.1.2.3:443"),
      ),
    )
    .transform((places) => places.map(readPlace))
    .default([])
    .describe(
      "What sessions on this machine may reach beside the internet: IPv4 networks (CIDR), or address:port by TCP.",
    ),
  ROOST_SESSION_USERS: z
    .string()
    .regex(/^[1-9]\d{2,9}-[1-9]\d{2,9}$/, "expected two numbers of users, such as 70000-79999")
    .transform((range) => range.split("-").map(Number) as [number, number])
    .refine(([first, last]) => first < last && last < 4_294_967_295, "expected the smaller number first")
    .transform(([first, last]) => ({ first, count: last - first + 1 }))
    .optional()
    .describe(
      "Numbers of the users that sessions as processes run as, when the server is root: twice as many as sessions, or more. Default: ten million, far from all others.",
    ),
  ROOST_DOCKER_SOCKET: z
    .string()
    .min(1)
    .default("/var/run/docker.sock")
    .describe("Socket of the Docker daemon that sessions of the target docker run at."),
  ROOST_ECS_CLUSTER: z
    .string()
    .regex(
      /^arn:[a-z-]+:ecs:[a-z0-9-]+:\d{12}:cluster\/[\w-]{1,255}$/,
      "expected arn:aws:ecs:REGION:ACCOUNT:cluster/NAME",
    )
    .optional()
    .describe("ARN of the ECS cluster in which sessions of the target ecs run. Default: none do."),
  ROOST_ECS_PROFILE: z
    .string()
    .min(1)
    .optional()
    .describe("Profile of the AWS configuration files for it. Default: the SDK's own chain."),
  ROOST_ECS_LAUNCH_BURST: positive
    .default(100)
    .describe("Tasks that the account lets be launched at once on Fargate."),
  ROOST_ECS_LAUNCHES_PER_SECOND: positive
    .default(20)
    .describe("Tasks that it lets be launched by the second after that."),
  ROOST_PROXY_PORT: port.default(8001).describe("Port of the sessions' own proxy; 0 takes a free one."),
  ROOST_PROXY_URL: z
    .string()
    .regex(
      /^https?:\/\/\*\.[a-z0-9.-]+(:\d+)?$/,
      "expected http://*.localhost:8001 or another address with * as the first label",
    )
    .optional()
    .describe(
      "Where browsers reach sessions: each has an origin of its own in place of *. Default: http://*.localhost with ROOST_PROXY_PORT.",
    ),
  ROOST_PROXY: boolean.default(true).describe("0: `roost start` starts no proxy for sessions."),
  ROOST_OUTBOUND_ALLOW: list
    .default([])
    .describe("Hosts or addresses (CIDR, optional :port) outside the public internet that git may reach."),
  ROOST_SYNC_STORE: z
    .string()
    .optional()
    .describe(
      "Where `roost terminal push` keeps shells: s3://bucket/prefix?region=…&endpoint=…, or the https address of a Git repository with #branch. Default: the database.",
    ),
  ROOST_SYNC_LOGIN: z
    .string()
    .regex(/^[^:\p{Cc}]+:\P{Cc}+$/u, "expected user:password")
    .optional()
    .describe("user:password of the Git repository of ROOST_SYNC_STORE."),
  ROOST_OIDC_ISSUER: z
    .url()
    .optional()
    .describe(
      "Issuer of OpenID Connect that people sign in at and whose access tokens are taken, such as https://id.example.com/realms/roost. Default: none.",
    ),
  ROOST_OIDC_CLIENT_ID: z.string().min(1).optional().describe("Name of Roost at the issuer."),
  ROOST_OIDC_CLIENT_SECRET: z
    .string()
    .min(1)
    .optional()
    .describe("Secret of that client. Default: a public client, which has none."),
  ROOST_OIDC_CLIENT_SECRET_FILE: z.string().optional().describe("File that holds the client's secret."),
  ROOST_OIDC_AUDIENCE: z
    .string()
    .min(1)
    .optional()
    .describe("What access tokens for Roost have in aud. Default: ROOST_OIDC_CLIENT_ID."),
  ROOST_OIDC_SCOPES: z
    .string()
    .regex(/^openid( \S+)*$/, "expected openid, and more after a space")
    .default("openid profile email")
    .describe("Scopes that a browser's sign-in asks for."),
  ROOST_OIDC_ROLE_CLAIM: z
    .string()
    .min(1)
    .default("roles")
    .describe("Claim with a person's roles or groups; a dot leads into it, as in realm_access.roles."),
  ROOST_OIDC_ROLES: list
    .refine((items) => items.every((item) => /^.+=(viewer|operator|admin)$/.test(item)), {
      error: "expected value=viewer, value=operator or value=admin, separated by commas",
    })
    .default(["roost-viewer=viewer", "roost-operator=operator", "roost-admin=admin"])
    .describe("Which value of the claim gives which role in the whole organization; the strongest counts."),
  ROOST_OIDC_DOMAINS: list
    .default([])
    .describe("Only people with a verified e-mail address of these domains. Default: everybody with a role."),
  ROOST_OIDC_SESSION_HOURS: days
    .max(720)
    .default(10)
    .describe("A browser must sign in again after this time, whatever the issuer says."),
  ROOST_OIDC_TOKEN_DAYS: days
    .max(3650)
    .default(30)
    .describe("API tokens of people who sign in end when they have not done so for this time."),
  ROOST_METRICS_STACKS: boolean.default(false).describe("1 puts stack names into /metrics."),
  ROOST_LOG_LEVEL: z
    .enum(["trace", "debug", "info", "warn", "error", "silent"])
    .default("info")
    .describe("Server log level."),
  ROOST_OTLP_ENDPOINT: z
    .url()
    .optional()
    .describe("OTLP/HTTP endpoint for traces, such as http://127.0.0.1:4318."),
  ROOST_HEARTBEAT_MS: positive.default(1000).describe("How often a worker says that it lives."),
  ROOST_DEATH_MS: positive.default(4000).describe("A worker silent for this long is taken for dead."),
  ROOST_LEASE_SECONDS: positive
    .default(300)
    .describe(
      "Lease of an update. The pulumi command renews only every 187 s, so less than 200 ends long updates.",
    ),
  ROOST_RETENTION_VERSIONS: positive
    .default(500)
    .describe("State versions kept per stack; the newest always is."),
  ROOST_RETENTION_DAYS: days.default(90).describe("Days that events, logs and old versions are kept."),
  ROOST_HELLO: boolean.default(true).describe("0 does not deploy the hello stack on first start."),
  ROOST_INSTALL_SYSTEM: boolean
    .optional()
    .describe("1 lets the test command install missing system packages and servers."),
  ROOST_SERVICES_DIR: z
    .string()
    .optional()
    .describe("Where `pulumi up` by hand keeps the records of local services."),
});

export type Environment = z.output<typeof settingsSchema>;
