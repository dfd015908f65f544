import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { kubernetesFolder } from "../../../toolchain/servers/kubernetes.mjs";

/** What the server answers; `warnings` are the texts of its Warning headers. */
export interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: objects of any kind come back
  body: any;
  warnings: string[];
}

interface Program {
  process: ChildProcess;
  ended: Promise<void>;
  said: () => string;
}

/** A real kube-apiserver with its etcd on this machine's loopback, as no cluster's: nothing runs what it is given. */
export class ApiServer {
  readonly #folder = mkdtempSync(join(tmpdir(), "roost-kubernetes-"));
  readonly #token = randomBytes(16).toString("hex");
  /** In the order of their start. */
  readonly #programs: Program[] = [];
  #port = 0;

  async start(): Promise<void> {
    // Others may have taken a free port until it is used: then another one is tried.
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#startOnce();
        return;
      } catch (error) {
        await this.#stopPrograms();
        if (attempt === 3) throw error;
      }
    }
  }

  /** Ends both, the server first: it writes to the other. */
  async stop(): Promise<void> {
    await this.#stopPrograms();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** @param type of the body; a server-side apply has its own. */
  call(method: string, path: string, body?: unknown, type = "application/json"): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const asked = request(
        {
          host: "127.0.0.1",
          port: this.#port,
          method,
          path,
          // The server has made it for itself.
          ca: readFileSync(join(this.#folder, "certificates/apiserver.crt")),
          headers: { Authorization: `Bearer ${this.#token}`, "Content-Type": type },
        },
        (response) => {
          let text = "";
          response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
          response.on("end", () =>
            resolve({
              status: response.statusCode ?? 0,
              body: text.startsWith("{") ? JSON.parse(text) : text,
              warnings: [...String(response.headers.warning ?? "").matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(
                ([, warning]) => warning!,
              ),
            }),
          );
        },
      );
      asked.once("error", reject);
      asked.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  async #startOnce(): Promise<void> {
    const [client = 0, peer = 0, web = 0] = await freePorts(3);
    this.#port = web;
    const etcd = `http://127.0.0.1:${client}`;
    const state = join(this.#folder, `etcd-${client}`);
    this.#run("etcd", [
      `--data-dir=${state}`,
      "--unsafe-no-fsync",
      "--log-level=warn",
      `--listen-client-urls=${etcd}`,
      `--advertise-client-urls=${etcd}`,
      `--listen-peer-urls=http://127.0.0.1:${peer}`,
      `--initial-advertise-peer-urls=http://127.0.0.1:${peer}`,
      `--initial-cluster=default=http://127.0.0.1:${peer}`,
    ]);
    const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    this.#run("kube-apiserver", [
      `--etcd-servers=${etcd}`,
      "--bind-address=127.0.0.1",
      "--advertise-address=127.0.0.1",
      `--secure-port=${web}`,
      "--endpoint-reconciler-type=none",
      "--service-cluster-ip-range=10.96.0.0/16",
      `--cert-dir=${this.#write("certificates")}`,
      `--token-auth-file=${this.#write("tokens.csv", `${this.#token},admin,admin,system:masters\n`)}`,
      "--authorization-mode=RBAC",
      "--service-account-issuer=https://kubernetes.default.svc",
      `--service-account-key-file=${this.#write("sa.pub", publicKey.export({ type: "spki", format: "pem" }))}`,
      `--service-account-signing-key-file=${this.#write("sa.key", privateKey.export({ type: "pkcs8", format: "pem" }))}`,
    ]);
    await this.#ready();
  }

  #run(name: string, args: string[]): void {
    const child = spawn(join(kubernetesFolder(), name), args, { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-4000);
    });
    const ended = new Promise<void>((resolve) => {
      child.once("exit", () => resolve());
      child.once("error", () => resolve());
    });
    this.#programs.push({ process: child, ended, said: () => said });
  }

  async #ready(): Promise<void> {
    for (;;) {
      const gone = this.#programs.find((program) => program.process.exitCode !== null);
      if (gone) throw new Error(`${gone.process.spawnfile} ended:\n${gone.said()}`);
      // Neither certificate nor port is there at once.
      const answer = await this.#ask();
      if (answer?.status === 200) return;
      await wait(50);
    }
  }

  async #ask(): Promise<Answer | undefined> {
    try {
      return await this.call("GET", "/readyz");
    } catch {
      return undefined;
    }
  }

  async #stopPrograms(): Promise<void> {
    for (const { process, ended } of this.#programs.splice(0).reverse()) {
      process.kill("SIGKILL");
      await ended;
    }
  }

  /** Without a text it is a folder. */
  #write(name: string, text?: string | Buffer): string {
    const path = join(this.#folder, name);
    if (text === undefined) mkdirSync(path, { recursive: true });
    else writeFileSync(path, text, { mode: 0o600 });
    return path;
  }
}

async function freePorts(count: number): Promise<number[]> {
  const probes = Array.from({ length: count }, () => createServer());
  // All are held until each is known, or the same one may be given twice.
  const ports = await Promise.all(
    probes.map(
      (probe) =>
        new Promise<number>((resolve) => {
          probe.listen(0, "127.0.0.1", () => {
            const address = probe.address();
            resolve(typeof address === "object" && address ? address.port : 0);
          });
        }),
    ),
  );
  await Promise.all(probes.map((probe) => new Promise((resolve) => probe.close(resolve))));
  return ports;
}
