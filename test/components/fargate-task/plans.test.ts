import { describe, expect, it } from "@jest/globals";
import { ImagePinning } from "../../../components/fargate-task/args.ts";
import { planExecutionPolicy } from "../../../components/fargate-task/execution-policy.ts";
import { checkImage, repositoryArn } from "../../../components/fargate-task/image.ts";
import { checkTaskSize, leastMemory } from "../../../components/fargate-task/task-size.ts";

const digest = `sha256:${"a1".repeat(32)}`;
const ecr = "111122223333.dkr.ecr.eu-west-1.amazonaws.com";

describe("task sizes", () => {
  it.each([
    [256, 512],
    [256, 1024],
    [256, 2048],
    [512, 4096],
    [1024, 2048],
    [2048, 16384],
    [4096, 30720],
    [8192, 20480],
    [16384, 122880],
  ])("takes %i CPU with %i MiB", (cpu, memory) => {
    expect(checkTaskSize(cpu, memory)).toEqual([]);
  });

  it.each([
    [256, 4096, "memoryMiB", "512 or 1024 to 2048 MiB in steps of 1024, with cpu 256"],
    [256, 1536, "memoryMiB", "512 or 1024 to 2048 MiB"],
    [512, 512, "memoryMiB", "1024 to 4096 MiB"],
    [8192, 17408, "memoryMiB", "in steps of 4096"],
    [300, 512, "cpu", "one of 256, 512, 1024, 2048, 4096, 8192, 16384"],
  ])("refuses %i CPU with %i MiB", (cpu, memory, field, allowed) => {
    expect(checkTaskSize(cpu, memory)).toEqual([
      { field, value: field === "cpu" ? cpu : memory, allowed: expect.stringContaining(allowed) },
    ]);
  });

  it.each([256, 512, 1024, 2048, 4096, 8192, 16384])("begins %i CPU with a size that it takes", (cpu) => {
    expect(checkTaskSize(cpu, leastMemory(cpu))).toEqual([]);
  });
});

describe("images", () => {
  it.each([
    [`${ecr}/team/api@${digest}`, ImagePinning.digest],
    [`${ecr}/team/api:1.2@${digest}`, ImagePinning.digest],
    [`localhost:5000/api@${digest}`, ImagePinning.digest],
    [`nginx@${digest}`, ImagePinning.digest],
    [`${ecr}/team/api:1.2.3`, ImagePinning.immutableTag],
    [`public.ecr.aws/docker/library/nginx@${digest}`, ImagePinning.immutableTag],
  ])("takes %s by %s", (image, pinning) => {
    expect(checkImage("image", image, pinning)).toEqual([]);
  });

  it.each([
    [`${ecr}/api:1.2`, ImagePinning.digest, "with its digest"],
    [`${ecr}/api`, ImagePinning.digest, "with its digest"],
    [`${ecr}/api:latest`, ImagePinning.immutableTag, "other than latest"],
    [`${ecr}/api`, ImagePinning.immutableTag, "other than latest"],
    ["Not An Image", ImagePinning.digest, "an image name"],
    [`api@sha256:${"a".repeat(63)}`, ImagePinning.digest, "an image name"],
  ])("refuses %s by %s", (image, pinning, allowed) => {
    expect(checkImage("image", image, pinning)).toEqual([
      { field: "image", value: image, allowed: expect.stringContaining(allowed) },
    ]);
  });

  it("knows the repository of ECR's images, and that others have none", () => {
    expect(repositoryArn(`${ecr}/team/api@${digest}`)).toBe(
      "arn:aws:ecr:eu-west-1:111122223333:repository/team/api",
    );
    expect(repositoryArn(`public.ecr.aws/nginx/nginx@${digest}`)).toBeUndefined();
    expect(repositoryArn(`nginx@${digest}`)).toBeUndefined();
  });
});

describe("what ECS may do to start a task", () => {
  const logGroupArn = "arn:aws:logs:eu-west-1:111122223333:log-group:api";
  const secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-x";
  const parameter = "arn:aws:ssm:eu-west-1:111122223333:parameter/flag";
  const key = "arn:aws:kms:eu-west-1:111122223333:key/k";

  it("is its log alone when there is nothing else", () => {
    expect(
      planExecutionPolicy({ logGroupArn, images: [`nginx@${digest}`], secretArns: [], keyArns: [] }),
    ).toEqual([{ actions: ["logs:CreateLogStream", "logs:PutLogEvents"], resources: [`${logGroupArn}:*`] }]);
  });

  it("is exactly its repositories, secrets, parameters and keys", () => {
    const statements = planExecutionPolicy({
      logGroupArn,
      images: [`${ecr}/api@${digest}`, `${ecr}/proxy@${digest}`, `${ecr}/api@${digest}`],
      secretArns: [secret, parameter, secret],
      keyArns: [key],
    });
    expect(statements.slice(1)).toEqual([
      {
        actions: ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        resources: [
          "arn:aws:ecr:eu-west-1:111122223333:repository/api",
          "arn:aws:ecr:eu-west-1:111122223333:repository/proxy",
        ],
      },
      { actions: ["ecr:GetAuthorizationToken"], resources: ["*"] },
      { actions: ["secretsmanager:GetSecretValue"], resources: [secret] },
      { actions: ["ssm:GetParameters"], resources: [parameter] },
      { actions: ["kms:Decrypt"], resources: [key] },
    ]);
  });
});
