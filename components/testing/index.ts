// What a test of a component or of a stack needs, for us and for those who import the library.

export {
  children,
  find,
  GRAPH_FORMAT,
  type Graph,
  type GraphResource,
  type Json,
  namingFaults,
  readGraph,
  writeGraph,
} from "./graph.ts";
export { structuredOutputs } from "./made-up-outputs.ts";
export { drawGraph } from "./mermaid.ts";
export { podSecurityFaults } from "./pod-security.ts";
export { type RecordSettings, record } from "./record.ts";
