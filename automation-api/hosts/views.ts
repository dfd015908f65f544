import { readPublicKey } from "../credentials/service.ts";
import type { Group, Host } from "./contract.ts";
import type { GroupRow, HostRow } from "./queries.ts";

export function viewHost(row: HostRow): Host {
  const { type, line, fingerprint } = readPublicKey(row.host_key, "hostKey");
  return {
    id: row.id,
    name: row.name,
    address: row.address,
    port: row.port,
    user: row.username,
    sudo: row.sudo,
    hostKey: {
      type,
      line,
      fingerprint,
      trust: row.host_key_trust,
      acceptedBy: row.host_key_accepted_by,
      acceptedAt: row.host_key_accepted_at.toISOString(),
    },
    credential: row.credential_id,
    bastion: row.bastion_id,
    labels: row.labels,
    health: viewHealth(row),
    version: row.version,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

function viewHealth({ health, health_detail: detail, checked_at: checkedAt }: HostRow): Host["health"] {
  if (health === null || checkedAt === null) return null;
  return {
    state: health,
    message: detail.message ?? null,
    system: detail.system ?? null,
    uptimeSeconds: detail.uptimeSeconds ?? null,
    milliseconds: detail.milliseconds,
    checkedAt: checkedAt.toISOString(),
  };
}

export function viewGroup(row: GroupRow): Group {
  return {
    id: row.id,
    name: row.name,
    selector: row.selector,
    hosts: Number(row.hosts),
    createdAt: row.created_at.toISOString(),
  };
}
