import { hostKind } from "../host-kind.ts";
import { type Finding, type Question, refused } from "../judgement.ts";
import type { Setting } from "../settings.ts";
import { sources } from "../sources.ts";

const policies = "/sys/devices/system/cpu/cpufreq/policy*";
/** With these drivers in active mode `powersave` follows the load; elsewhere it pins the lowest frequency. */
const selfGoverning = new Set(["intel_pstate", "amd-pstate-epp", "amd_pstate_epp"]);
/** What follows the load where the driver does not do so itself, best first. */
const following = ["schedutil", "ondemand", "conservative"];

/** Services that set frequencies by themselves and would set ours back, and how they are told what is wanted. */
const managers: Record<string, { words: (asked: string) => string; source: string }> = {
  "tuned.service": {
    words: (asked) => `tuned-adm profile ${asked === "powersave" ? "powersave" : "throughput-performance"}`,
    source: sources.tuned,
  },
  "power-profiles-daemon.service": {
    words: (asked) => `powerprofilesctl set ${asked === "powersave" ? "power-saver" : "performance"}`,
    source: sources.powerProfiles,
  },
  "tlp.service": {
    words: (asked) => `CPU_SCALING_GOVERNOR_ON_AC=${asked} in /etc/tlp.conf`,
    source: sources.tlp,
  },
};

export function judgeGovernor({ asked, facts }: Question): Finding[] {
  const kind = hostKind(facts);
  const { driver, governors } = facts.hardware.cpu.scaling;
  if (kind === "container")
    return [refused("Processor frequencies are the machine's, not a container's.", sources.cpufreq)];
  if (kind === "guest")
    return [
      refused("Not applicable to a guest: the hypervisor's host sets the frequencies.", sources.cpufreq),
    ];
  if (driver === null)
    return [refused("This machine's processor has no frequency scaling driver.", sources.cpufreq)];
  for (const [unit, { words, source }] of Object.entries(managers))
    if (facts.services.services[unit]?.running === true)
      return [refused(`${unit} runs and would set it back; it is the one to tell: ${words(asked)}.`, source)];
  const source = driver.startsWith("amd") ? sources.amdPstate : sources.intelPstate;
  if (asked !== "powersave" || selfGoverning.has(driver)) {
    if (!governors.includes(asked))
      return [refused(`${driver} offers ${governors.join(", ") || "no governors"} only.`, sources.cpufreq)];
    if (asked !== "powersave")
      return [found("applied", asked, `${driver} offers it, and the frequencies are this machine's.`)];
    const reason = `With ${driver} in active mode powersave follows the load; the preference does the saving.`;
    const preference: Setting = {
      path: `${policies}/energy_performance_preference`,
      operator: "equal",
      value: "balance_power",
      reason,
      source,
    };
    const finding = found("applied", asked, reason, source);
    return [{ ...finding, settings: [...finding.settings, preference] }];
  }
  const better = following.find((name) => governors.includes(name));
  const reason = `With ${driver} powersave pins the lowest frequency, which takes longer and saves nothing.`;
  return [better ? found("replaced", better, reason) : refused(reason, sources.cpufreq)];
}

function found(
  verdict: "applied" | "replaced",
  value: string,
  reason: string,
  source: string = sources.cpufreq,
): Finding {
  const setting: Setting = {
    path: `${policies}/scaling_governor`,
    operator: "equal",
    value,
    reason,
    source,
  };
  return { verdict, settings: [setting], reason, source };
}
