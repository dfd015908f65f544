import { randomBytes } from "node:crypto";
import { filesScript, readFiles, unifiedDiff } from "../../host-provisioning/files/index.ts";
import {
  draftShell,
  frameworkOf,
  generate,
  plugins as knownPlugins,
  type Person,
  readDefinition,
  type Shell,
  shellSchema,
  sourcesOf,
} from "../../host-provisioning/terminal/index.ts";
import type { Principal } from "../access/permissions.ts";
import { invalid, RoostError } from "../errors.ts";
import type { ActionOptions, HostActions } from "../host-actions/service.ts";
import type { HostReader, ReadableHost } from "../hosts/service.ts";
import type { Scans } from "../scans/service.ts";
import type { InstalledShell } from "./contract.ts";
import { shellFaults, shellOf } from "./descriptions.ts";
import type {
  PluginInstall,
  ShellInstall,
  TerminalOptimize,
  ThemeInstall,
  ZshrcInstall,
} from "./requests.ts";

interface Dependencies {
  scans: Pick<Scans, "scan">;
  reader: Pick<HostReader, "find" | "run">;
  actions: Pick<HostActions, "run" | "lastApplied">;
}

/** What is known of a person's shell on a host, and what it is made into. */
interface Wish {
  shell: Shell;
  sources: string[];
  notes: InstalledShell["detail"]["notes"];
}

interface Before {
  /** As it was installed last; undefined: not by us. */
  last: { shell: Shell; sources: string[] } | undefined;
  /** Text of the person's .zshrc; null: none. */
  zshrc: string | null;
}

/** Gives people of hosts a shell: the files lie in their homes, put there as themselves. */
export class ShellInstalls {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
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
      const { prompt: _, ...shell } = last?.shell ?? shellSchema.parse({});
      return { shell: { ...shell, theme: request.theme }, sources: last?.sources ?? [], notes: [] };
    });
  }

  /** Plugins beside those that are there. */
  plugins(principal: Principal, request: PluginInstall, options?: ActionOptions): Promise<InstalledShell> {
    return this.#install(principal, request, `plugins ${request.plugins.join(", ")}`, options, ({ last }) => {
      const shell = last?.shell ?? shellSchema.parse({});
      const plugins = [...new Set([...shell.plugins, ...request.plugins])];
      const sources = [...new Set([...(last?.sources ?? []), ...request.sources])];
      return { shell: { ...shell, plugins }, sources, notes: [] };
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
      const { shell, sources, notes } = wish({ last: found as Before["last"], zshrc: zshrc ?? null });
      const { shell: made, faults } = generate(shell, sourcesOf(sources));
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
          detail: { user, version, shell, sources, plugins, cost, files, notes },
          packages: 0,
        },
      };
    };
    return actions.run(principal, request, planning, options);
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
