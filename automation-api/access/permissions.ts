/** What an account may do. A role is a set of these; a token's scopes can only take away from its account's. */
export const permissions = {
  "stack:read": "see projects, stacks, resources, outputs with secrets masked, history and events",
  "state:read": "read a stack's state and encrypted configuration, as the pulumi command does",
  "secret:read": "decrypt a stack's secrets; each use is audited",
  "deployment:create":
    "queue previews, updates, refreshes and destroys, and run the pulumi command against a stack",
  "deployment:cancel": "cancel a deployment or an update",
  "state:write": "import state, change tags and configuration, rename a stack",
  "project:create": "create projects",
  "stack:create": "create stacks",
  "stack:delete": "delete and undelete stacks",
  "program:run-code": "run a program that is not built in: a folder, an archive or a git reference",
  "credential:write": "create, rotate, use and delete credentials",
  "host:read": "see hosts, their host keys and groups, and what scans found",
  "host:connect": "log in to hosts to look at them: check their health, scan them",
  "host:change": "change what is on hosts: reset, configure, tune and reinstall them, and take that back",
  "host:write": "add, import, change and remove hosts and groups, and ask a machine for its host keys",
  "session:create": "start, see, extend and end sessions of your own",
  "session:manage": "start, see, extend and end sessions of any user",
  "session:report": "say that something has changed where sessions run, as a cloud's events do",
  "template:read": "see what sessions are made from, without its secrets",
  "template:write":
    "create, change and delete what sessions are made from: commands and images that run here",
  "policy:write": "force policies on a project or an environment, and set their levels and exceptions",
  "account:manage": "create accounts, give roles, revoke anybody's tokens",
  "audit:read": "read and verify the audit trail",
  "metrics:read": "read /metrics",
  "system:manage": "see workers and disk use, take backups",
} as const;

export type Permission = keyof typeof permissions;
export const permissionNames = Object.keys(permissions) as [Permission, ...Permission[]];

const viewer: Permission[] = ["stack:read", "host:read", "template:read"];
const operator: Permission[] = [
  ...viewer,
  "state:read",
  "secret:read",
  "deployment:create",
  "deployment:cancel",
  "state:write",
  "stack:create",
  "host:connect",
  "session:create",
];

export const roles = {
  viewer,
  operator,
  admin: permissionNames as readonly Permission[],
} satisfies Record<string, readonly Permission[]>;

export type Role = keyof typeof roles;
export const roleNames = Object.keys(roles) as [Role, ...Role[]];

/** A role that holds for the whole organization (`projectId` null) or for one project. */
export interface RoleBinding {
  role: Role;
  projectId: string | null;
}

interface PrincipalBase {
  accountId: string;
  /** Name shown in audit rows, history and conflict messages. */
  name: string;
  organizationId: string;
  organizationName: string;
  bindings: RoleBinding[];
}

/** A person or a service that came with an API token. */
export interface AccountPrincipal extends PrincipalBase {
  kind: "account";
  tokenId: string;
  /** `null`: everything that the account may do. */
  scopes: Permission[] | null;
}

/**
 * The engine that runs one deployment: it writes only its own stack and reads
 * the outputs of stacks that its requester (`bindings`) may read.
 */
export interface DeploymentPrincipal extends PrincipalBase {
  kind: "deployment";
  deploymentId: string;
  stackId: string;
  /** The attempt that the token was made for; a later attempt makes it useless. */
  epoch: number;
}

/** The server itself: the first deployment, expiry, retention. Never comes from a request. */
export interface SystemPrincipal extends PrincipalBase {
  kind: "system";
}

export type Principal = AccountPrincipal | DeploymentPrincipal | SystemPrincipal;
