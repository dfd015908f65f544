import type { Facts } from "../facts/index.ts";
import type { ProfileName } from "./profiles.ts";

const displays = /^(display-manager|gdm3?|lightdm|sddm|lxdm|xdm|greetd)\.service$/;

/** The profile that a host's hardware and services speak for. Pure. */
export function chooseProfile({ hardware, services }: Facts): { profile: ProfileName; reason: string } {
  const supplies = Object.values(hardware.power);
  const battery = supplies.some(
    (supply) => supply?.POWER_SUPPLY_TYPE === "Battery" && supply.POWER_SUPPLY_SCOPE !== "Device",
  );
  if (battery) return { profile: "laptop_battery", reason: "It has a battery." };
  const display = Object.entries(services.services).find(
    ([name, { enabled, running }]) => displays.test(name) && (enabled || running === true),
  )?.[0];
  if (display !== undefined)
    return { profile: "desktop_performance", reason: `People log in to a screen: ${display}.` };
  return { profile: "server_production", reason: "It has neither a battery nor a screen to log in to." };
}
