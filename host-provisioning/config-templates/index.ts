import { limits } from "./limits.ts";
import { nginx } from "./nginx.ts";
import { postgresql } from "./postgresql.ts";
import { redis } from "./redis.ts";
import { sysctl } from "./sysctl.ts";
import type { ConfigTemplate } from "./template.ts";

export { type ConfigChange, draftConfig, pathsOf } from "./apply.ts";
export { type ConfigTemplate, type Generated, ParameterFault } from "./template.ts";

/** Every template, by name. One more is a file beside these and a word here. */
export const configTemplates: readonly ConfigTemplate[] = [nginx, postgresql, redis, sysctl, limits];
