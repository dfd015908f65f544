import { notFound } from "../../errors.ts";
import { type Host, hostPage, host as hostSchema } from "../../hosts/contract.ts";
import type { Client } from "../client.ts";

/** The host of this id or name. @throws not_found */
export async function findHost(client: Client, reference: string): Promise<Host> {
  if (/^hst_[0-9a-z]{26}$/.test(reference))
    return client.send({ path: `/api/v1/hosts/${reference}`, reply: hostSchema });
  const { items } = await client.send({ path: "/api/v1/hosts", query: { name: reference }, reply: hostPage });
  const [found] = items;
  if (!found) throw notFound("Host", reference);
  return found;
}
