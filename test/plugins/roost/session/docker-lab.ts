import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { openDockerApi } from "../../../../plugins/roost/session/targets/docker/api.ts";
import { programPath } from "../../../../toolchain/suites/possible.mjs";
import { until } from "../../../support/processes.ts";

const connectScript = `#!/bin/sh
printf 'Content-Type: text/plain\\r\\n\\r\\n'
if echo | nc -w 2 "\${QUERY_STRING%%:*}" "\${QUERY_STRING##*:}" >/dev/null 2>/tmp/said.$$; then echo open; else cat /tmp/said.$$; fi
`;
const factsScript = `#!/bin/sh
printf 'Content-Type: text/plain\\r\\n\\r\\n'
grep -E '^(CapEff|CapBnd|NoNewPrivs)' /proc/self/status
echo x >/x || echo read-only
echo x >/home/session/x && echo home
echo "token $TOKEN"
`;

/** A Docker daemon of the tests' own, with its own root and socket, which changes no rule of the machine. */
export class DockerLab {
  readonly folder = mkdtempSync(join(tmpdir(), "roost-docker-"));
  readonly socket = join(this.folder, "docker.sock");
  readonly api = openDockerApi(this.socket);
  readonly #daemon: ChildProcess;
  readonly #log = join(this.folder, "log");

  private constructor() {
    const log = openSync(this.#log, "w");
    const words = [
      ["--data-root", join(this.folder, "data")],
      ["--exec-root", join(this.folder, "run")],
      ["--host", `unix://${this.socket}`],
      ["--pidfile", join(this.folder, "pid")],
      ["--containerd-namespace", `roost-${process.pid}`],
      ["--containerd-plugins-namespace", `roost-${process.pid}-plugins`],
      ["--default-address-pool", "base=10.213.0.0/16,size=24"],
      ["--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false"],
    ];
    this.#daemon = spawn(programPath("dockerd") as string, words.flat(), { stdio: ["ignore", log, log] });
  }

  /** @throws with the daemon's last lines when it does not start here */
  static async open(): Promise<DockerLab> {
    const lab = new DockerLab();
    try {
      await until(
        "the daemon answers",
        async () => {
          if (lab.#daemon.exitCode !== null) throw new Error("it ended");
          return lab.api.call("/version").catch(() => undefined);
        },
        30,
      );
      return lab;
    } catch (error) {
      const said = readFileSync(lab.#log, "utf8").trim().split("\n").slice(-3).join("\n");
      await lab.close();
      throw new Error(`dockerd does not start here (${(error as Error).message}):\n${said}`);
    }
  }

  async close(): Promise<void> {
    const networks = await this.api
      .call<{ Id: string; Name: string }[]>("/networks")
      .catch(() => [] as { Id: string; Name: string }[]);
    for (const { Id, Name } of networks) {
      if (Name.startsWith("roost-"))
        await this.api.call(`/networks/${Id}`, { method: "DELETE" }).catch(() => undefined);
    }
    this.#daemon.kill("SIGTERM");
    await until(
      "the daemon has ended",
      () => this.#daemon.exitCode !== null || this.#daemon.signalCode !== null,
      30,
    );
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A registry with one image: busybox, whose web server tells what it can reach. */
export class Registry {
  /** By digest, as a template names it. */
  image = "";
  /** Bytes are given out when this has settled. */
  opened: Promise<void> = Promise.resolve();
  readonly #blobs = new Map<string, { type: string; bytes: Buffer }>();
  readonly #server = http.createServer(async ({ url = "", method }, response) => {
    const blob = this.#blobs.get(url.split("/").at(-1) ?? "");
    if (url === "/v2/") return response.end("{}");
    if (blob === undefined) return response.writeHead(404).end();
    if (url.includes("/blobs/")) await this.opened;
    response.writeHead(200, { "content-type": blob.type, "content-length": blob.bytes.length });
    return response.end(method === "HEAD" ? undefined : blob.bytes);
  });

  static async open(folder: string): Promise<Registry> {
    const registry = new Registry();
    const layer = layerOf(join(folder, "image"));
    const docker = "application/vnd.docker";
    const put = (type: string, bytes: Buffer) => {
      const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
      registry.#blobs.set(digest, { type, bytes });
      return { mediaType: type, size: bytes.length, digest };
    };
    const json = (type: string, value: object) => put(type, Buffer.from(JSON.stringify(value)));
    const config = json(`${docker}.container.image.v1+json`, {
      architecture: process.arch === "x64" ? "amd64" : process.arch,
      os: "linux",
      config: { Cmd: ["/bin/sh", "-c", "echo it listens; exec httpd -f -p $PORT -h /www"] },
      rootfs: { type: "layers", diff_ids: [`sha256:${createHash("sha256").update(layer).digest("hex")}`] },
    });
    const layers = [put(`${docker}.image.rootfs.diff.tar.gzip`, gzipSync(layer))];
    const type = `${docker}.distribution.manifest.v2+json`;
    const { digest } = json(type, { schemaVersion: 2, mediaType: type, config, layers });
    await new Promise<void>((resolve) => registry.#server.listen(0, "127.0.0.1", resolve));
    registry.image = `127.0.0.1:${(registry.#server.address() as AddressInfo).port}/desk@${digest}`;
    return registry;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

function layerOf(root: string): Buffer {
  for (const folder of ["bin", "home/session", "tmp", "proc", "www/cgi-bin"]) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  copyFileSync(programPath("busybox") as string, join(root, "bin/busybox"));
  for (const name of ["sh", "httpd", "nc", "cat", "grep"]) symlinkSync("busybox", join(root, "bin", name));
  for (const [name, script] of Object.entries({ connect: connectScript, facts: factsScript })) {
    const path = join(root, "www/cgi-bin", name);
    writeFileSync(path, script);
    chmodSync(path, 0o755);
  }
  writeFileSync(join(root, "www/index.html"), "here");
  return execFileSync("tar", ["-C", root, "--owner=0", "--group=0", "-c", "."], {
    maxBuffer: 64 * 1024 * 1024,
  });
}
