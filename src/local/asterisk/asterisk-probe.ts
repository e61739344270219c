import { connect } from "node:net";

const PROBE_DEADLINE_MS = 1000;

/** Whether ARI answers GET /ari/asterisk/info with 200. */
export async function answersAri(ari: { url: string; user: string; password: string }): Promise<boolean> {
  const authorization = `Basic ${Buffer.from(`${ari.user}:${ari.password}`).toString("base64")}`;
  try {
    const response = await fetch(`${ari.url}/ari/asterisk/info`, {
      headers: { authorization, connection: "close" },
      signal: AbortSignal.timeout(PROBE_DEADLINE_MS),
    });
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    return false;
  }
}

/** Whether the AMI login succeeds and Asterisk reports that it is fully booted. */
export function isFullyBooted(ami: { host: string; port: number; user: string; password: string }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(ami.port, ami.host);
    const settle = (booted: boolean) => {
      socket.destroy();
      resolve(booted);
    };
    let received = "";
    socket.setTimeout(PROBE_DEADLINE_MS, () => settle(false));
    socket.once("error", () => settle(false));
    socket.once("close", () => settle(false));
    socket.once("connect", () => {
      socket.write(`Action: Login\r\nUsername: ${ami.user}\r\nSecret: ${ami.password}\r\n\r\n`);
    });
    // The event comes at once after a login to an Asterisk that is up, else when it is.
    socket.on("data", (data) => {
      received += data.toString();
      if (received.includes("Event: FullyBooted")) settle(true);
      else if (received.includes("Response: Error")) settle(false);
    });
  });
}
