import type { Generated, JSONColumnType } from "kysely";
import type { BigNumber, CreatedAt, Json, JsonOrNull, Time } from "./columns.ts";
import type { HostTables } from "./host-schema.ts";

/** Typed form of the tables in migrations/; a test compares the two. */
export interface Schema extends HostTables {
  installation: { id: Generated<boolean>; key_check: Buffer; created_at: CreatedAt };
  organization: { id: string; name: string; created_at: CreatedAt };
  account: {
    id: string;
    organization_id: string;
    name: string;
    kind: "person" | "service";
    created_at: CreatedAt;
    disabled_at: Time | null;
  };
  project: {
    id: string;
    organization_id: string;
    name: string;
    created_at: CreatedAt;
    policies: JsonOrNull;
  };
  environment: {
    id: string;
    organization_id: string;
    name: string;
    stacks: string[];
    policies: JsonOrNull;
    created_at: CreatedAt;
  };
  role_binding: { account_id: string; project_id: string | null; role: "viewer" | "operator" | "admin" };
  token: {
    id: string;
    account_id: string;
    name: string;
    hash: Buffer;
    prefix: string;
    scopes: string[] | null;
    created_at: CreatedAt;
    expires_at: Time | null;
    last_used_at: Time | null;
    revoked_at: Time | null;
    kind: Generated<"api" | "bearer" | "browser">;
  };
  identity: {
    issuer: string;
    subject: string;
    account_id: string;
    claimed_at: Time;
    good_until: Time;
    created_at: CreatedAt;
  };
  sign_in_attempt: { state_hash: Buffer; browser_hash: Buffer; return_to: string; expires_at: Time };
  sign_in: {
    token_id: string;
    refresh_token: Buffer | null;
    ends_at: Time;
    checked_at: CreatedAt;
    checking_at: Time | null;
  };
  ticket: { hash: Buffer; token_id: string; expires_at: Time };
  idempotency_key: {
    account_id: string;
    key: string;
    request_hash: Buffer;
    status: number | null;
    reply: JSONColumnType<object> | null;
    headers: JSONColumnType<object> | null;
    request_id: string;
    created_at: CreatedAt;
  };
  rate_limit: { key: string; points: number; expire: BigNumber | null };
  credential: {
    id: string;
    organization_id: string;
    project_id: string | null;
    name: string;
    kind: "git" | "ssh";
    username: string;
    secret: Buffer;
    created_at: CreatedAt;
    last_used_at: Time | null;
    last_used_by: string | null;
    rotated_at: Time | null;
  };
  audit: {
    id: Generated<string>;
    organization_id: string;
    at: CreatedAt;
    actor_id: string;
    actor: string;
    action: string;
    object: string;
    phase: "intent" | "result";
    request_id: string | null;
    result: string | null;
    detail: Json;
    transaction_id: Generated<string>;
  };
  audit_seal: {
    organization_id: string;
    sequence: BigNumber;
    audit_id: BigNumber;
    previous_hash: Buffer;
    hash: Buffer;
    sealed_at: CreatedAt;
  };
  stack: {
    id: string;
    project_id: string;
    name: string;
    tags: Json;
    config: Json;
    version: Generated<string>;
    active_update_id: string | null;
    created_at: CreatedAt;
    deleted_at: Time | null;
  };
  stack_update: {
    id: string;
    stack_id: string;
    kind: "preview" | "update" | "refresh" | "destroy" | "import";
    dry_run: boolean;
    state: "created" | "running" | "succeeded" | "failed" | "cancelled";
    version: BigNumber | null;
    base_version: BigNumber | null;
    requester_id: string;
    requester: string;
    deployment_id: string | null;
    message: Generated<string>;
    config: Json;
    environment: Json;
    resource_changes: JsonOrNull;
    faults: Json;
    journal_version: Generated<number>;
    lease_hash: Buffer | null;
    lease_expires_at: Time | null;
    created_at: CreatedAt;
    started_at: Time | null;
    ended_at: Time | null;
  };
  journal_entry: { update_id: string; sequence: BigNumber; entry: string };
  checkpoint_content: { hash: Buffer; bytes: Buffer; raw_bytes: BigNumber; created_at: CreatedAt };
  checkpoint: {
    stack_id: string;
    version: BigNumber;
    update_id: string | null;
    content_hash: Buffer;
    resource_count: number;
    created_at: CreatedAt;
  };
  stack_resource: {
    stack_id: string;
    position: number;
    urn: string;
    type: string;
    name: string;
    custom_id: string | null;
    parent_urn: string | null;
  };
  program_archive: {
    id: string;
    organization_id: string;
    account_id: string;
    sha256: Buffer;
    bytes: Buffer;
    created_at: CreatedAt;
  };
  worker: {
    id: string;
    machine_id: string;
    pid: number;
    lock_key: BigNumber;
    slots: number;
    started_at: CreatedAt;
    heartbeat_at: CreatedAt;
    stopped_at: Time | null;
  };
  deployment: {
    id: string;
    sequence: Generated<string>;
    organization_id: string;
    project_id: string;
    stack_id: string;
    operation: "preview" | "update" | "refresh" | "destroy";
    state: "queued" | "running" | "succeeded" | "failed" | "cancelled";
    program: Json;
    options: Json;
    config_patch: Json;
    message: Generated<string>;
    requester_id: string;
    requester: string;
    request_id: string | null;
    trace_parent: string | null;
    epoch: Generated<number>;
    attempt: Generated<number>;
    worker_id: string | null;
    runner_pid: number | null;
    runner_started: string | null;
    runner_slot: BigNumber | null;
    token_hash: Buffer | null;
    update_id: string | null;
    cancel_requested_at: Time | null;
    cancel_requested_by: string | null;
    version: BigNumber | null;
    changes: JsonOrNull;
    outputs: JsonOrNull;
    diagnostics: Json;
    error: string | null;
    cost: JsonOrNull;
    timings: Json;
    created_at: CreatedAt;
    started_at: Time | null;
    ended_at: Time | null;
  };
  event_stream: {
    id: string;
    organization_id: string;
    project_id: string;
    stack_id: string;
    last_sequence: Generated<string>;
    ended: Generated<boolean>;
    created_at: CreatedAt;
  };
  event: {
    stream_id: string;
    sequence: BigNumber;
    at: CreatedAt;
    kind: string;
    data: Json;
  };
  event_source: { update_id: string; sequence: BigNumber };
  template: {
    id: string;
    organization_id: string;
    project_id: string;
    name: string;
    target: SessionTargetName;
    isolation: "required" | "preferred";
    revision: Generated<number>;
    pool_floor: number;
    pool_ceiling: number;
    pool_paused: Generated<boolean>;
    idle_seconds: number | null;
    life_seconds: number;
    most_per_user: number;
    most_in_all: number | null;
    failures: Generated<number>;
    retry_at: Time | null;
    version: Generated<number>;
    created_at: CreatedAt;
    updated_at: CreatedAt;
    deleted_at: Time | null;
  };
  template_revision: {
    template_id: string;
    revision: number;
    workload: Json;
    secret_environment: Buffer | null;
    created_at: CreatedAt;
  };
  session_shard: {
    template_id: string;
    number: number;
    stack_id: string;
    deployment_id: string | null;
    noted: Generated<boolean>;
    failures: Generated<number>;
    retry_at: Time | null;
  };
  session: {
    id: string;
    organization_id: string;
    project_id: string;
    template_id: string;
    revision: number;
    shard: number | null;
    batch_id: string | null;
    state: "requested" | "starting" | "warm" | "active" | "stopping" | "stopped" | "failed";
    owner: string | null;
    requester_id: string | null;
    missed: Generated<boolean>;
    address: string | null;
    port: number | null;
    place: string | null;
    isolation: "none" | "network" | null;
    claim_secrets: Buffer | null;
    introduce: Generated<boolean>;
    created_at: CreatedAt;
    starting_at: Time | null;
    ready_at: Time | null;
    claimed_at: Time | null;
    last_activity_at: Time | null;
    expires_at: Time | null;
    stopping_at: Time | null;
    ended_at: Time | null;
    reason: SessionEnd | null;
    error: string | null;
    evidence: string | null;
  };
  session_credential: {
    hash: Buffer;
    session_id: string;
    kind: "identity" | "ticket" | "access";
    token_id: string | null;
    expires_at: Time;
  };
  session_quota: { project_id: string; owner: string };
  sync_object: { key: string; text: string };
  alias: {
    account_id: string;
    kind: string;
    name: string;
    definition: Json;
    hides: string | null;
    imported_at: CreatedAt;
  };
  session_batch: {
    id: string;
    template_id: string;
    place: string;
    created_at: CreatedAt;
    launched_at: Time | null;
    asked_at: Time | null;
  };
  launch_bucket: { place: string; tasks: number; calls: number; refilled_at: Time };
}

type SessionTargetName = "process" | "docker" | "ecs";
type SessionEnd =
  | "user"
  | "idle"
  | "expired"
  | "admin"
  | "surplus"
  | "outdated"
  | "start"
  | "exited"
  | "gone";
