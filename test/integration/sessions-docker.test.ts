import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import type { Session } from "../../automation-api/sessions/contract.ts";
import { reasonToSkip } from "../../toolchain/suites/possible.mjs";
import { DockerLab, Registry } from "../plugins/roost/session/docker-lab.ts";
import { Client } from "../support/client.ts";
import { Cluster } from "../support/cluster.ts";
import { reasonWithoutEngine } from "../support/engine.ts";
import { until } from "../support/processes.ts";
import { browse } from "../support/session-proxy.ts";

jest.setTimeout(180_000);

const lack = reasonWithoutEngine() ?? reasonToSkip("root", "nft", "dockerd", "busybox");
const lab = lack ? undefined : await DockerLab.open().catch((error: Error) => error.message);
if (typeof lab === "string") process.stderr.write(`Sessions on Docker are not tested: ${lab}\n`);
/** What a start on a busy machine may take. */
const startSeconds = 60;

(lab instanceof DockerLab ? describe : describe.skip)("a session as a container", () => {
  const docker = lab as DockerLab;
  let registry: Registry;
  let cluster: Cluster;
  beforeAll(async () => {
    registry = await Registry.open(docker.folder);
    cluster = await Cluster.open({
      ROOST_WORKERS: "1",
      ROOST_DOCKER_SOCKET: docker.socket,
      ROOST_SESSION_IMAGES: `${registry.image.split("/")[0]}/`,
    });
    await cluster.add("server");
  });
  afterAll(async () => {
    await cluster?.close();
    registry?.close();
    await docker.close();
  });

  it("is started from a template, reached through the proxy, and gone when its user ends it", async () => {
    const client = new Client(cluster.url, await cluster.token());
    const workload = { image: registry.image, port: 8080, healthPath: "/" };
    const secretEnvironment = { TOKEN: "of the template" };
    const template = { name: "desk", target: "docker", isolation: "required", workload, secretEnvironment };
    await client.call("POST", "/api/v1/templates", { ...template, pool: { ceiling: 0 } });
    const { id } = await client.call<Session>("POST", "/api/v1/sessions", { template: "desk", user: "ann" });
    const find = () => client.call<Session>("GET", `/api/v1/sessions/${id}`);
    const reached = (state: Session["state"]) =>
      until(
        `it is ${state}`,
        async () => {
          const session = await find();
          if (session.state === "failed") throw new Error(JSON.stringify(session));
          return session.state === state ? session : undefined;
        },
        startSeconds,
      );
    expect(await reached("active")).toMatchObject({
      user: "ann",
      isolation: "network",
      address: { ip: expect.stringMatching(/^10\.213\./), port: 8080 },
    });
    expect(await browse(cluster, client, id, "/cgi-bin/facts")).toContain("token of the template");
    const log = await client.fetch("GET", `/api/v1/sessions/${id}/logs?follow=false`);
    expect(await log.text()).toContain("it listens");
    await client.call("DELETE", `/api/v1/sessions/${id}`);
    await reached("stopped");
    expect(await docker.api.call("/containers/json", { query: { all: "1" } })).toEqual([]);
  });
});
