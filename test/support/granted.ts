import { jsonStringify } from "@pulumi/pulumi";
import { policyDocument } from "../../components/grants.ts";
import type { Grant } from "../../components/index.ts";
import { type Json, record } from "../../components/testing/index.ts";

/** A grant as its holder gets it: the statements as IAM reads them, and the network paths. */
export interface Granted {
  name: Json;
  statements: Json;
  connections: Json;
}

/** Records the components that a grant is made from, and answers everything that it allows. */
export async function granted(make: () => Grant): Promise<Granted> {
  const { outputs } = await record(() => {
    const { name, statements = [], connections = [] } = make();
    return { name, connections, policy: jsonStringify(policyDocument(statements)) };
  });
  const { name = "", connections = [], policy } = outputs;
  return { name, connections, statements: JSON.parse(String(policy)).Statement };
}
