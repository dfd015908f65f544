import type { ColumnType, Generated } from "kysely";
import type { ActionKind } from "../host-actions/contract.ts";
import type { BigNumber, CreatedAt, Json, JsonOrNull, Time } from "./columns.ts";

/** The tables of hosts: what is known of them, and what was done to them. */
export interface HostTables {
  host: {
    id: string;
    organization_id: string;
    name: string;
    address: string;
    port: number;
    username: string;
    sudo: Generated<boolean>;
    host_key: string;
    host_key_trust: "verified" | "first-use";
    host_key_accepted_by: string;
    host_key_accepted_at: CreatedAt;
    credential_id: string | null;
    bastion_id: string | null;
    labels: Json;
    health: HostHealth | null;
    health_detail: JsonOrNull;
    checked_at: Time | null;
    version: Generated<number>;
    created_at: CreatedAt;
    updated_at: CreatedAt;
  };
  host_group: { id: string; organization_id: string; name: string; selector: Json; created_at: CreatedAt };
  host_sampling: {
    host_id: string;
    seconds: number;
    next_at: CreatedAt;
    failures: Generated<number>;
    fault: string | null;
  };
  host_sample: {
    host_id: string;
    at: CreatedAt;
    booted_at: BigNumber;
    cpu_busy: BigNumber;
    cpu_all: BigNumber;
    memory_used: BigNumber;
    memory_all: BigNumber;
    swap_used: BigNumber;
    read_bytes: BigNumber;
    written_bytes: BigNumber;
    root_used: BigNumber | null;
    root_all: BigNumber | null;
    cpu_waited: BigNumber | null;
    io_waited: BigNumber | null;
    memory_waited: BigNumber | null;
  };
  scan: {
    id: string;
    organization_id: string;
    host_id: string;
    kind: "quick" | "full";
    facts: Buffer;
    raw_bytes: number;
    fact_count: number;
    milliseconds: number;
    requester: string;
    created_at: CreatedAt;
  };
  host_action: {
    id: string;
    organization_id: string;
    host_id: string | null;
    host_name: string;
    kind: ActionKind;
    title: string;
    request: ColumnType<unknown, string, never>;
    plan: Buffer;
    plan_hash: string;
    summary: ColumnType<unknown, string, never>;
    risky: Generated<boolean>;
    needs_words: Generated<boolean>;
    host_key: string | null;
    confirm_seconds: Generated<number>;
    deployment_id: string | null;
    confirm_deployment_id: string | null;
    undo_deployment_id: string | null;
    requester: string;
    created_at: CreatedAt;
  };
  migration_archive: {
    id: string;
    organization_id: string;
    host_id: string;
    host_name: string;
    made_at: Time;
    key_id: string;
    sha256: Buffer;
    size: number;
    contains: Json;
    content: Buffer;
    requester: string;
    created_at: CreatedAt;
  };
}

type HostHealth =
  | "healthy"
  | "unreachable"
  | "host-key"
  | "authentication"
  | "deadline"
  | "output-cap"
  | "remote-exit";
