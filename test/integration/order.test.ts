import { expect, it } from "@jest/globals";
import { runInOrder } from "../support/order.ts";

// `npm run bench -- order` does it with 200.
it("runs 60 deployments over 20 stacks strictly in order per stack, none lost, none twice", async () => {
  expect(await runInOrder(3)).toMatchObject({ deployments: 60, violations: [] });
}, 400_000);
