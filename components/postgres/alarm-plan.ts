import type { Input } from "@pulumi/pulumi";
import type { AlarmSpec } from "../alarms.ts";

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

/** What somebody must hear of before users do. */
export function planPostgresAlarms(
  name: string,
  identifier: Input<string>,
  {
    instanceClass,
    storageGib,
    logicalReplication,
  }: { instanceClass: string; storageGib: number; logicalReplication: boolean },
): AlarmSpec[] {
  const common = {
    namespace: "AWS/RDS",
    dimensions: { DBInstanceIdentifier: identifier },
    statistic: "Average",
    comparison: "GreaterThanThreshold" as const,
    periodSeconds: 60,
  };
  const specs: AlarmSpec[] = [
    {
      ...common,
      key: "processor",
      description: `${name} has used more than 90 % of its processors for 15 minutes. Look at Performance Insights for the statements that do.`,
      metric: "CPUUtilization",
      threshold: 90,
      periods: 15,
    },
    {
      ...common,
      key: "storage",
      description: `${name} has little storage left, and it did not grow by itself: it is at its limit, or grew less than 6 hours ago.`,
      metric: "FreeStorageSpace",
      statistic: "Minimum",
      comparison: "LessThanThreshold",
      // RDS adds storage below a tenth.
      threshold: storageGib * 0.05 * GIB,
      periods: 10,
    },
    {
      ...common,
      key: "memory",
      description: `${name} is short of memory. Look at the number of connections, then take a larger class.`,
      metric: "FreeableMemory",
      comparison: "LessThanThreshold",
      threshold: 256 * MIB,
      periods: 15,
    },
    {
      ...common,
      key: "slow-writes",
      description: `Writes of ${name} wait more than 50 ms for the disk. Look at the disk's operations and its queue.`,
      metric: "WriteLatency",
      threshold: 0.05,
      periods: 15,
    },
    {
      ...common,
      key: "transaction-ids",
      description: `${name} has half used its transaction ids since the oldest was frozen; it stops at 2 billion. Look for long transactions and unused replication slots that hold vacuum up.`,
      metric: "MaximumUsedTransactionIDs",
      statistic: "Maximum",
      threshold: 1_000_000_000,
      periods: 5,
    },
  ];
  if (/^db\.t\d/.test(instanceClass)) {
    specs.push({
      ...common,
      key: "credits",
      description: `${name} has almost no processor credits left: from then on the surplus is charged. Take a class that is not burstable.`,
      metric: "CPUCreditBalance",
      comparison: "LessThanThreshold",
      threshold: 20,
      periods: 15,
    });
  }
  if (logicalReplication) {
    specs.push({
      ...common,
      key: "replication-slots",
      description: `A subscriber of ${name} does not read: the log that is kept for it fills the disk. Repair it or drop its slot.`,
      metric: "OldestReplicationSlotLag",
      statistic: "Maximum",
      threshold: 5 * GIB,
      periods: 15,
    });
  }
  return specs;
}
