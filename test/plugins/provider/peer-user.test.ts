import { type ChildProcess, spawn } from "node:child_process";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { admitUser, type Peer } from "../../../plugins/provider/index.ts";
import { findUser } from "../../../plugins/provider/peer-user.ts";
import { reasonToSkip } from "../../../toolchain/suites/possible.mjs";

const table = [
  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
  "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0",
  "   1: 0100007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1001        0 2 1 0 20 4 30 10 -1",
  "   2: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 3 1 0 20 4 30 10 -1",
].join("\n");

const rows: [string, number, number, number | undefined][] = [
  ["the client's end", 0xc350, 0x1f90, 1001],
  ["not the server's own end", 0x1f90, 0xc350, 0],
  ["nobody for a port that is not connected", 0xc351, 0x1f90, undefined],
  ["nobody for a connection to another server", 0xc350, 0x1f91, undefined],
];

it.each(rows)("finds %s", (_what, client, server, user) => {
  expect(findUser(table, client, server)).toBe(user);
});

const reason = reasonToSkip("root");
const clientUser = 1_899_999_001;

(reason ? describe.skip : describe)("a connection from another user's process", () => {
  let server: Server;
  let client: ChildProcess;
  let peer: Peer;

  beforeAll(async () => {
    server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const script = `require("node:net").connect(${port}, "127.0.0.1"); setInterval(() => {}, 1000);`;
    const options = { uid: clientUser, gid: clientUser, cwd: "/", env: {}, stdio: "ignore" } as const;
    client = spawn(process.execPath, ["-e", script], options);
    const socket = await new Promise<Socket>((resolve) => server.once("connection", resolve));
    peer = { address: "127.0.0.1", port: socket.remotePort as number, serverPort: port };
  });

  afterAll(() => {
    client?.kill("SIGKILL");
    server?.close();
  });

  it("is admitted where that user is expected, and nowhere else", async () => {
    expect(await admitUser(clientUser)(peer)).toBe(true);
    expect(await admitUser(clientUser + 1)(peer)).toBe(false);
    expect(await admitUser(0)(peer)).toBe(false);
    expect(await admitUser(clientUser)({ ...peer, port: peer.port + 1 })).toBe(false);
  });
});
