export { type ChangeKind, type Diff, diffInputs, type PropertyChange, sameContent } from "./diff.ts";
export { runExecutable } from "./executable.ts";
export { type AdmitOptions, admitGroup, canTellPeers } from "./peer.ts";
export { admitUser } from "./peer-user.ts";
export * from "./provider.ts";
export { hasUnknown, masker } from "./secrets.ts";
export { type Peer, type Served, type ServeOptions, serveProvider } from "./server.ts";
export {
  assetArchive,
  fileAsset,
  isArchive,
  isAsset,
  isRecord,
  type Properties,
  secret,
  textAsset,
  unknown,
  type Value,
} from "./values.ts";
