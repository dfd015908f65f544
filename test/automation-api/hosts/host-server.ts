import { randomBytes } from "node:crypto";
import { credentialRoutes } from "../../../automation-api/credentials/routes.ts";
import { Credentials } from "../../../automation-api/credentials/service.ts";
import { hostRoutes } from "../../../automation-api/hosts/routes.ts";
import {
  HostChecks,
  type HostConnections,
  HostGroups,
  HostReader,
  Hosts,
} from "../../../automation-api/hosts/service.ts";
import { sampleRoutes } from "../../../automation-api/samples/routes.ts";
import { Samples } from "../../../automation-api/samples/service.ts";
import { FleetScans } from "../../../automation-api/scans/fleet.ts";
import { scanRoutes } from "../../../automation-api/scans/routes.ts";
import { Scans } from "../../../automation-api/scans/service.ts";
import { createStackCipher } from "../../../automation-api/state-backend/service.ts";
import type { TestServer, TestServerOptions } from "../http/test-server.ts";

const key = randomBytes(32);

/** As the routes of `hostServer` have one. */
export function hostReaderOf(
  { database: { db } }: TestServer,
  connections: Pick<HostConnections, "run">,
): HostReader {
  return new HostReader(db, new Credentials(db, createStackCipher([key])), connections);
}

/** What `startTestServer` needs for every route around hosts. */
export function hostServer(
  connections?: Pick<HostConnections, "run">,
  trackerFile?: string,
  fanOut?: number,
): TestServerOptions {
  return {
    routes({ database: { db } }) {
      const credentials = new Credentials(db, createStackCipher([key]));
      const hosts = new Hosts(db, credentials);
      const refusing = { run: () => Promise.reject(new Error("This test connects to no host.")) };
      const reader = new HostReader(db, credentials, connections ?? refusing, fanOut);
      const samples = new Samples(db, reader, 60);
      const scans = new Scans(db, reader, {
        trackerFile,
        lastDay: (hostId) => samples.lastDay(hostId),
      });
      const hostChecks = new HostChecks(db, reader);
      return [
        ...credentialRoutes(credentials),
        ...hostRoutes({ hosts, hostGroups: new HostGroups(db), hostChecks }),
        ...sampleRoutes(samples),
        ...scanRoutes({ scans, fleetScans: new FleetScans(scans, reader) }, "0.1.0"),
      ];
    },
  };
}

/** Host keys of machines that do not exist, made by ssh-keygen. */
export const hostKeys = {
  one: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKXra4uFnqeGk17sUdhhFbY9QI7nPum+5SHDxXpi5Rhq",
  two: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICD/31jZeixAfR4u+oKcl9i/4FFXNvdV/nsRO3Y0mYAa",
  ecdsa:
    "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBGEOpvWmD71jdXejuQQbdnE2cAUoWZSM4qd5VGIyNDtKHweShfT/ZZDYUg3ulsscJCoJIZNtLAAoOl7/J0xogTE=",
};
