import process from "node:process";
import { expect, it } from "@jest/globals";
import { z } from "zod";
import { withSimulation } from "../../automation-api/engine/simulation.ts";
import { AlarmChoice, ObjectStore } from "../../components/index.ts";
import { engineVersion } from "../../toolchain/found.mjs";
import { enginePath, reasonWithoutEngine } from "../support/engine.ts";

const builtins = {
  "own-transforms": {
    description: "A bucket whose children are changed where the component has no argument for it",
    config: z.strictObject({}),
    load: async () => async () => {
      const alarms = { choice: AlarmChoice.none };
      new ObjectStore(
        "files",
        { accountId: "111122223333", region: "eu-west-1", alarms },
        {
          transforms: [
            ({ type, name, props, opts }) =>
              type.startsWith("aws:s3/bucket:") && name === "files-bucket"
                ? { props: { ...props, forceDestroy: true }, opts }
                : undefined,
          ],
        },
      );
      return {};
    },
  },
};

// The mocks that record graphs know no transforms: they are the engine's.
(reasonWithoutEngine() ? it.skip : it)(
  "Pulumi's transforms reach the children of a component, and only those meant",
  async () => {
    const engine = { path: enginePath(), version: engineVersion() };
    const place = { program: "own-transforms", project: "shop", stack: "dev", searchPath: process.env.PATH };
    await withSimulation({ ...place, builtins, engine }, async ({ cloud, configure, run }) => {
      await configure({});
      await run("up");
      const buckets = [...cloud.resources.values()].filter(({ type }) => type === "aws:s3/bucket:Bucket");
      expect(buckets.length).toBeGreaterThan(1);
      const changed = buckets.filter(({ inputs }) => inputs.forceDestroy === true);
      expect(changed.map(({ urn }) => urn.split("::").at(-1))).toEqual(["files-bucket"]);
    });
  },
  60_000,
);
