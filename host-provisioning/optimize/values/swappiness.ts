import { hostKind } from "../host-kind.ts";
import { type Finding, type Question, refused } from "../judgement.ts";
import { sysctl } from "../settings.ts";
import { sources } from "../sources.ts";

export function judgeSwappiness({ asked, facts }: Question): Finding[] {
  const kind = hostKind(facts);
  if (kind === "container")
    return [
      refused(
        "vm.* is the whole machine's; a container is limited by memory.swap.max of its control group.",
        sources.namespaces,
      ),
    ];
  const swaps = Object.keys(facts.system.swaps);
  if (swaps.length === 0)
    return [refused("There is no swap, so the value would have no effect.", sources.vm)];
  const { value, reason, source } = best(facts, Number(asked));
  const verdict = String(value) === asked ? "applied" : "replaced";
  const setting = sysctl("vm.swappiness", "equal", value, reason, source);
  return [{ verdict, settings: [setting], reason, source }];
}

function best(facts: Question["facts"], asked: number): { value: number; reason: string; source: string } {
  const swaps = Object.keys(facts.system.swaps);
  if (swaps.every((path) => /\/zram\d+$/.test(path)))
    return {
      value: 150,
      reason:
        "All swap is compressed memory (zram), which is faster than any file: values over 100 are meant.",
      source: sources.vm,
    };
  if (asked >= 10)
    return {
      value: asked,
      reason: "Keeps what is in use in memory and still lets idle pages go.",
      source: sources.vm,
    };
  const why =
    asked === 0
      ? "0 means no swapping until memory is all but gone, since Linux 3.5"
      : `${asked} lets idle pages crowd out the file cache`;
  const source = asked === 0 ? sources.noSwapAtZero : sources.tuned;
  if (facts.software.databases.postgresql)
    return { value: 3, reason: `${why}; 3 is what PostgreSQL is run with.`, source };
  return hostKind(facts) === "guest"
    ? { value: 30, reason: `${why}; 30 suits a guest, whose memory the hypervisor may take back.`, source }
    : { value: 10, reason: `${why}; 10 suits a machine of its own.`, source };
}
