import { randomBytes } from "node:crypto";
import { filesScript, readFiles, unifiedDiff } from "../../host-provisioning/files/index.ts";
import {
  draftShell,
  frameworkOf,
  generate,
  type IncomingAlias,
  plugins as knownPlugins,
  type Person,
  provisionScript,
  readDefinition,
  type Shell,
  shellSchema,
  sourcesOf,
  takeAliases,
} from "../../host-provisioning/terminal/index.ts";
import { authorize } from "../access/authorize.ts";
import type { Principal } from "../access/permissions.ts";
import type { Aliases } from "../aliases/service.ts";
import { invalid, RoostError } from "../errors.ts";
import type { ActionOptions, HostActions } from "../host-actions/service.ts";
import type { HostReader, ReadableHost } from "../hosts/service.ts";
import type { Scans } from "../scans/service.ts";
import type { Generated, InstalledShell } from "./contract.ts";
import { shellFaults, shellOf } from "./descriptions.ts";
import type {
  PluginInstall,
  ShellInstall,
  TerminalOptimize,
  ThemeInstall,
  ZshrcInstall,
  ZshrcRequest,
} from "./requests.ts";

interface Dependencies {
  scans: Pick<Scans, "scan">;
  reader: Pick<HostReader, "find" | "run">;
  actions: Pick<HostActions, "run" | "lastApplied">;
  aliases: Pick<Aliases, "kept">;
}

/** What is known of a person's shell on a host, and what it is made into. */
interface Wish {
  shell: Shell;
  sources: string[];
  notes: InstalledShell["detail"]["notes"];
  /** Of a registry, as they were taken before. Absent: what the registry of who asks has now. */
  taken?: IncomingAlias[];
}

interface Before {
  /** As it was installed last; undefined: not by us. */
  last: { shell: Shell; sources: string[]; taken: IncomingAlias[] } | undefined;
  /** Text of the person's .zshrc; null: none. */
  zshrc: string | null;
}

/** Makes shells, and gives them to people of hosts: the files lie in their homes, put there as themselves. */
export class ShellInstalls {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * Makes a configuration; nothing is kept and no host is touched.
   * @throws invalid for a plugin over budget, or whose files are not among the sources.
   */
  async generate(principal: Principal, request: ZshrcRequest): Promise<Generated> {
    authorize(principal, "host:read");
    const { shell, notes } = shellOf(request);
    const { shell: whole, taken: registry } = await this.#withAliases(principal, { shell });
    const { shell: made, faults } = generate(whole, sourcesOf(request.sources));
    if (!made) throw shellFaults(faults);
    return { template: "zshrc", ...made, shell, provision: provisionScript, registry, notes };
  }

  /** A shell from its description, or from another framework's. */
  zshrc(principal: Principal, request: ZshrcInstall, options?: ActionOptions): Promise<InstalledShell> {
    return this.#install(principal, request, "zshrc", options, () => ({
      ...shellOf(request),
      sources: request.sources,
    }));
  }

  /** Another theme; all else stays as it was installed last. */
  theme(principal: Principal, request: ThemeInstall, options?: ActionOptions): Promise<InstalledShell> {
    return this.#install(principal, request, `theme ${request.theme}`, options, ({ last }) => {
      const { shell: before, ...others } = last ?? nothing();
      const { prompt: _, ...shell } = before;
      return { ...others, shell: { ...shell, theme: request.theme }, notes: [] };
    });
  }

  /** Plugins beside those that are there. */
  plugins(principal: Principal, request: PluginInstall, options?: ActionOptions): Promise<InstalledShell> {
    return this.#install(principal, request, `plugins ${request.plugins.join(", ")}`, options, ({ last }) => {
      const { shell, sources: before, taken } = last ?? nothing();
      const plugins = [...new Set([...shell.plugins, ...request.plugins])];
      const sources = [...new Set([...before, ...request.sources])];
      return { shell: { ...shell, plugins }, sources, taken, notes: [] };
    });
  }

  /** What the person has, of whatever framework, as one fast configuration; plugins of which there is no text go. */
  optimize(
    principal: Principal,
    request: TerminalOptimize,
    options?: ActionOptions,
  ): Promise<InstalledShell> {
    return this.#install(principal, request, "optimized", options, ({ last, zshrc }) => {
      if (last) return { ...last, notes: [] };
      const framework = zshrc === null ? undefined : frameworkOf(zshrc);
      if (zshrc === null || framework === undefined)
        return { shell: shellSchema.parse({}), sources: request.sources, notes: [] };
      const { shell, notes } = readDefinition(framework, zshrc);
      const whole = shellSchema.parse(shell);
      const there = sourcesOf(request.sources);
      const has = (name: string) =>
        knownPlugins.some(
          (plugin) => plugin.name === name && plugin.files.every(({ sha256 }) => there.has(sha256)),
        );
      const plugins = whole.plugins.filter(has);
      return { shell: { ...whole, plugins }, sources: request.sources, notes };
    });
  }

  async #install(
    principal: Principal,
    request: ShellInstall,
    title: string,
    options: ActionOptions = {},
    wish: (before: Before) => Wish,
  ): Promise<InstalledShell> {
    const { scans, reader, actions } = this.#deps;
    const { user } = request;
    const planning = async () => {
      const host = await reader.find(principal, request.host, "host");
      const { facts } = await scans.scan(principal, host.id, options);
      const known = facts.system.users[user];
      if (!known?.home.startsWith("/")) throw invalid("user", "is nobody with a home on this host");
      const person: Person = { name: user, home: known.home };
      const [zshrc] = await this.#read(host, [`${person.home}/.zshrc`], options.signal);
      const found = await actions.lastApplied(principal, host.id, "shell", (asked) => asked.user === user);
      const wished = wish({ last: lastOf(found as Kept | undefined), zshrc: zshrc ?? null });
      const { shell, sources, notes } = wished;
      const { shell: whole, taken: registry } = await this.#withAliases(principal, wished);
      const { shell: made, faults } = generate(whole, sourcesOf(sources));
      if (!made) throw shellFaults(faults, "sources" in request && !("shell" in request) ? "" : "shell.");
      const files = made.files.map(({ path, text }) => {
        const before = path === ".zshrc" ? (zshrc ?? null) : null;
        return { path: `${person.home}/${path}`, diff: unifiedDiff(`${person.home}/${path}`, before, text) };
      });
      const { version, plugins, cost } = made;
      return {
        host,
        planning: {
          kind: "shell" as const,
          title: `shell: ${title} for ${user}`.slice(0, 200),
          request: { user, version },
          draft: draftShell(person, made),
          // What a later theme or plugin is added to.
          detail: { user, version, shell, sources, plugins, cost, registry, files, notes },
          packages: 0,
        },
      };
    };
    return actions.run(principal, request, planning, options);
  }

  async #withAliases(principal: Principal, { shell, taken }: Pick<Wish, "shell" | "taken">) {
    const { aliases: isAsked } = shell.registry;
    return takeAliases(shell, taken ?? (isAsked ? await this.#deps.aliases.kept(principal) : []));
  }

  async #read(host: ReadableHost, paths: string[], signal?: AbortSignal): Promise<(string | null)[]> {
    const mark = randomBytes(16).toString("hex");
    const run = { script: filesScript(mark, paths), deadlineMs: 30_000, capBytes: 8 * 1024 * 1024, signal };
    const { stdout } = await this.#deps.reader.run(host, run);
    const present = readFiles(stdout, mark, paths);
    if (!present)
      throw new RoostError("unprocessable", `${host.name}: Its files could not be read to their end.`);
    return paths.map((path) => {
      const found = present.get(path);
      return found?.kind === "file" ? found.text : null;
    });
  }
}

const nothing = (): NonNullable<Before["last"]> => ({ shell: shellSchema.parse({}), sources: [], taken: [] });

interface Kept {
  shell: Partial<Shell>;
  sources?: string[];
  registry?: { added: IncomingAlias[] };
}

/** What was installed, maybe by an older version: fields that came later have their defaults. */
function lastOf(kept: Kept | undefined): Before["last"] {
  if (!kept) return undefined;
  const { shell, sources, taken } = nothing();
  return {
    shell: { ...shell, ...kept.shell },
    sources: kept.sources ?? sources,
    taken: kept.registry?.added ?? taken,
  };
}
