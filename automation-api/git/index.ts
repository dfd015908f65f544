export { type GitPlace, type GitRemote, type OtherUser, requireGit, runGit } from "./command.ts";
export {
  type AllowRule,
  type Lookup,
  type OutboundTarget,
  parseAllowRules,
  resolveOutbound,
} from "./outbound.ts";
export { gitRemote, parseGitUrl } from "./url.ts";
