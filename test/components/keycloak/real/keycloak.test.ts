import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { KeycloakOnEcs, KeycloakOnKubernetes } from "../../../../components/index.ts";
import { KEYCLOAK_FOLDERS } from "../../../../components/keycloak/server-plan.ts";
import { find, record } from "../../../../components/testing/index.ts";
import { reasonToSkip } from "../../../../toolchain/suites/possible.mjs";
import { cluster, containers, digest, network, shared } from "../../fargate-service/service-lab.ts";
import { production, realm } from "../example.ts";
import { RealKeycloak, type Rendered } from "./keycloak.ts";

jest.setTimeout(900_000);

const url = "https://id.example.com";
const adminUrl = "https://id-admin.example.com";
const issuer = `${url}/realms/shop`;
const tokenUrl = `${issuer}/protocol/openid-connect/token`;
const secrets: Record<string, string> = {
  KC_BOOTSTRAP_ADMIN_USERNAME: "first",
  KC_BOOTSTRAP_ADMIN_PASSWORD: "first-password",
  CLIENT_SECRET_BILLING: "billing-secret",
  CLIENT_SECRET_DESK: "desk-secret",
};

/** What ECS would run. */
async function onEcs(): Promise<Rendered> {
  const login = { user: { arn: "arn:login" }, password: { arn: "arn:login" } };
  const graph = await record(() => {
    new KeycloakOnEcs("id", {
      cluster,
      network,
      image: `registry.example.com/keycloak@${digest}`,
      url,
      adminUrl,
      realm,
      clientSecrets: { desk: { arn: "arn:desk" }, billing: { arn: "arn:billing" } },
      database: { host: "database", securityGroupId: "sg", login },
      bootstrapAdmin: login,
      front: shared,
      adminFront: { ...shared, listenerArn: "arn:inside" },
      alarms: { choice: "none" },
    });
  });
  const main = containers(graph).main as unknown as {
    entryPoint: string[];
    command: string[];
    environment: { name: string; value: string }[];
  };
  const plain = Object.fromEntries(main.environment.map(({ name, value }) => [name, value]));
  return { command: [...main.entryPoint, ...main.command], environment: { ...plain, ...secrets } };
}

/** The server and the job that Kubernetes would run, for a realm of that name. */
async function onKubernetes(name: string): Promise<{ server: Rendered; job: Rendered }> {
  const graph = await record(() => {
    new KeycloakOnKubernetes("id", { ...production, url, adminUrl, realm: { ...realm, name } });
  });
  const { data } = find(graph, "kubernetes:core/v1:ConfigMap").inputs as { data: Record<string, string> };
  const files = Object.fromEntries(
    Object.entries(data).map(([file, text]) => [`${KEYCLOAK_FOLDERS.realm}/${file}`, text]),
  );
  const rendered = (type: string): Rendered => {
    // biome-ignore lint/suspicious/noExplicitAny: a manifest
    const [container] = (find(graph, type).inputs.spec as any).template.spec.containers;
    const plain = container.env.flatMap(({ name, value }: { name: string; value?: string }) =>
      value === undefined ? [] : [[name, value]],
    );
    return {
      command: ["/opt/keycloak/bin/kc.sh", ...container.args],
      environment: { ...Object.fromEntries(plain), ...secrets },
      files,
    };
  };
  return { server: rendered("kubernetes:apps/v1:StatefulSet"), job: rendered("kubernetes:batch/v1:Job") };
}

const claims = (token: string) =>
  JSON.parse(Buffer.from(token.split(".")[1]!, "base64url").toString()) as Record<string, unknown>;

const reason = reasonToSkip("java", "keycloak", "postgres");

(reason ? describe.skip : describe)("a real Keycloak, built and started as it is rendered", () => {
  const keycloak = new RealKeycloak();
  beforeAll(async () => keycloak.start(await onEcs()));
  afterAll(() => keycloak.stop());

  const form = async (address: string, fields: Record<string, string>, headers = {}) =>
    keycloak.fetch(address, { method: "POST", body: new URLSearchParams(fields), headers });

  it("has the realm under its public address", async () => {
    const discovery = await keycloak.fetch(`${issuer}/.well-known/openid-configuration`);
    expect(await discovery.json()).toMatchObject({ issuer, token_endpoint: tokenUrl });
  });

  it("gives a service a token for its API with its role, and nothing for a wrong secret", async () => {
    const ask = (client_secret: string) =>
      form(tokenUrl, { grant_type: "client_credentials", client_id: "billing", client_secret });
    const { access_token } = (await (await ask("billing-secret")).json()) as { access_token: string };
    expect(claims(access_token)).toMatchObject({
      iss: issuer,
      azp: "billing",
      aud: "api",
      realm_access: { roles: expect.arrayContaining(["clerk", "buyer"]) },
    });
    expect((await ask("wrong")).status).toBe(401);
  });

  it("is started by Kubernetes as by ECS, but that a job makes the realm", async () => {
    const { server } = await onKubernetes("shop");
    const { command, environment } = await onEcs();
    expect([...server.command.slice(1), "--import-realm"]).toEqual(command.slice(4));
    const { ROOST_REALM, ROOST_REALM_FILE, ...shared } = environment;
    const { KC_DB_URL, ...others } = server.environment;
    expect({ ...others, KC_DB_URL: shared.KC_DB_URL }).toEqual(shared);
  });

  it("takes a further realm from Kubernetes' job, which leaves a realm that is there as it is", async () => {
    const tokenOf = (name: string, client_secret: string) =>
      form(`${url}/realms/${name}/protocol/openid-connect/token`, {
        grant_type: "client_credentials",
        client_id: "billing",
        client_secret,
      });
    const { job } = await onKubernetes("depot");
    await keycloak.job(job);
    expect((await tokenOf("depot", "billing-secret")).status).toBe(200);
    const again = { ...job.environment, CLIENT_SECRET_BILLING: "another-secret" };
    await keycloak.job({ ...job, environment: again });
    expect((await tokenOf("depot", "another-secret")).status).toBe(401);
    expect((await tokenOf("depot", "billing-secret")).status).toBe(200);
  });

  it("signs a user in by the code flow with PKCE, once for each code", async () => {
    await makeUser();
    const verifier = "v".repeat(64);
    const redirect_uri = "https://shop.example.com/back";
    const asked = new URLSearchParams({
      client_id: "web",
      response_type: "code",
      scope: "openid",
      redirect_uri,
      state: "s",
      code_challenge: createHash("sha256").update(verifier).digest("base64url"),
      code_challenge_method: "S256",
    });
    const page = await keycloak.fetch(`${issuer}/protocol/openid-connect/auth?${asked}`);
    const action = /action="([^"]+)"/.exec(await page.text())![1]!.replaceAll("&amp;", "&");
    expect(action.startsWith(`${issuer}/login-actions/`)).toBe(true);
    const cookie = page.headers
      .getSetCookie()
      .map((each) => each.split(";")[0])
      .join("; ");
    const signIn = (password: string) => form(action, { username: "ada", password }, { cookie });
    const back = new URL((await signIn("correct-horse-battery")).headers.get("location")!);
    expect(`${back.origin}${back.pathname}`).toBe(redirect_uri);
    const code = back.searchParams.get("code")!;
    const redeem = (code_verifier: string) =>
      form(tokenUrl, {
        grant_type: "authorization_code",
        client_id: "web",
        code,
        redirect_uri,
        code_verifier,
      });
    const { access_token } = (await (await redeem(verifier)).json()) as { access_token: string };
    expect(claims(access_token)).toMatchObject({ iss: issuer, preferred_username: "ada" });
    expect((await redeem(verifier)).status).toBe(400);
  });

  it("refuses the password grant and a code flow without PKCE to the browser's client", async () => {
    const grant = {
      grant_type: "password",
      client_id: "web",
      username: "ada",
      password: "correct-horse-battery",
    };
    expect((await form(tokenUrl, grant)).status).toBe(400);
    const asked = new URLSearchParams({
      client_id: "web",
      response_type: "code",
      redirect_uri: "https://shop.example.com/back",
    });
    const refused = await keycloak.fetch(`${issuer}/protocol/openid-connect/auth?${asked}`);
    expect(refused.headers.get("location")).toContain("error=invalid_request");
  });

  async function makeUser(): Promise<void> {
    const first = await form(`${adminUrl}/realms/master/protocol/openid-connect/token`, {
      grant_type: "password",
      client_id: "admin-cli",
      username: "first",
      password: "first-password",
    });
    const { access_token } = (await first.json()) as { access_token: string };
    const made = await keycloak.fetch(`${adminUrl}/admin/realms/shop/users`, {
      method: "POST",
      headers: { Authorization: `Bearer ${access_token}`, "Content-Type": "application/json" },
      body: JSON.stringify({
        username: "ada",
        email: "ada@example.com",
        emailVerified: true,
        firstName: "Ada",
        lastName: "Example",
        enabled: true,
        credentials: [{ type: "password", value: "correct-horse-battery", temporary: false }],
      }),
    });
    expect([made.status, await made.text()]).toEqual([201, ""]);
  }
});
