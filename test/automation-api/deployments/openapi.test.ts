import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { type DeploymentServer, startDeploymentServer } from "./deployment-server.ts";

let server: DeploymentServer;
beforeAll(async () => {
  server = await startDeploymentServer();
});
afterAll(() => server.close());

it("the API's description holds every route around deployments, with its fields", async () => {
  const { body } = await server.call("GET", "/openapi.json");
  expect(Object.keys(body.paths)).toEqual(
    expect.arrayContaining([
      "/api/v1/deployments",
      "/api/v1/deployments/{id}",
      "/api/v1/deployments/{id}/events",
      "/api/v1/deployments/{id}/log",
      "/api/v1/deployments/{id}/cancel",
      "/api/v1/programs",
      "/api/v1/credentials",
      "/api/v1/credentials/{id}",
      "/api/v1/projects",
      "/api/v1/stacks",
      "/api/v1/stacks/{project}/{stack}",
      "/api/v1/stacks/{project}/{stack}/history",
      "/api/v1/stacks/{project}/{stack}/undelete",
      "/api/v1/resources",
      "/api/v1/updates/{id}/events",
    ]),
  );
  const text = JSON.stringify(body.paths["/api/v1/deployments"].post);
  for (const field of ["project", "operation", "program", "secrets", "continueOnError"]) {
    expect(text + JSON.stringify(body.components ?? {})).toContain(`"${field}"`);
  }
});
