import { execFile, spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface GitServer {
  url: string;
  port: number;
  /** Path, and Authorization header, of each request. */
  requests: { url: string; authorization?: string }[];
  /** Commits files to a repository's branch `main`, made if missing; returns the commit. */
  commit(repository: string, files: Record<string, string>): Promise<string>;
  /** Makes a repository without a commit, which a branch may be pushed to. */
  init(repository: string): Promise<void>;
  /** Runs git in the repository's work tree. */
  git(repository: string, ...args: string[]): Promise<string>;
  close(): Promise<void>;
}

export interface GitServerOptions {
  /** Only this `user:password` may read. */
  login?: string;
  /** Takes pushes too. */
  writable?: boolean;
  /** Answers instead of git when it returns true. */
  intercept?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

/** Git's own HTTP backend on a free loopback port. */
export async function startGitServer(options: GitServerOptions = {}): Promise<GitServer> {
  const root = await mkdtemp(path.join(tmpdir(), "git-server-"));
  const requests: GitServer["requests"] = [];
  const server = createServer((request, response) => {
    const { authorization } = request.headers;
    requests.push({ url: request.url ?? "", authorization });
    if (options.intercept?.(request, response)) return;
    const expected = options.login && `Basic ${Buffer.from(options.login).toString("base64")}`;
    if (expected && authorization !== expected) {
      response.writeHead(401, { "www-authenticate": 'Basic realm="git"' }).end();
      return;
    }
    serve(root, request, response, options.writable === true);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const folderOf = (repository: string) => path.join(root, repository);
  const git = async (repository: string, ...args: string[]) => {
    const identity = ["-c", "user.name=Test", "-c", "user.email=test@example.com"];
    const { stdout } = await run("git", [...identity, ...args], { cwd: folderOf(repository) });
    return stdout.trim();
  };
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    git,
    async init(repository) {
      await mkdir(folderOf(repository), { recursive: true });
      await git(repository, "init", "--quiet", "--bare");
    },
    async commit(repository, files) {
      await mkdir(folderOf(repository), { recursive: true });
      await git(repository, "init", "--quiet", "--initial-branch=main");
      for (const [name, content] of Object.entries(files)) {
        const file = path.join(folderOf(repository), name);
        await mkdir(path.dirname(file), { recursive: true });
        await writeFile(file, content);
      }
      await git(repository, "add", "--all");
      await git(repository, "commit", "--quiet", "--message=change");
      return git(repository, "rev-parse", "HEAD");
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** The CGI that comes with git. */
function serve(root: string, request: IncomingMessage, response: ServerResponse, writable: boolean): void {
  const url = new URL(request.url ?? "/", "http://localhost");
  const child = spawn("git", ["http-backend"], {
    env: {
      PATH: process.env.PATH,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: "1",
      // The test's own user may own the folder differently in a container.
      GIT_CONFIG_COUNT: "3",
      GIT_CONFIG_KEY_0: "safe.directory",
      GIT_CONFIG_VALUE_0: "*",
      GIT_CONFIG_KEY_1: "uploadpack.allowAnySHA1InWant",
      GIT_CONFIG_VALUE_1: "true",
      GIT_CONFIG_KEY_2: "http.receivepack",
      GIT_CONFIG_VALUE_2: String(writable),
      REQUEST_METHOD: request.method,
      PATH_INFO: decodeURIComponent(url.pathname),
      QUERY_STRING: url.search.slice(1),
      CONTENT_TYPE: request.headers["content-type"] ?? "",
      HTTP_CONTENT_ENCODING: request.headers["content-encoding"] ?? "",
      GIT_PROTOCOL: (request.headers["git-protocol"] as string) ?? "",
      REMOTE_ADDR: "127.0.0.1",
    },
    stdio: ["pipe", "pipe", "ignore"],
  });
  request.pipe(child.stdin);
  child.stdin.on("error", () => {});
  let head = Buffer.alloc(0);
  let begun = false;
  child.stdout.on("data", (chunk: Buffer) => {
    if (begun) return void response.write(chunk);
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf("\r\n\r\n");
    if (end < 0) return;
    begun = true;
    const lines = head.subarray(0, end).toString().split("\r\n");
    const headers = lines.map((line) => line.split(/:\s*/, 2) as [string, string]);
    const status = headers.find(([name]) => name === "Status")?.[1];
    response.writeHead(
      Number.parseInt(status ?? "200", 10),
      Object.fromEntries(headers.filter(([name]) => name !== "Status")),
    );
    response.write(head.subarray(end + 4));
  });
  child.once("close", () => response.end());
}
