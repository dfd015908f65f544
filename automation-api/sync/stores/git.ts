import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { RoostError } from "../../errors.ts";
import { type GitRemote, requireGit, runGit } from "../../git/index.ts";
import type { StoredObject, Swap, SyncStore } from "../store.ts";

/** A repository of shells only: text of a few megabytes. */
const limitBytes = 512 * 2 ** 20;
const timeLimitMs = 60_000;
/** Pushes of others that may come between, each to another account's objects. */
const tries = 5;
/** Nobody's: who pushed what is in the audit trail. */
const author = { name: "roost", email: "roost@localhost" };

export interface GitStoreOptions {
  /** Of this process alone, for the local copy; what is there is removed. */
  folder: string;
  branch: string;
  /** Resolves and pins the address anew for each use. */
  remote(): Promise<GitRemote>;
}

/** A branch of a repository. The server of the repository swaps it: a push names the commit that it was made from. */
export class GitStore implements SyncStore {
  readonly #options: GitStoreOptions;
  readonly #repository: string;
  /** One at a time: they share an index file and a reference. */
  #last: Promise<unknown> = Promise.resolve();
  #isPrepared = false;
  /** The commit that was fetched last. */
  #tip?: string;

  constructor(options: GitStoreOptions) {
    this.#options = options;
    this.#repository = path.join(options.folder, "shells.git");
  }

  read(key: string): Promise<StoredObject | undefined> {
    return this.#alone(async () => {
      const commit = await this.#fetch(await this.#options.remote());
      return commit === null ? undefined : this.#show(commit, key);
    });
  }

  swap(swap: Swap): Promise<boolean> {
    return this.#alone(async () => {
      for (let attempt = 1; attempt <= tries; attempt++) {
        const remote = await this.#options.remote();
        const tip = await this.#fetch(remote);
        const there = tip === null ? undefined : await this.#show(tip, swap.key);
        if ((there?.tag ?? null) !== swap.tag) return false;
        const commit = await this.#commit(tip, swap);
        if (await this.#push(remote, tip, commit)) return true;
      }
      throw new RoostError("unavailable", "The repository of shells is too busy: try again.", {
        retryAfterSeconds: 2,
      });
    });
  }

  /** @returns the commit that the branch is at; null when there is none yet. */
  async #fetch(remote: GitRemote): Promise<string | null> {
    const reference = `refs/heads/${this.#options.branch}`;
    const listed = await this.#git(["ls-remote", "--heads", "--", remote.url.href, reference], { remote });
    const [commit] = listed.split(/\s/);
    if (!commit) return null;
    if (commit === this.#tip) return commit;
    const fetch = ["fetch", "--quiet", "--depth=1", "--no-tags", "--no-write-commit-graph"];
    await this.#git([...fetch, "--", remote.url.href, `+${reference}:refs/roost/tip`], { remote });
    this.#tip = (await this.#git(["rev-parse", "--verify", "refs/roost/tip^{commit}"])).trim();
    return this.#tip;
  }

  async #show(commit: string, key: string): Promise<StoredObject | undefined> {
    const listed = await this.#git(["ls-tree", "-z", commit, "--", key]);
    const tag = /^100644 blob ([0-9a-f]+)\t/.exec(listed)?.[1];
    if (!tag) return;
    return { tag, text: await this.#git(["cat-file", "blob", tag], { keepBytes: 2 ** 21 }) };
  }

  /** A commit on `tip` with the swap's objects, that nothing refers to yet. */
  async #commit(tip: string | null, { key, text, with: others, without }: Swap): Promise<string> {
    // To take a name out of an index git wants a work tree; nothing is read from it.
    const { folder } = this.#options;
    const env = { GIT_INDEX_FILE: path.join(folder, "index"), GIT_WORK_TREE: folder };
    await this.#git(["read-tree", ...(tip ? [tip] : ["--empty"])], { env });
    const file = path.join(folder, "object");
    for (const [name, content] of Object.entries({ ...others, [key]: text })) {
      await writeFile(file, content, { mode: 0o600 });
      const blob = (await this.#git(["hash-object", "-w", "--no-filters", "--", file])).trim();
      await this.#git(["update-index", "--add", "--cacheinfo", `100644,${blob},${name}`], { env });
    }
    await rm(file, { force: true });
    for (const name of without) await this.#git(["update-index", "--force-remove", "--", name], { env });
    const tree = (await this.#git(["write-tree"], { env })).trim();
    const parent = tip ? ["-p", tip] : [];
    return (await this.#git(["commit-tree", ...parent, "-m", `Push ${path.dirname(key)}`, tree])).trim();
  }

  /** @returns false when the branch has moved meanwhile. */
  async #push(remote: GitRemote, tip: string | null, commit: string): Promise<boolean> {
    const reference = `refs/heads/${this.#options.branch}`;
    const pushed = await this.#run(
      [
        ...["push", "--porcelain", `--force-with-lease=${reference}:${tip ?? ""}`],
        ...["--", remote.url.href, `${commit}:${reference}`],
      ],
      { remote },
    );
    if (pushed.code === 0) return true;
    const said = `${pushed.stdout}\n${pushed.stderr}`;
    if (
      /stale info|fetch first|non-fast-forward|failed to lock|cannot lock|failed to update ref/i.test(said)
    ) {
      return false;
    }
    throw unreachable(pushed.stderr);
  }

  async #git(args: string[], options: Parameters<typeof runGit>[2] = {}): Promise<string> {
    const { code, stdout, stderr } = await this.#run(args, options);
    if (code === 0) return stdout;
    throw unreachable(stderr);
  }

  #run(args: string[], options: Parameters<typeof runGit>[2] = {}) {
    const env = {
      GIT_AUTHOR_NAME: author.name,
      GIT_AUTHOR_EMAIL: author.email,
      GIT_COMMITTER_NAME: author.name,
      GIT_COMMITTER_EMAIL: author.email,
      ...options.env,
    };
    const place = { folder: this.#options.folder, limitBytes, timeLimitMs };
    return runGit(place, args, { repository: this.#repository, ...options, env });
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#last.then(async () => {
      if (!this.#isPrepared) await this.#prepare();
      // Whatever fails in the middle may have left a lock: the next use begins with a new copy.
      this.#isPrepared = false;
      const result = await work();
      this.#isPrepared = true;
      return result;
    });
    this.#last = next.catch(() => {});
    return next;
  }

  async #prepare(): Promise<void> {
    const { folder } = this.#options;
    this.#tip = undefined;
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await requireGit({ folder });
    const made = await runGit({ folder, limitBytes, timeLimitMs }, [
      ...["init", "--quiet", "--bare", "--template=", "--", this.#repository],
    ]);
    if (made.code !== 0) throw unreachable(made.stderr);
  }
}

function unreachable(stderr: string): RoostError {
  return new RoostError("unavailable", "The repository of shells cannot be used now.", {
    cause: new Error(stderr.trim()),
  });
}
