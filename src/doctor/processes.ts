/** What several processes (server.processes) ask of the machine and its firewall. */
import { availableParallelism } from "node:os";
import type { ServerConfig } from "../processes/config.ts";
import { processCount } from "../processes/count.ts";
import { ariAppOf, type Divided, sipPortsOf } from "../processes/own-config.ts";
import { type Finding, hint, ok, warn } from "./finding.ts";

interface Sections extends Divided {
  readonly server: ServerConfig;
  readonly http: { readonly port: number };
  readonly trunks: Readonly<Record<string, { readonly inbound?: unknown }>>;
  readonly email?: { readonly servers: readonly (Rated & { readonly name: string })[] };
  readonly whatsapp?: { readonly phone_numbers: Readonly<Record<string, Rated>> };
  readonly push?: Readonly<Partial<Record<"fcm" | "apns", Readonly<Record<string, Rated>>>>>;
}

/** What a provider may get, kept by each process in its own memory. */
interface Rated {
  readonly messages_per_second: number;
}

/** @param cores of this machine */
export function examineProcesses(config: Sections, cores = availableParallelism()): Finding[] {
  const count = processCount(config.server, () => cores);
  if (count === 1) return [];
  const what = `${count} processes share HTTP port ${config.http.port}; this machine has ${cores} cores`;
  const fix =
    "Lower server.processes: more processes than cores carry fewer calls. Where this is not the machine that serves, nothing is wrong.";
  return [
    count > cores ? warn(what, fix) : ok(what),
    ...examineSipPorts(config, count),
    ...examineApps(config, count),
    ...examineRates(config, count),
  ];
}

function examineRates({ email, whatsapp, push }: Sections, count: number): Finding[] {
  const named = (section: string, rated: Readonly<Record<string, Rated>> = {}) =>
    Object.entries(rated).map(([name, { messages_per_second: rate }]) => ({ key: `${section}.${name}`, rate }));
  const rates = [
    ...(email?.servers ?? []).map(({ name, messages_per_second: rate }) => ({ key: `email.servers (${name})`, rate })),
    ...named("whatsapp.phone_numbers", whatsapp?.phone_numbers),
    ...named("push.fcm", push?.fcm),
    ...named("push.apns", push?.apns),
  ];
  return rates.map(({ key, rate }) =>
    hint(
      `${key}.messages_per_second: ${rate} of each of ${count} processes, so the provider gets up to ${rate * count} a second`,
      "Where it grants less, divide the key by the number of processes (docs/scaling.md).",
    ),
  );
}

function examineSipPorts({ sip }: Sections, count: number): Finding[] {
  if (sip === undefined) return [];
  const ports = sipPortsOf(sip, count).map(({ name, first, last }) => `${name} ${first} to ${last}`);
  const what = `SIP: each process has ports of its own, ${ports.join(", ")}`;
  return [
    hint(what, "Allow all of them from the carriers. Calls without a registration come in at the first of each."),
  ];
}

function examineApps({ asterisks, trunks }: Sections, count: number): Finding[] {
  if (!Object.values(trunks).some(({ inbound }) => inbound !== undefined)) return [];
  return Object.entries(asterisks).map(([name, { ari_app: app }]) => {
    const apps = Array.from({ length: count }, (_, index) => ariAppOf(app, index)).join(",");
    return hint(
      `Asterisk ${name}: each process has an application of its own`,
      `Inbound calls need all of them: INBOUND_APPS=${apps}`,
    );
  });
}
