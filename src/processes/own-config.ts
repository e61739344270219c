/** What differs between the processes of one gateway: whatever only one process at a time may have. */

/** The sections of which something differs. */
export interface Divided {
  readonly sip?: {
    readonly udp_port: number;
    readonly tcp_port?: number;
    readonly tls?: { readonly port?: number };
    readonly hep?: { readonly capture_id: number };
  };
  readonly asterisks: Readonly<Record<string, { readonly ari_app: string }>>;
}

/** Its name on every Asterisk: by it a process that starts again finds the calls that it left. The first one has the configured one. */
export function ariAppOf(configured: string, index: number): string {
  return index === 0 ? configured : `${configured}-p${index}`;
}

/**
 * The configuration of one process: SIP ports and the id in HEP are `index` higher, the ARI application has a name of its own.
 * @param index from 0; that of 0 is the configuration itself
 */
export function configOfProcess<C extends Divided>(config: C, index: number): C {
  if (index === 0) return config;
  const asterisks = Object.fromEntries(
    Object.entries(config.asterisks).map(([name, asterisk]) => {
      return [name, { ...asterisk, ari_app: ariAppOf(asterisk.ari_app, index) }];
    }),
  );
  return { ...config, asterisks, ...(config.sip === undefined ? {} : { sip: sipOfProcess(config.sip, index) }) };
}

function sipOfProcess(sip: NonNullable<Divided["sip"]>, index: number): NonNullable<Divided["sip"]> {
  const { udp_port: udp, tcp_port: tcp, tls, hep } = sip;
  return {
    ...sip,
    udp_port: udp + index,
    ...(tcp === undefined ? {} : { tcp_port: tcp + index }),
    ...(tls?.port === undefined ? {} : { tls: { ...tls, port: tls.port + index } }),
    ...(hep === undefined ? {} : { hep: { ...hep, capture_id: (hep.capture_id + index) % captureIds } }),
  };
}

/** It has 32 bits in HEP, and up to 65,535 in the configuration. */
const captureIds = 65_536;

/** Ports that a section `sip` opens with so many processes: `UDP 5060-5063`. */
export function sipPortsOf(sip: NonNullable<Divided["sip"]>, count: number): readonly PortRange[] {
  const range = (name: PortRange["name"], key: PortRange["key"], first: number | undefined): PortRange[] =>
    first === undefined ? [] : [{ name, key, first, last: first + count - 1 }];
  return [
    ...range("UDP", ["udp_port"], sip.udp_port),
    ...range("TCP", ["tcp_port"], sip.tcp_port),
    ...range("TLS", ["tls", "port"], sip.tls?.port),
  ];
}

export interface PortRange {
  readonly name: "UDP" | "TCP" | "TLS";
  /** Below `sip`. */
  readonly key: readonly string[];
  readonly first: number;
  readonly last: number;
}
