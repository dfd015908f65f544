import * as pulumi from "@pulumi/pulumi";
import {
  addMeasured,
  type BenchmarkResult,
  judgeMeasured,
  nextPairs,
  nothingMeasured,
  resultLine,
} from "../../host-provisioning/benchmark/index.ts";
import type { HostConfig } from "./config.ts";

type Measured = typeof nothingMeasured;
type Run = (step: string, words: string) => pulumi.Output<string>;

/**
 * Measures an action that is applied, until it is enough, and then lets it stand, or takes it back when something
 * became worse. Each run is a resource, so that a reader of the events sees how far it is. Whatever ends this before
 * its last word, the host takes the change back by itself.
 */
export function benchmark(
  applied: pulumi.Output<string>,
  run: Run,
  { isChange, ...options }: NonNullable<HostConfig["benchmark"]>,
): pulumi.Output<BenchmarkResult> {
  const measureOn = (before: Measured, done: number): pulumi.Output<Measured> => {
    const pairs = nextPairs(before, options);
    if (pairs === 0) return pulumi.output(before);
    // Times are no secret, though the script that printed them is one.
    const printed = pulumi.unsecret(run(`measure-${done + pairs}`, `measure ${pairs}`));
    return printed.apply((text) => {
      const measured = addMeasured(before, text);
      tell(`${done + pairs} pairs`, judgeMeasured(measured, options, { isChange }));
      return measureOn(measured, done + pairs);
    });
  };
  return applied.apply(() =>
    measureOn(nothingMeasured, 0).apply((measured) => {
      const result = judgeMeasured(measured, options, { isChange });
      const last = result.isReverted ? run("take-back", "rollback replace") : run("confirm", "confirm");
      return pulumi.unsecret(last).apply(() => result);
    }),
  );
}

/** Shown among the events of the deployment while it runs. */
function tell(progress: string, { workloads }: BenchmarkResult): void {
  void pulumi.log.info([`${progress}:`, ...workloads.map(resultLine)].join("\n  "));
}
