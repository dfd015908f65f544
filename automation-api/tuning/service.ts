import { judge, profiles } from "../../host-provisioning/optimize/index.ts";
import { authorize } from "../access/authorize.ts";
import type { Principal } from "../access/permissions.ts";
import type { Scans } from "../scans/service.ts";
import type { ProfileList, ProfilesQuery } from "./contract.ts";

/** What hosts can be tuned for. Looks at scans only. */
export class Tuning {
  readonly #scans: Pick<Scans, "discover">;

  constructor(scans: Pick<Scans, "discover">) {
    this.#scans = scans;
  }

  /** The profiles; with a host also what becomes of each of their values there. */
  async profiles(principal: Principal, { host }: ProfilesQuery): Promise<ProfileList> {
    authorize(principal, "host:read");
    const options = { field: "query.host" };
    const found =
      host === undefined ? null : await this.#scans.discover(principal, { host, fresh: "0" }, options);
    const items = profiles.map((profile) => ({
      name: profile.name,
      summary: profile.summary,
      values: { ...profile.values },
      judgements: found && judge(profile, found.facts),
    }));
    return { items };
  }
}
