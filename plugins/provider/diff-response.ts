import messages from "@pulumi/pulumi/proto/provider_pb.js";
import type { Diff, PropertyChange } from "./diff.ts";

const { ADD, ADD_REPLACE, DELETE, DELETE_REPLACE, UPDATE, UPDATE_REPLACE } = messages.PropertyDiff.Kind;
const { DIFF_NONE, DIFF_SOME } = messages.DiffResponse.DiffChanges;

const kinds = {
  add: [ADD, ADD_REPLACE],
  delete: [DELETE, DELETE_REPLACE],
  update: [UPDATE, UPDATE_REPLACE],
} as const;

export function toDiffResponse({ changes, deleteBeforeReplace }: Diff): messages.DiffResponse {
  const response = new messages.DiffResponse();
  const entries = Object.entries(changes);
  response.setChanges(entries.length > 0 ? DIFF_SOME : DIFF_NONE);
  response.setHasdetaileddiff(entries.length > 0);
  response.setDeletebeforereplace(deleteBeforeReplace ?? false);
  for (const [path, change] of entries) response.getDetaileddiffMap().set(path, toPropertyDiff(change));
  response.setDiffsList([...new Set(entries.map(([path]) => topLevelName(path)))]);
  const replaced = entries.filter(([, { replace }]) => replace);
  response.setReplacesList([...new Set(replaced.map(([path]) => topLevelName(path)))]);
  return response;
}

function toPropertyDiff({ kind, replace }: PropertyChange): messages.PropertyDiff {
  const result = new messages.PropertyDiff();
  result.setKind(kinds[kind][replace ? 1 : 0]);
  result.setInputdiff(true);
  return result;
}

function topLevelName(path: string): string {
  const quoted = /^\[("(?:[^"\\]|\\.)*")\]/.exec(path);
  return quoted?.[1] ? (JSON.parse(quoted[1]) as string) : (/^[^.[]+/.exec(path)?.[0] ?? path);
}
