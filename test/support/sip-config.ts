/** The sections `sip` and `trunks.*.sip` as the gateway loads them, for tests over our own SIP. */
import { freePort } from "../../src/local/process/free-port.ts";
import type { SipConfig } from "../../src/telephony/sip-trunks/config.ts";
import type { SipTrunkConfig } from "../../src/telephony/sip-trunks/trunk-config.ts";
import { testConfig } from "./test-config.ts";

const loopback = "127.0.0.1";

function load(sip: Readonly<Record<string, unknown>>, trunk: Readonly<Record<string, unknown>>) {
  const loaded = testConfig({ asterisks: {}, sip, trunks: { a: { sip: trunk, ranges: ["block"] } } });
  const own = loaded.trunks.a?.sip;
  if (loaded.sip === undefined || own === undefined) throw new Error("the sections are gone");
  return { sip: loaded.sip, trunk: own };
}

/** Our own end on loopback, on a free port. @param own keys beside `host` and `udp_port`, or in their place */
export async function sipSection(own: Readonly<Record<string, unknown>> = {}): Promise<SipConfig> {
  const udpPort = await freePort("udp", "tcp");
  return load({ host: loopback, udp_port: udpPort, ...own }, { host: loopback }).sip;
}

/** A carrier. @param own keys, `host` among them */
export function sipTrunk(own: Readonly<Record<string, unknown>>): SipTrunkConfig {
  return load({ host: loopback }, own).trunk;
}
