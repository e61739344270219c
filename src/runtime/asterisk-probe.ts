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

/** Whether the manager port greets. */
export function answersAmi(ami: { host: string; port: number }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(ami.port, ami.host);
    const settle = (answered: boolean) => {
      socket.destroy();
      resolve(answered);
    };
    socket.setTimeout(PROBE_DEADLINE_MS, () => settle(false));
    socket.once("error", () => settle(false));
    socket.once("close", () => settle(false));
    socket.once("data", (data) => settle(data.toString().startsWith("Asterisk Call Manager/")));
  });
}
