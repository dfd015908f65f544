import path from "node:path";
import type { Db } from "../../db/transaction.ts";
import { invalid } from "../../errors.ts";
import { type AllowRule, gitRemote, parseGitUrl } from "../../git/index.ts";
import type { SyncStore } from "../store.ts";
import { databaseStore } from "./database.ts";
import { GitStore } from "./git.ts";
import { S3Store } from "./s3-adapter.ts";

const setting = "ROOST_SYNC_STORE";

export interface SyncSettings {
  ROOST_DATA_DIR: string;
  ROOST_SYNC_STORE?: string;
  ROOST_SYNC_LOGIN?: string;
}

/**
 * The store that the settings name: `s3://bucket/prefix?region=…&endpoint=…`, or the https address of a Git repository
 * with `#branch`. Default: the database.
 * @throws invalid for anything else.
 */
export function openSyncStore(db: Db, settings: SyncSettings, rules: readonly AllowRule[]): SyncStore {
  const text = settings.ROOST_SYNC_STORE;
  if (!text) return databaseStore(db);
  return text.startsWith("s3:") ? s3Store(text) : gitStore(text, settings, rules);
}

function s3Store(text: string): S3Store {
  const url = URL.parse(text);
  const { region, endpoint, ...others } = Object.fromEntries(url?.searchParams ?? []);
  const prefix = url?.pathname.replace(/^\/+|\/+$/g, "") ?? "";
  const isKnown = url && /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(url.hostname) && !url.username;
  if (!isKnown || Object.keys(others).length > 0 || (endpoint && !URL.canParse(endpoint))) {
    throw invalid(setting, "expected s3://bucket/prefix?region=eu-west-1&endpoint=https://…", {
      given: text,
    });
  }
  return new S3Store({
    bucket: url.hostname,
    prefix: prefix && `${prefix}/`,
    region: region ?? "us-east-1",
    endpoint,
  });
}

function gitStore(text: string, settings: SyncSettings, rules: readonly AllowRule[]): GitStore {
  const [address = "", branch = "main"] = text.split("#", 2);
  parseGitUrl(address, setting);
  if (!/^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$/.test(branch) || branch.includes("..")) {
    throw invalid(setting, "names no sound branch", { given: branch });
  }
  const [username = "", ...password] = (settings.ROOST_SYNC_LOGIN ?? "").split(":");
  const login = username ? { username, password: password.join(":") } : undefined;
  return new GitStore({
    folder: path.join(settings.ROOST_DATA_DIR, "sync", String(process.pid)),
    branch,
    remote: async () => ({ ...(await gitRemote(address, { rules, field: setting })), login }),
  });
}
