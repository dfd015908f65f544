import { createHash } from "node:crypto";
import { contentLimits, type Left, type Manifest, type MigratedFile, manifestSchema } from "./manifest.ts";
import type { Content, HostState } from "./survey.ts";

type Candidate = Pick<MigratedFile, "path" | "part" | "package">;

/** Files whose content goes into an archive: what people wrote, and what they changed of what packages brought. Pure. */
export function candidatesOf({ files, conffiles }: HostState): Candidate[] {
  const changed = conffiles.filter(({ state }) => state === "changed");
  return [
    ...files.map(({ path, part }) => ({ path, part, package: null })),
    ...changed.map(({ path, package: owner }) => ({ path, part: "conffiles" as const, package: owner })),
  ].sort((a, b) => (a.path < b.path ? -1 : 1));
}

export interface Collected {
  manifest: Manifest;
  /** By path. */
  contents: Map<string, Buffer>;
  left: Left[];
}

/** What is carried of a host, and what is not. Pure. */
export function collect(
  state: HostState,
  host: { id: string; name: string },
  present: ReadonlyMap<string, Content>,
  madeAt: string,
): Collected {
  const left: Left[] = [];
  const contents = new Map<string, Buffer>();
  const accept = <Shape extends { safeParse(value: unknown): { success: boolean } }, Value>(
    { element }: { element: Shape },
    what: (value: Value) => string,
    values: Value[],
  ) =>
    values.filter((value) => {
      const { success } = element.safeParse(value);
      if (!success) left.push({ what: what(value), reason: "has a form that an archive does not take" });
      return success;
    });
  let bytes = 0;
  const files = candidatesOf(state).flatMap((candidate): MigratedFile[] => {
    const { path } = candidate;
    const found = present.get(path);
    if (found?.kind !== "file") {
      const reason = found?.kind === "other" ? "is a link, or larger than 1 MiB" : "is gone by now";
      left.push({ what: path, reason });
      return [];
    }
    const { mode, owner, group } = found;
    const sha256 = createHash("sha256").update(found.bytes).digest("hex");
    const file = { ...candidate, mode, owner, group, sha256, bytes: found.bytes.length };
    if (accept(manifestSchema.shape.files, () => path, [file]).length === 0) return [];
    if (bytes + file.bytes > contentLimits.bytes || contents.size >= contentLimits.files) {
      left.push({ what: path, reason: "is more than an archive holds" });
      return [];
    }
    bytes += file.bytes;
    contents.set(path, found.bytes);
    return [file];
  });
  for (const { path, state: how } of state.conffiles)
    if (how === "missing")
      left.push({ what: path, reason: "was deleted here, and comes with its package there" });
  const { shape } = manifestSchema;
  const packages = state.packages
    .filter(({ installed }) => installed)
    .map(({ installed: _, ...each }) => each);
  const units = state.units.flatMap(({ state: how, ...unit }): Manifest["units"] =>
    how === "enabled" || how === "disabled" || how === "masked" ? [{ ...unit, state: how }] : [],
  );
  const needed = new Set(state.users.flatMap(({ group, groups }) => [group, ...groups]));
  const manifest: Manifest = {
    format: 1,
    madeAt,
    host: {
      id: host.id,
      name: host.name,
      distribution: state.id,
      codename: state.codename,
      architecture: state.architecture,
    },
    packages: accept(shape.packages, ({ name }) => `package ${name}`, packages),
    files,
    users: accept(shape.users, ({ name }) => `user ${name}`, state.users),
    groups: accept(
      shape.groups,
      ({ name }) => `group ${name}`,
      state.groups.filter(({ name }) => needed.has(name)),
    ),
    units: accept(shape.units, ({ name }) => `unit ${name}`, units),
    passwords: null,
  };
  return { manifest, contents, left };
}
