import type { Graph, GraphResource } from "../../components/testing/index.ts";
import { diffInputs, type Properties } from "../../plugins/provider/index.ts";
import { isReplacing } from "../../plugins/simulated-cloud/index.ts";

/** Types that hold what cannot be made again. */
const STATEFUL = new Set([
  "aws:ecr/repository:Repository",
  "aws:efs/fileSystem:FileSystem",
  "aws:kms/key:Key",
  "aws:rds/instance:Instance",
  "aws:s3/bucket:Bucket",
  "aws:secretsmanager/secret:Secret",
  "aws:cloudwatch/logGroup:LogGroup",
  "aws:amp/workspace:Workspace",
  "azure-native:operationalinsights:Workspace",
  "azure-native:storage:BlobContainer",
  "azure-native:storage:StorageAccount",
  "kubernetes:apps/v1:StatefulSet",
  "kubernetes:core/v1:Namespace",
]);

/** What would go by an upgrade from one graph to the other, as the engine would match them: by URN, or by an alias. */
export interface UpgradeLosses {
  /** `type name: input` of each input that makes a resource anew. */
  replacements: string[];
  /** `type name` of what holds something and would be deleted. */
  statefulDeletions: string[];
}

export function upgradeLosses(before: Graph, after: Graph): UpgradeLosses {
  const successors = new Map<string, GraphResource>();
  for (const resource of after.resources) {
    for (const urn of aliasUrns(resource)) successors.set(urn, resource);
  }
  for (const resource of after.resources) successors.set(resource.urn, resource);
  const pairs = before.resources
    .filter(({ custom, read }) => custom && read === undefined)
    .map((old) => [old, successors.get(old.urn)] as const);
  return {
    replacements: pairs.flatMap(([old, now]) => (now ? replacingChanges(old, now) : [])).sort(),
    statefulDeletions: pairs
      .filter(([old, now]) => !now && STATEFUL.has(old.type) && !old.options.retainOnDelete)
      .map(([{ type, name }]) => `${type} ${name}`)
      .sort(),
  };
}

function replacingChanges(old: GraphResource, now: GraphResource): string[] {
  const ignored = now.options.ignoreChanges ?? [];
  const { changes } = diffInputs(old.inputs as Properties, now.inputs as Properties);
  return Object.keys(changes)
    .filter((path) => isReplacing(old.type, path) || now.options.replaceOnChanges?.includes(path))
    .filter((path) => !ignored.some((each) => path === each || path.startsWith(`${each}[`)))
    .map((path) => `${old.type} ${old.name}: ${path}`);
}

/** URNs that a resource had earlier, by its own word. */
function aliasUrns({ urn, type, name, options }: GraphResource): string[] {
  const [prefix = "", stack = "", project = "", types = ""] =
    /^(urn:pulumi):([^:]+)::([^:]+)::(.+)::/.exec(urn)?.slice(1) ?? [];
  return (options.aliases ?? []).map((alias) => {
    if (typeof alias === "string") return alias;
    const spec = alias as {
      name?: string;
      type?: string;
      stack?: string;
      project?: string;
      parent?: string;
      noParent?: boolean;
    };
    const above = spec.noParent
      ? ""
      : spec.parent
        ? `${spec.parent.split("::")[2]}$`
        : types.slice(0, types.length - type.length);
    return `${prefix}:${spec.stack ?? stack}::${spec.project ?? project}::${above}${spec.type ?? type}::${spec.name ?? name}`;
  });
}
