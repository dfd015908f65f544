export { plugins, themes } from "./catalogue.ts";
export { generate, provisionScript } from "./generate.ts";
export { sourcesOf } from "./plugins.ts";
export { shellSchema } from "./specification.ts";
