import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { profileNames } from "../../../host-provisioning/reset/index.ts";
import { freedBytes, undoScript } from "../../../host-provisioning/undo/index.ts";
import { differences, reasonWithoutTestHosts, type TestHost } from "../../support/test-host.ts";
import { changedPaths } from "./changed-paths.ts";
import { allocatedBytes, livedIn, packageSet, planProfile } from "./lived-in.ts";

/** The one of git is large, and has its place in the bench. */
const small = 5;

(reasonWithoutTestHosts() ? describe.skip : describe).each([1, 2, 3])(
  "profiles on a host of seed %i",
  (seed) => {
    let original: TestHost;
    let host: TestHost;
    let before: string[];
    beforeAll(async () => {
      original = await livedIn(seed, packageSet(seed, small));
      before = await original.state();
    }, 240_000);
    afterAll(() => original.close());
    afterEach(() => host.close());

    it.each(profileNames)(
      "%s changes what its rehearsal says, to the byte, and goes back exactly",
      async (profile) => {
        host = await original.copy();
        const { rehearsal, script } = await planProfile(host, profile);
        const used = await allocatedBytes(host);
        await host.do(script, ["apply"]);
        const predicted = rehearsal.changes.map(({ path }) => path);
        expect(predicted.sort()).toEqual(changedPaths(before, await host.state()));
        const freed = used - (await allocatedBytes(host));
        const { allocatedBytes: told } = freedBytes(rehearsal.changes.filter(({ type }) => type !== "d"));
        expect(Math.abs(told - freed) / Math.abs(freed)).toBeLessThan(0.01);
        await host.do(undoScript("rst_1"), ["rollback"]);
        expect(differences(before, await host.state())).toEqual([]);
      },
      240_000,
    );
  },
);
