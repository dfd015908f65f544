import { connect, type Socket } from "node:net";
import { connectSeconds } from "./options.ts";

/**
 * A connection from which nothing has been read, to be given to ssh. It sends at once: by itself ssh lets what it
 * writes wait for the answer to what it wrote before, and the host waits 40 ms before it answers to nothing.
 * @throws an error of the system with its `code`, ETIMEDOUT after 10 s.
 */
export function dial({ address, port }: { address: string; port: number }): Promise<Socket> {
  const socket = connect({ host: address, port, noDelay: true });
  // One that is not paused is read from as soon as it is connected.
  socket.pause();
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const late = Object.assign(new Error("It does not answer."), { code: "ETIMEDOUT" });
  const limit = setTimeout(() => socket.destroy(late), connectSeconds * 1000);
  socket.once("connect", () => resolve(socket));
  // Also after that: whoever has it may end it at any time.
  socket.on("error", reject);
  return promise.finally(() => clearTimeout(limit));
}
