import { unifiedDiff } from "../../host-provisioning/files/index.ts";
import {
  addVersion,
  draftShell,
  emptyHistory,
  type Person,
  rollBack,
  type ShellHistory,
} from "../../host-provisioning/terminal/index.ts";
import { authorize } from "../access/authorize.ts";
import type { Principal } from "../access/permissions.ts";
import { invalid, notFound } from "../errors.ts";
import type { HostAction } from "../host-actions/contract.ts";
import type { ActionOptions, HostActions } from "../host-actions/service.ts";
import type { HostReader } from "../hosts/service.ts";
import type { InstalledShell, ShellDiff, ShellVersions, VerifiedShell } from "./contract.ts";
import type { ShellDiffQuery, ShellOwner, ShellRollback } from "./requests.ts";

interface Dependencies {
  reader: Pick<HostReader, "find">;
  actions: Pick<HostActions, "run" | "carriedOut" | "stored" | "verify">;
}

/** What a person's shell on a host has been: each version as it was put there, to compare and to go back to. */
export class ShellVersionHistory {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  async list(principal: Principal, owner: ShellOwner): Promise<ShellVersions> {
    authorize(principal, "host:read");
    const { actions, history } = await this.#read(principal, owner);
    const items = actions.map(({ id, title, state, request, requester, createdAt }) => {
      const version = request.version as string;
      return {
        version,
        action: id,
        title,
        state,
        isCurrent: version === history.current,
        requester,
        createdAt,
      };
    });
    return { user: owner.user, current: history.current, items };
  }

  /** @throws invalid for a version that was never there, or the beginning of several. */
  async diff(principal: Principal, { from, to, ...owner }: ShellDiffQuery): Promise<ShellDiff> {
    authorize(principal, "host:read");
    const found = await this.#read(principal, owner);
    const { current, versions } = found.history;
    if (current === null) throw notFound("shell", owner.user);
    const after = to === undefined ? current : versionOf(found.history, to, "query.to");
    const at = versions.findIndex(({ version }) => version === after);
    const before =
      from === undefined ? versions[at - 1]?.version : versionOf(found.history, from, "query.from");
    const textsOf = async (version: string | undefined) =>
      version === undefined
        ? []
        : [...(await this.#stored(principal, found.actions, version)).texts.values()];
    const [old, now] = [await textsOf(before), await textsOf(after)];
    // The name of a configuration is its hash, so it is told by its place.
    const files = ["configuration", ".zshrc"].map((path, index) => ({
      path,
      diff: unifiedDiff(path, old[index] ?? null, now[index] ?? ""),
    }));
    return { from: before ?? null, to: after, files };
  }

  /** Looks on the host whether the current version is there as it was made. */
  async verify(principal: Principal, owner: ShellOwner, options?: ActionOptions): Promise<VerifiedShell> {
    authorize(principal, "host:connect");
    const { actions, history } = await this.#read(principal, owner);
    const { current: version } = history;
    if (version === null) throw notFound("shell", owner.user);
    const { id: action } = newest(actions, version);
    return { version, action, ...(await this.#deps.actions.verify(principal, action, options)) };
  }

  /**
   * Puts an older version in place again, byte for byte, as an action of its own.
   * @throws invalid for a version that was never there, or the beginning of several.
   */
  async rollback(
    principal: Principal,
    request: ShellRollback,
    options?: ActionOptions,
  ): Promise<InstalledShell> {
    const planning = async () => {
      const { user } = request;
      const { host, actions, history } = await this.#read(principal, request);
      const wanted = rollBack(history, request.version)?.current;
      if (wanted == null)
        throw invalid("version", "is none that was there before, or the beginning of several");
      const { texts, detail } = await this.#stored(principal, actions, wanted);
      const known = detail as InstalledShell["detail"];
      const person: Person = { name: user, home: homeOf([...texts.keys()]) };
      const files = [...texts].map(([path, text]) => ({ path: path.slice(person.home.length + 1), text }));
      const [configuration, ...others] = files;
      if (!configuration) throw notFound("version", wanted);
      const now = history.current
        ? (await this.#stored(principal, actions, history.current)).texts
        : new Map();
      return {
        host,
        planning: {
          kind: "shell" as const,
          title: `shell: version ${wanted.slice(0, 12)} for ${user}`,
          request: { user, version: wanted },
          draft: draftShell(person, { files: [configuration, ...others] }),
          detail: {
            ...known,
            files: [...texts].map(([path, text]) => ({
              path,
              diff: unifiedDiff(path, now.get(path) ?? null, text),
            })),
            notes: [],
          },
          packages: 0,
        },
      };
    };
    return this.#deps.actions.run(principal, request, planning, options);
  }

  async #read(principal: Principal, owner: ShellOwner) {
    const host = await this.#deps.reader.find(principal, owner.host, "host");
    const actions = await this.#deps.actions.carriedOut(
      principal,
      host.id,
      "shell",
      (asked) => asked.user === owner.user,
    );
    const stands = actions.filter(
      ({ state }) => state !== "undone" && state !== "lapsed" && state !== "undoing",
    );
    const history = stands.reduceRight<ShellHistory>(
      (before, { request, createdAt }) =>
        addVersion(before, { version: request.version as string, files: [] }, createdAt, 200),
      emptyHistory,
    );
    return { host, actions, history };
  }

  #stored(principal: Principal, actions: HostAction[], version: string) {
    return this.#deps.actions.stored(principal, newest(actions, version).id);
  }
}

function newest(actions: HostAction[], version: string): HostAction {
  return actions.find(({ request }) => request.version === version) as HostAction;
}

function versionOf(history: ShellHistory, text: string, field: string): string {
  const found = rollBack(history, text)?.current;
  if (found == null) throw invalid(field, "is no version that is there, or the beginning of several");
  return found;
}

/** Of the two files of a shell, `.zshrc` lies in the home itself. */
function homeOf(paths: string[]): string {
  return paths.find((path) => path.endsWith("/.zshrc"))?.slice(0, -"/.zshrc".length) ?? "/nonexistent";
}
