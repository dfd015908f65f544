import { all, type Input, type Output, output } from "@pulumi/pulumi";
import type { Grant, PolicyStatement } from "../grants.ts";

export const POSTGRES_PORT = 5432;

export interface PostgresGrants {
  connect: Grant;
  administrate: Grant;
}

/** What others may be allowed to do with one database. */
export function planPostgresGrants(
  name: string,
  database: {
    region: string;
    arn: Input<string>;
    /** Identity of the instance that a rename keeps, such as db-ABC. */
    resourceId: Input<string>;
    securityGroupId: Input<string>;
    iamUser: string;
    /** Nothing when somebody else keeps the password. */
    secretArn?: Input<string>;
    kmsKeyArn?: Input<string>;
  },
): PostgresGrants {
  const { region, secretArn, kmsKeyArn } = database;
  const connections = [{ securityGroupId: database.securityGroupId, port: POSTGRES_PORT }];
  const secret: PolicyStatement[] =
    secretArn === undefined ? [] : [{ actions: ["secretsmanager:GetSecretValue"], resources: [secretArn] }];
  const key: PolicyStatement[] =
    secretArn === undefined || kmsKeyArn === undefined
      ? []
      : [
          {
            actions: ["kms:Decrypt"],
            resources: [kmsKeyArn],
            conditions: { StringEquals: { "kms:ViaService": `secretsmanager.${region}.amazonaws.com` } },
          },
        ];
  return {
    connect: {
      name: `${name}-connect`,
      connections,
      statements: [
        {
          actions: ["rds-db:connect"],
          resources: [userArn(database.arn, database.resourceId, database.iamUser)],
        },
      ],
    },
    administrate: { name: `${name}-administrate`, connections, statements: [...secret, ...key] },
  };
}

/** https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.IAMPolicy.html */
function userArn(instanceArn: Input<string>, resourceId: Input<string>, user: string): Output<string> {
  return all([output(instanceArn), output(resourceId)]).apply(([arn, id]) => {
    const [prefix, partition, , region, account] = arn.split(":");
    return `${prefix}:${partition}:rds-db:${region}:${account}:dbuser:${id}/${user}`;
  });
}
