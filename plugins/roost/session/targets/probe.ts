import { connect } from "node:net";

const answerMilliseconds = 1_000;

/** Whether a workload answers: a status below 400 at its path, or, without one, a connection at its port. */
export async function answers(given: {
  address: string;
  port: number;
  healthPath: string | null;
}): Promise<boolean> {
  const { address, port, healthPath } = given;
  if (healthPath === null) return connects(address, port);
  const host = address.includes(":") ? `[${address}]` : address;
  try {
    const response = await fetch(`http://${host}:${port}${healthPath}`, {
      // What it answers must not lead us elsewhere.
      redirect: "manual",
      signal: AbortSignal.timeout(answerMilliseconds),
    });
    await response.body?.cancel();
    return response.status < 400;
  } catch {
    return false;
  }
}

function connects(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: answerMilliseconds });
    const end = (isThere: boolean) => {
      socket.destroy();
      resolve(isThere);
    };
    socket.once("connect", () => end(true));
    socket.once("timeout", () => end(false));
    socket.once("error", () => end(false));
  });
}
