import { KEYCLOAK_FOLDERS } from "./server-plan.ts";

const DATA_FOLDER = "/opt/keycloak/data";

/** What an image of Keycloak is built from. */
export interface KeycloakImage {
  /** The official image by digest: `quay.io/keycloak/keycloak:26.4.5@sha256:…`. */
  base: string;
  /** Features beyond those that are on by default. Default none. */
  features?: string[];
  /**
   * Address of the authority that signed the database's certificate, for platforms that mount no files: of RDS
   * `https://truststore.pki.rds.amazonaws.com/eu-west-1/eu-west-1-bundle.pem`. Default: it is mounted.
   */
  databaseAuthority?: string;
}

/**
 * The Containerfile of an optimized image: the build options that `start --optimized` relies on are inside, so
 * an instance is ready in seconds and no start rebuilds. Build it in your CI and give its digest to the
 * component.
 */
export function keycloakContainerfile({ base, features = [], databaseAuthority }: KeycloakImage): string {
  const build = [
    "/opt/keycloak/bin/kc.sh build",
    "--db=postgres",
    "--health-enabled=true",
    "--metrics-enabled=true",
    ...(features.length > 0 ? [`--features=${[...features].sort().join(",")}`] : []),
  ].join(" ");
  return [
    `FROM ${base} AS build`,
    `RUN ${build} && mkdir -p ${DATA_FOLDER}`,
    `FROM ${base}`,
    "COPY --from=build --chown=1000:0 /opt/keycloak/ /opt/keycloak/",
    ...(databaseAuthority === undefined
      ? []
      : [`ADD --chmod=0444 ${databaseAuthority} ${KEYCLOAK_FOLDERS.databaseAuthority}/ca.crt`]),
    "USER 1000",
    // What is mounted there on Fargate takes its owner from the image.
    `VOLUME ["${DATA_FOLDER}", "/tmp"]`,
    'ENTRYPOINT ["/opt/keycloak/bin/kc.sh"]',
    "",
  ].join("\n");
}
