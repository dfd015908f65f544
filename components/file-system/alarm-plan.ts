import type { Input } from "@pulumi/pulumi";
import type { AlarmSpec } from "../alarms.ts";
import { FileThroughput } from "./args.ts";

/** What somebody must hear of: the file system is at a limit and slows its users down. */
export function planFileSystemAlarms(
  name: string,
  fileSystemId: Input<string>,
  throughput: FileThroughput,
): AlarmSpec[] {
  const common = { namespace: "AWS/EFS", dimensions: { FileSystemId: fileSystemId }, periodSeconds: 60 };
  const operations: AlarmSpec = {
    ...common,
    key: "operations",
    description: `${name} has been near the most operations a second of a file system for 15 minutes. Look for what opens many small files, or part them over several file systems.`,
    metric: "PercentIOLimit",
    statistic: "Average",
    comparison: "GreaterThanThreshold",
    threshold: 95,
    periods: 15,
  };
  if (throughput === FileThroughput.elastic) return [operations];
  return [
    operations,
    {
      ...common,
      key: "credits",
      description: `${name} has little credit left to be faster than its size allows. Take elastic throughput.`,
      metric: "BurstCreditBalance",
      statistic: "Minimum",
      comparison: "LessThanThreshold",
      // Bytes: about 3 hours at 100 MiB a second; a new file system has 2.1 TiB.
      threshold: 1024 ** 4,
      periods: 15,
    },
  ];
}
