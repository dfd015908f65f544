import type { Client } from "ssh2";

/** The parts of a client's inside that are needed to hear a server's answer about a variable. */
interface Inside {
  _protocol: {
    env(channel: number, name: string, value: string, wantReply: boolean): void;
    exec(channel: number, command: string, wantReply: boolean): void;
  };
  _chanMgr: { get(channel: number): { _callbacks: Array<(failed: unknown) => void>; close(): void } };
}

export interface RemoteEnvironment {
  variables: Record<string, string>;
  /** The server refused this variable. True: run the command nevertheless. */
  onRefused(name: string): boolean;
}

/**
 * Has a client wait for the server's answer to each variable before it runs a command. The library sends
 * variables without asking for an answer, and a server takes only the ones that its AcceptEnv names: without
 * this a command would run without what it was given, and nobody would know.
 */
export function answerEnvironment(client: Client, { onRefused }: RemoteEnvironment): void {
  const inside = client as unknown as Inside;
  const protocol = inside._protocol;
  const sendVariable = protocol.env.bind(protocol);
  const sendCommand = protocol.exec.bind(protocol);
  const answers: Promise<boolean>[] = [];

  protocol.env = (channel, name, value) => {
    // Answers come in the order of the requests; the library takes the callbacks from the front.
    const { _callbacks: callbacks } = inside._chanMgr.get(channel);
    answers.push(new Promise((resolve) => callbacks.push((failed) => resolve(!failed || onRefused(name)))));
    sendVariable(channel, name, value, true);
  };

  protocol.exec = (channel, command, wantReply) => {
    const pending = answers.splice(0);
    void Promise.all(pending).then((goOn) => {
      if (goOn.every(Boolean)) sendCommand(channel, command, wantReply);
      else inside._chanMgr.get(channel).close();
    });
  };
}
