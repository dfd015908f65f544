import { type Disk, type DiskClass, diskClass, realDisks } from "../disks.ts";
import { hostKind, isKernelAtLeast } from "../host-kind.ts";
import { type Finding, type Question, refused } from "../judgement.ts";
import { sources } from "../sources.ts";

export function judgeScheduler(question: Question): Finding[] {
  const { facts } = question;
  if (hostKind(facts) === "container")
    return [refused("Disks and their queues are the machine's, not a container's.", sources.block)];
  const disks = realDisks(facts);
  if (disks.length === 0) return [refused("There is no disk whose queue could be set.", sources.block)];
  return disks.map(([name, disk]) => judgeDisk(question, name, disk));
}

function judgeDisk({ asked, facts, modules, proven }: Question, name: string, disk: Disk): Finding {
  const kind = diskClass(name, disk);
  const has = (scheduler: string) =>
    disk.schedulers.includes(scheduler) || modules.has(scheduler) || modules.has(`${scheduler}-iosched`);
  const { wanted, reason, source } = wish(asked, kind, {
    interactive: asked === "kyber",
    old: !isKernelAtLeast(facts, 5, 0) && disk.schedulers.includes("noop"),
    proven: proven.has("kyber"),
  });
  const choice = wanted.find(has);
  if (choice === undefined) {
    const offers = disk.schedulers.join(", ") || "no schedulers";
    return refused(`${reason} This kernel offers ${offers} for it.`, source, name);
  }
  const path = `/sys/block/${name.replaceAll("/", "!")}/queue/scheduler`;
  const setting = { path, operator: "equal" as const, value: choice, reason, source };
  return {
    verdict: choice === asked ? "applied" : "replaced",
    settings: [setting],
    reason,
    source,
    device: name,
  };
}

interface Wish {
  /** Best first. */
  wanted: string[];
  reason: string;
  source: string;
}

function wish(
  asked: string,
  kind: DiskClass,
  { interactive, old, proven }: { interactive: boolean; old: boolean; proven: boolean },
): Wish {
  if (asked === "noop" && old)
    return { wanted: ["noop"], reason: "This kernel still has it.", source: sources.block };
  const gone = asked === "noop" ? "noop is gone since Linux 5.0. " : "";
  const source = gone ? sources.linux5 : sources.block;
  if (kind === "fast") {
    if (asked === "kyber" && proven)
      return {
        wanted: ["kyber"],
        reason: "A benchmark on this host has found it better than none.",
        source: sources.kyber,
      };
    const why = asked === "kyber" ? "kyber is set once a benchmark on this host finds it better. " : "";
    return {
      wanted: ["none"],
      reason: `${gone}${why}The device has queues of its own, or a hypervisor orders below it: none is right.`,
      source,
    };
  }
  if (kind === "rotating")
    return {
      wanted: ["bfq", "mq-deadline"],
      reason: `${gone}${asked === "noop" ? "" : `${asked} is for fast devices. `}A rotating disk needs requests in order.`,
      source: gone ? source : sources.bfq,
    };
  return interactive
    ? {
        wanted: ["bfq", "mq-deadline"],
        reason: "kyber is for fast devices with many queues; bfq keeps one with a single queue responsive.",
        source: sources.bfq,
      }
    : {
        wanted: ["mq-deadline", "bfq"],
        reason: `${gone}${asked === "none" ? "none is for NVMe and virtio. " : ""}With a single queue a deadline keeps reads ahead of writes.`,
        source,
      };
}
