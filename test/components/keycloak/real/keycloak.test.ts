import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import {
  KeycloakOnEcs,
  KeycloakOnKubernetes,
  type KeycloakOnKubernetesArgs,
} from "../../../../components/index.ts";
import { KEYCLOAK_FOLDERS } from "../../../../components/keycloak/server-plan.ts";
import { find, record } from "../../../../components/testing/index.ts";
import { planPlatformRealm, planSignIn } from "../../../../stacks/platform/sign-in.ts";
import { reasonToSkip } from "../../../../toolchain/suites/possible.mjs";
import { until } from "../../../automation-api/http/test-server.ts";
import { cluster, containers, digest, network, shared } from "../../fargate-service/service-lab.ts";
import { production, realm } from "../example.ts";
import { RealKeycloak, type Rendered } from "./keycloak.ts";
import { startRoost } from "./roost.ts";

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
  CLIENT_SECRET_ROOST: "roost-secret",
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

/** The server and the job that Kubernetes would run, for the realm under that name or for another one. */
async function onKubernetes(
  name: string,
  other: Partial<KeycloakOnKubernetesArgs> = {},
): Promise<{ server: Rendered; job: Rendered }> {
  const graph = await record(() => {
    new KeycloakOnKubernetes("id", { ...production, url, adminUrl, realm: { ...realm, name }, ...other });
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
    await makeUser("shop", "ada");
    const { redeem, address } = await codeOf(issuer, "web", "https://shop.example.com/back");
    expect(address).toBe("https://shop.example.com/back");
    const { access_token } = (await (await redeem()).json()) as { access_token: string };
    expect(claims(access_token)).toMatchObject({ iss: issuer, preferred_username: "ada" });
    expect((await redeem()).status).toBe(400);
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

  it("signs people in at Roost with the realm of the platform, until it does not know them any more", async () => {
    const secret = { signInSecretArn: "arn:roost", domain: "roost.example.com" };
    const platform = { ...secret, identityDomain: "id.example.com" };
    const clientSecrets = { roost: { secretName: "roost-client" } };
    await keycloak.job(
      (await onKubernetes("roost", { realm: planPlatformRealm(platform), clientSecrets })).job,
    );
    // The server has not seen the job give its administrators a role in a further realm.
    await administer("/master/clear-realm-cache", "POST");
    await makeUser("roost", "ada", "roost-operator");
    await makeUser("roost", "eve");
    const roost = await startRoost(planSignIn(platform)!.environment, "roost-secret", keycloak);
    const signedIn = await roost.signIn((address) => signInAt(address, "ada"));
    const me = { account: { name: "ada" }, roles: [{ role: "operator", project: null }] };
    expect(await signedIn.me()).toMatchObject({ status: 200, body: me });
    await expect(roost.signIn((address) => signInAt(address, "eve"))).rejects.toMatchObject({ status: 403 });

    const inside = await codeOf(`${url}/realms/roost`, "console", "https://roost.example.com/x");
    const tokens = (await (await inside.redeem()).json()) as { access_token: string; id_token: string };
    expect(await roost.meWith(tokens.access_token)).toMatchObject({ status: 200, body: me });
    expect((await roost.meWith(tokens.id_token)).status).toBe(401);

    await roost.recheck();
    expect((await signedIn.me()).status).toBe(200);
    await administer(`/roost/users/${await idOf("roost", "ada")}/logout`, "POST");
    await roost.recheck();
    await until(async () => (await signedIn.me()).status === 401, "the sign-in is over");
    await roost.close();
  });

  /** Signs in at the address that an application sends browsers to. @returns where the browser is sent then. */
  async function signInAt(address: string, username: string): Promise<URL> {
    const page = await keycloak.fetch(address);
    const action = /action="([^"]+)"/.exec(await page.text())![1]!.replaceAll("&amp;", "&");
    expect(action.startsWith(`${url}/realms/`)).toBe(true);
    const cookie = page.headers
      .getSetCookie()
      .map((each) => each.split(";")[0])
      .join("; ");
    const reply = await form(action, { username, password: "correct-horse-battery" }, { cookie });
    return new URL(reply.headers.get("location")!);
  }

  /** A code for a client without a secret, and how to redeem it. */
  async function codeOf(realmUrl: string, client_id: string, redirect_uri: string) {
    const verifier = "v".repeat(64);
    const asked = new URLSearchParams({
      client_id,
      response_type: "code",
      scope: "openid",
      redirect_uri,
      state: "s",
      code_challenge: createHash("sha256").update(verifier).digest("base64url"),
      code_challenge_method: "S256",
    });
    const back = await signInAt(`${realmUrl}/protocol/openid-connect/auth?${asked}`, "ada");
    const code = back.searchParams.get("code")!;
    const fields = {
      grant_type: "authorization_code",
      client_id,
      code,
      redirect_uri,
      code_verifier: verifier,
    };
    return {
      address: `${back.origin}${back.pathname}`,
      redeem: () => form(`${realmUrl}/protocol/openid-connect/token`, fields),
    };
  }

  async function administer(path: string, method: string, body?: object): Promise<Response> {
    const first = await form(`${adminUrl}/realms/master/protocol/openid-connect/token`, {
      grant_type: "password",
      client_id: "admin-cli",
      username: "first",
      password: "first-password",
    });
    const { access_token } = (await first.json()) as { access_token: string };
    const reply = await keycloak.fetch(`${adminUrl}/admin/realms${path}`, {
      method,
      headers: { Authorization: `Bearer ${access_token}`, "Content-Type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${await reply.text()}`);
    return reply;
  }

  async function idOf(realmName: string, username: string): Promise<string> {
    const found = await administer(`/${realmName}/users?username=${username}&exact=true`, "GET");
    return ((await found.json()) as { id: string }[])[0]!.id;
  }

  async function makeUser(realmName: string, username: string, role?: string): Promise<void> {
    await administer(`/${realmName}/users`, "POST", {
      username,
      email: `${username}@example.com`,
      emailVerified: true,
      firstName: username,
      lastName: "Example",
      enabled: true,
      credentials: [{ type: "password", value: "correct-horse-battery", temporary: false }],
    });
    if (role === undefined) return;
    const found = await (await administer(`/${realmName}/roles/${role}`, "GET")).json();
    const path = `/${realmName}/users/${await idOf(realmName, username)}/role-mappings/realm`;
    await administer(path, "POST", [found as object]);
  }
});
