export { aliasScript, type FoundAlias, readListing } from "./alias-listing.ts";
export { type IncomingAlias, type Merged, mergeAliases } from "./alias-registry.ts";
export { aliasSchema, keyOf } from "./aliases.ts";
export { plugins, themes } from "./catalogue.ts";
export { frameworks, readDefinition } from "./definitions/index.ts";
export { type GeneratedShell, generate, provisionScript } from "./generate.ts";
export { type MergeConflict, mergeShells } from "./merge.ts";
export { sourcesOf } from "./plugins.ts";
export { type Shell, shellSchema } from "./specification.ts";
