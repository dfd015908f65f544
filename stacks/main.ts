import { runBuiltin } from "./run.ts";

/** What `pulumi up` in the root folder runs: the builtin that `roost:program` names, else "hello". */
export default (): Promise<Record<string, unknown>> => runBuiltin();
